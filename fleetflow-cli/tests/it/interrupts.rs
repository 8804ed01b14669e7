//! Runs that are stopped in the middle, kindly or not: what is said, and that the next run goes on from there.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::support::{Project, Run};

const UNCHANGED: &str = "No changes. Stage \"dev\" is as declared.\n";

/// `flow up`, once the journal of the stage says that the create of something was begun.
fn up_begun(project: &Project) -> Child {
    let mut process = project
        .command(&["up", "dev", "--yes", "--sandbox"])
        .spawn()
        .unwrap();
    let journal = project.world().join("state/shop/dev/journal.jsonl");
    let until = Instant::now() + Duration::from_secs(60);
    while !std::fs::read_to_string(&journal).is_ok_and(|text| text.contains("create-started")) {
        assert!(process.try_wait().unwrap().is_none(), "it ended before it began");
        assert!(Instant::now() < until, "nothing was begun");
        std::thread::sleep(Duration::from_millis(20));
    }
    process
}

fn signal(process: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &process.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[test]
fn an_interrupt_lets_what_runs_finish_says_how_to_go_on_and_the_next_run_does() {
    let project = Project::example();
    let process = up_begun(&project);
    signal(&process, "-INT");
    let run = Run::from(process.wait_with_output().unwrap());
    assert_eq!(run.code, Some(8), "{run:#?}");
    assert!(run.out.contains("\nInterrupted after "), "{run:#?}");
    assert!(
        run.err.contains("To go on: flow up dev --yes --sandbox"),
        "{run:#?}"
    );
    project.sandbox(&["up", "dev", "--yes"]);
    assert_eq!(project.sandbox(&["plan", "dev"]), UNCHANGED);
}

#[test]
fn after_a_sudden_death_the_next_run_goes_on_and_a_removal_leaves_nothing() {
    let project = Project::example();
    project.sandbox(&["plan", "dev"]);
    let before = project.inventory();
    let mut process = up_begun(&project);
    process.kill().unwrap();
    process.wait().unwrap();
    project.sandbox(&["up", "dev", "--yes"]);
    assert_eq!(project.sandbox(&["plan", "dev"]), UNCHANGED);
    project.sandbox(&["down", "dev", "--yes"]);
    assert_eq!(project.inventory(), before);
}

#[test]
fn a_second_interrupt_leaves_at_once_and_the_next_run_goes_on() {
    let project = Project::example();
    project.sandbox(&["plan", "dev"]);
    let before = project.inventory();
    let mut process = up_begun(&project);
    signal(&process, "-INT");
    std::thread::sleep(Duration::from_millis(100));
    // It may have been quick enough to end by itself.
    if process.try_wait().unwrap().is_none() {
        signal(&process, "-INT");
    }
    let second = Instant::now();
    let run = Run::from(process.wait_with_output().unwrap());
    assert_eq!(run.code, Some(8), "{run:#?}");
    assert!(
        second.elapsed() < Duration::from_secs(2),
        "{:?}",
        second.elapsed()
    );
    project.sandbox(&["up", "dev", "--yes"]);
    assert_eq!(project.sandbox(&["plan", "dev"]), UNCHANGED);
    project.sandbox(&["down", "dev", "--yes"]);
    assert_eq!(project.inventory(), before);
}

/// What a service manager sends is as good as Ctrl-C.
#[test]
fn a_termination_is_an_interrupt() {
    let project = Project::example();
    let process = up_begun(&project);
    signal(&process, "-TERM");
    let run = Run::from(process.wait_with_output().unwrap());
    assert_eq!(run.code, Some(8), "{run:#?}");
    assert!(
        run.err.contains("To go on: flow up dev --yes --sandbox"),
        "{run:#?}"
    );
    project.sandbox(&["up", "dev", "--yes"]);
    assert_eq!(project.sandbox(&["plan", "dev"]), UNCHANGED);
}
