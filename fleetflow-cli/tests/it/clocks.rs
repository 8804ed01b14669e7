//! A machine whose clock is set back by hours, between two runs of the program and within one: nothing is refused that is allowed,
//! nothing is made twice, and the history reads as things happened.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::keeping::{Clouds, Machine};
use crate::support::Run;

const UNCHANGED: &str = "No changes. Stage \"dev\" is as declared.\n";

const FILE: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a" } }
stage "dev" {
    switch "lan" description="one"
    dns "example.jp" {
        record "www" type="A" value="192.0.2.1"
        record "api" type="A" value="192.0.2.2"
    }
}
"#;

/// A machine with a clock that is wrong by what a file says; how long something takes is measured by one that nobody sets.
struct Wrong<'c> {
    machine: Machine<'c>,
    library: PathBuf,
}

impl<'c> Wrong<'c> {
    /// None, with the reason, where nothing can make a clock wrong.
    #[expect(clippy::print_stdout, reason = "what is skipped is told")]
    fn on(clouds: &'c Clouds) -> Option<Self> {
        let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
        let library = folders
            .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
            .find(|file| file.exists());
        let Some(library) = library else {
            println!("skipped: the program with a clock that goes back: faketime is not installed");
            return None;
        };
        let machine = Machine::new(clouds, FILE, None);
        let wrong = Self { machine, library };
        wrong.set("+0");
        Some(wrong)
    }

    fn clock(&self) -> PathBuf {
        self.machine.project.file("clock")
    }

    /// Sets the clock: by how much it is wrong from now on, as `+6h`.
    fn set(&self, by: &str) {
        fs::write(self.clock(), by).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.machine.command(words);
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.clock())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command
    }

    fn flow(&self, by: &str, words: &[&str]) -> Run {
        self.set(by);
        self.command(words).output().unwrap().into()
    }

    fn succeeds(&self, by: &str, words: &[&str]) -> String {
        self.flow(by, words).succeeded(words).out
    }

    /// As against real clouds, whose reads may be stale for half a minute: emulated ones would say how little theirs are.
    fn is_unchanged(&self, by: &str) {
        self.set(by);
        let mut command = self.command(&["plan"]);
        command.env_remove("FLEETFLOW_SANDBOX");
        let began = Instant::now();
        let plan = Run::from(command.output().unwrap()).succeeded(&["plan"]).out;
        assert!(plan.starts_with(UNCHANGED.trim_end()), "{by}: {plan}");
        assert!(
            began.elapsed() < Duration::from_secs(25),
            "{by}: somebody waited for what is there"
        );
    }
}

/// `process`, once it says that it has begun.
fn begun(process: &mut Child, journal: &Path, runs: usize) {
    written(process, journal, "run-started", runs);
}

/// Waits until `word` stands in the journal so many times, while `process` works.
fn written(process: &mut Child, journal: &Path, word: &str, times: usize) {
    let until = Instant::now() + Duration::from_secs(60);
    let count = |text: &str| text.matches(word).count();
    while !fs::read_to_string(journal).is_ok_and(|text| count(&text) >= times) {
        assert!(process.try_wait().unwrap().is_none(), "it ended before it began");
        assert!(Instant::now() < until, "nothing was begun");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_clock_that_is_set_back_between_two_runs_or_within_one_loses_and_refuses_nothing() {
    let clouds = Clouds::slow(Duration::from_millis(300));
    let Some(wrong) = Wrong::on(&clouds) else { return };
    wrong.succeeds("+6h", &["up", "--yes"]);
    for by in ["+0", "-6h"] {
        wrong.is_unchanged(by);
    }
    // Within one run: it begins six hours ahead, and ends six hours behind.
    wrong.machine.project.edit("\"one\"", "\"two\"");
    wrong.set("+6h");
    let journal = wrong
        .machine
        .project
        .file(".fleetflow/state/shop/dev/journal.jsonl");
    let mut running = wrong.command(&["up", "--yes"]).spawn().unwrap();
    begun(&mut running, &journal, 2);
    wrong.set("-6h");
    Run::from(running.wait_with_output().unwrap()).succeeded(&["up"]);
    wrong.is_unchanged("-6h");
    wrong.machine.project.edit("192.0.2.2", "192.0.2.3");
    wrong.succeeds("-12h", &["watch", "--once"]);
    wrong.is_unchanged("+0");

    let history = wrong.succeeds("+0", &["state", "history"]);
    let began: Vec<_> = history
        .lines()
        .filter(|line| line.contains("  run by "))
        .collect();
    assert!(began.len() >= 3, "{history}");
    let hour = |line: &str| {
        line.split("  ")
            .next()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    assert!(
        hour(began[0]) > hour(began[2]),
        "the times are those of the clocks: {history}"
    );
    let place = |text: &str| {
        history
            .find(text)
            .unwrap_or_else(|| panic!("no {text:?} in {history}"))
    };
    assert!(
        place("create begun") < place("switch.lan: change begun"),
        "{history}"
    );
    wrong.succeeds("-24h", &["down", "--yes"]);
}

/// Who holds the state is told, whatever their clock says; and is followed at once when they are dead.
#[test]
fn a_lock_of_tomorrow_is_one_and_that_of_a_dead_holder_is_none() {
    let clouds = Clouds::slow(Duration::from_secs(1));
    let Some(wrong) = Wrong::on(&clouds) else { return };
    wrong.set("+24h");
    let mut holder = wrong.command(&["up", "--yes"]).spawn().unwrap();
    let journal = wrong
        .machine
        .project
        .file(".fleetflow/state/shop/dev/journal.jsonl");
    // What is to be forgotten has to be remembered first.
    written(&mut holder, &journal, "switch.lan", 1);
    // A command that asks no cloud: it is there while the holder works.
    let refused = wrong.flow("+0", &["state", "forget", "switch.lan", "--yes"]);
    assert_eq!(refused.code, Some(6), "{refused:#?}");
    assert!(
        refused.err.contains("the state is locked by tester@"),
        "{refused:#?}"
    );
    assert!(
        holder.try_wait().unwrap().is_none(),
        "it ended before it was asked"
    );
    holder.kill().unwrap();
    holder.wait().unwrap();
    let began = Instant::now();
    wrong.succeeds("+0", &["up", "--yes"]);
    assert!(began.elapsed() < Duration::from_mins(2), "{:?}", began.elapsed());
    wrong.is_unchanged("+0");
}
