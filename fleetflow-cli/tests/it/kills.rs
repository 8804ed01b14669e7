//! The program is killed (`kill -9`) at more than two hundred places: while it waits for an answer, before or after the
//! request took effect, and between the writes of its state. The next `up` ends in the same world, `down` leaves nothing.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use fleetflow_sandbox::{Cloud, Fault, Moment, Options, Sandbox, Times, Timings};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::page::{self, Table};
use crate::shape::{differences, shape};
use crate::support::{Project, Run};

/// Something of every kind, with services on the local engine.
const EVERYTHING: &str = r##"
project "shop"
providers { sakura-cloud { zone "tk1a" } }
stage "dev" {
    ssh-key "ops" "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBz8nGg0mIQzZpVeKMHTlGHnRQZdZ1DGVsUMhVGJQg0X ops"
    packet-filter "web" { rule "tcp" "443"; rule "ip" action="deny" }
    switch "inner"
    startup-script "swap" "#!/bin/sh\ntrue\n"
    server "web" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; packet-filter "web" }
    service "db" { image "busybox:1"; volume "data:/data"; port 8000 }
    r2-bucket "files" { custom-domain "files.example.com" }
    kv-namespace "cache"
    worker "gate" { source "./worker.js"; route "gate.example.com/*"; bindings { kv "CACHE" namespace="cache" } }
    pages "site" { source "./site" }
    dns "example.com" {
        record "a" type="A" value=server.web.ip
        record "t" type="TXT" value="x"
    }
}
"##;

/// One for all emulated clouds.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A project, and emulated clouds that outlive the program.
struct Place {
    project: Project,
    sandbox: Sandbox,
}

/// How far reads lag behind, in seconds, where they do: the program asks the emulated clouds for it.
const LAG: u64 = 8;

/// How often a command may fail where all reads lag behind, until it must succeed.
const TRIES: usize = 4;

/// Where the program is killed.
#[derive(Clone, Copy, Debug)]
enum Moments {
    Request(Moment, u64),
    /// When so many lines are in the journal.
    Lines(usize),
}

/// Which command is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killed {
    Up,
    Down,
}

impl Place {
    fn new() -> Self {
        let project = Project::new(EVERYTHING);
        fs::write(
            project.file("worker.js"),
            "export default { fetch() { return new Response(\"ok\") } }\n",
        )
        .unwrap();
        fs::create_dir(project.file("site")).unwrap();
        fs::write(project.file("site/index.html"), "hello\n").unwrap();
        let options = Options {
            timings: Timings::INSTANT,
            ..Options::default()
        };
        let sandbox = RUNTIME.block_on(Sandbox::start(options)).unwrap();
        Self { project, sandbox }
    }

    /// From now on all reads show the world as it was a while ago, as if the clouds were real ones at their worst.
    fn lag(&self) {
        for cloud in [Cloud::Sakura, Cloud::Cloudflare] {
            self.sandbox.add_fault(Fault::stale(LAG).cloud(cloud)).unwrap();
        }
    }

    fn command(&self, killed: Killed) -> Command {
        let arguments: &[&str] = match killed {
            Killed::Up => &["up", "--yes"],
            Killed::Down => &["down", "--yes", "--with-data"],
        };
        let mut command = self.project.command(arguments);
        command.envs(self.sandbox.environment());
        command
    }

    fn run(&self, killed: Killed, place: &str) {
        let run = Run::from(self.command(killed).output().unwrap());
        assert_eq!(run.code, Some(0), "{place}: {run:#?}");
    }

    /// Runs the command until it succeeds.
    #[expect(clippy::print_stdout, reason = "what failed on the way is said")]
    fn persist(&self, killed: Killed, place: &str) {
        for _ in 0..TRIES {
            let run = Run::from(self.command(killed).output().unwrap());
            if run.code == Some(0) {
                return;
            }
            println!("{place}: {}", run.err);
        }
        panic!("{place}: {killed:?} does not end well");
    }

    /// Kills the command there; whether it came so far.
    fn kill(&self, killed: Killed, moment: Moments) -> bool {
        if let Moments::Request(moment, number) = moment {
            let fault = Fault::hang().when(moment).times(Times::Nth(number));
            self.sandbox.add_fault(fault).unwrap();
        }
        let before = self.lines();
        let mut process = self.command(killed).spawn().unwrap();
        let reached = || match moment {
            Moments::Request(..) => self.sandbox.faults().hanging() > 0,
            Moments::Lines(number) => self.lines() >= before + number,
        };
        let came = wait(&mut process, reached);
        let _ = process.kill();
        process.wait().unwrap();
        self.sandbox.faults().clear();
        while self.sandbox.under_way() > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        came
    }

    /// How many lines are in the journal.
    fn lines(&self) -> usize {
        fs::read_to_string(self.journal()).map_or(0, |text| text.matches('\n').count())
    }

    fn journal(&self) -> PathBuf {
        self.project.file(".fleetflow/state/shop/dev/journal.jsonl")
    }

    /// The world without what is drawn by chance, and without the images of the local engine, which stay.
    fn world(&self) -> Value {
        let mut world = shape(&self.sandbox.inventory());
        if let Some(local) = world["docker"]["local"].as_object_mut() {
            local.remove("images");
        }
        if world["docker"]["local"]
            .as_object()
            .is_some_and(serde_json::Map::is_empty)
        {
            world["docker"].as_object_mut().unwrap().remove("local");
        }
        world
    }
}

/// Waits until `reached`, and answers false when the process ended before.
fn wait(process: &mut Child, reached: impl Fn() -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        if reached() {
            return true;
        }
        if process.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(Instant::now() < until, "it neither ended nor came so far");
        std::thread::sleep(Duration::from_micros(300));
    }
}

/// The worlds of an undisturbed life.
struct Undisturbed {
    full: Value,
    empty: Value,
    requests: [u64; 2],
    lines: [usize; 2],
}

fn undisturbed() -> Undisturbed {
    let place = Place::new();
    let empty = place.world();
    let step = |killed| {
        let before = place.lines();
        place.sandbox.clear_log().unwrap();
        place.run(killed, "an undisturbed run");
        (place.sandbox.log().len() as u64, place.lines() - before)
    };
    let up = step(Killed::Up);
    let full = place.world();
    let down = step(Killed::Down);
    assert_eq!(differences(&place.world(), &empty), [""; 0]);
    Undisturbed {
        full,
        empty,
        requests: [up.0, down.0],
        lines: [up.1, down.1],
    }
}

/// Kills the command there, and goes on: by `up` and then `down`, or by `down` alone. Whether it was killed.
fn survived(killed: Killed, moment: Moments, with_up: bool, undisturbed: &Undisturbed) -> bool {
    let told = format!(
        "{killed:?} {moment:?}, then {}",
        if with_up { "up and down" } else { "down" }
    );
    let place = Place::new();
    if killed == Killed::Down {
        place.run(Killed::Up, &told);
    }
    if !place.kill(killed, moment) {
        return false;
    }
    if with_up {
        place.run(Killed::Up, &told);
        assert_eq!(
            differences(&place.world(), &undisturbed.full),
            [""; 0],
            "{told}: another world"
        );
    }
    place.run(Killed::Down, &told);
    assert_eq!(
        differences(&place.world(), &undisturbed.empty),
        [""; 0],
        "{told}: something is left"
    );
    true
}

/// Where a run is killed in a world whose reads lag behind: in the middle, so that much was done.
fn lagging(undisturbed: &Undisturbed) -> impl Iterator<Item = Moments> {
    let (requests, lines) = (undisturbed.requests[0], undisturbed.lines[0]);
    let requests = [2, 4].map(|part| Moments::Request(Moment::AfterEffect, requests * part / 5));
    let lines = [1, 3].map(|part| Moments::Lines(lines * part / 5));
    requests.into_iter().chain(lines)
}

/// Kills `flow up` there, and goes on by `up` and `down` while all reads lag behind, as far as the program knows.
fn survived_lagging(moment: Moments, undisturbed: &Undisturbed) {
    let told = format!("{moment:?} while all reads lag behind");
    let place = Place::new();
    assert!(place.kill(Killed::Up, moment), "{told}: not reached");
    place.lag();
    for (command, world) in [
        (Killed::Up, &undisturbed.full),
        (Killed::Down, &undisturbed.empty),
    ] {
        place.persist(command, &told);
        assert_eq!(differences(&place.world(), world), [""; 0], "{told}: {command:?}");
    }
}

/// The table of the page: how often each command was killed, by what it was doing.
fn table(counts: [[usize; 3]; 2]) -> Table {
    let columns = [
        "before a request",
        "after its effect",
        "between writes of the state",
        "all",
    ];
    let mut table = Table::new("killed", columns.to_vec());
    for (name, counts) in [("`flow up`", counts[0]), ("`flow down`", counts[1])] {
        let all: usize = counts.iter().sum();
        let cells = counts.iter().chain([&all]).map(ToString::to_string);
        table.row(name.to_owned(), cells);
    }
    table
}

/// How many places are tried side by side: most of the time of a place is waiting.
const AT_ONCE: usize = 12;

#[test]
fn killed_at_two_hundred_places_the_next_up_ends_in_the_same_world_and_down_leaves_nothing() {
    let began = Instant::now();
    let undisturbed = Arc::new(undisturbed());
    let mut places = Vec::new();
    for (killed, at) in [(Killed::Up, 0), (Killed::Down, 1)] {
        for number in 1..=undisturbed.requests[at] {
            for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
                places.push((killed, Moments::Request(moment, number)));
            }
        }
        places.extend((1..undisturbed.lines[at]).map(|number| (killed, Moments::Lines(number))));
    }
    let next = AtomicUsize::new(0);
    let counts = Mutex::new([[0_usize; 3]; 2]);
    std::thread::scope(|scope| {
        // Those take longest.
        for moment in lagging(&undisturbed) {
            let undisturbed = &undisturbed;
            scope.spawn(move || survived_lagging(moment, undisturbed));
        }
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((killed, moment)) = places.get(number).copied() else {
                        return;
                    };
                    if survived(killed, moment, number.is_multiple_of(2), &undisturbed) {
                        let column = match moment {
                            Moments::Request(Moment::BeforeEffect, _) => 0,
                            Moments::Request(Moment::AfterEffect, _) => 1,
                            Moments::Lines(_) => 2,
                        };
                        counts.lock().unwrap()[usize::from(killed == Killed::Down)][column] += 1;
                    }
                }
            });
        }
    });
    let counts = *counts.lock().unwrap();
    let sum: usize = counts.iter().flatten().sum();
    println!("killed {sum} times in {:?}: {counts:?}", began.elapsed());
    assert!(sum >= 200, "only {sum} places were reached: {counts:?}");
    let table = table(counts);
    println!("{}", table.markdown());
    page::block("kills", &table.markdown());
}
