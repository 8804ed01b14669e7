//! Counts by hand and by the loop, as users type them.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Project, lines};

const SHOP: &str = r#"
providers { sakura-cloud { zone "tk1a" } }
stage "dev" {
    server "web" {
        plan core=1 memory=1
        disk size=20 os="ubuntu-24.04"
    }
    scale "web" { min 1; max 3; cpu-threshold 80; cooldown 300; cooldown-down 900 }
}
"#;

fn servers(project: &Project) -> usize {
    project.inventory()["sakura"]["servers"].as_array().unwrap().len()
}

#[test]
fn a_count_is_set_by_hand_kept_by_up_and_shown_by_status() {
    let project = Project::new(SHOP);
    project.sandbox(&["up", "dev", "--yes"]);
    let out = project.sandbox(&["scale", "web", "3", "--yes"]);
    assert!(out.contains("server.web-2  create"), "{out}");
    assert!(out.contains("Scaled in"), "{out}");
    assert_eq!(servers(&project), 3);
    assert_eq!(
        project.sandbox(&["scale", "web", "3", "--yes"]),
        "No changes. There are as many.\n"
    );
    let run = project.in_sandbox(&["plan", "dev"]);
    assert!(run.out.contains("No changes."), "{run:#?}");
    assert!(
        run.err
            .contains("server.web keeps its 3 replicas: between 1 and 3"),
        "{run:#?}"
    );
    let status = project.sandbox(&["status", "dev"]);
    for part in ["3 of 1-3", "80 %", "in 4 min", "in 14 min"] {
        assert!(status.contains(part), "{part:?} is missing: {status}");
    }
    assert!(
        project
            .sandbox(&["state", "history"])
            .contains("scale server.web to 3: by hand")
    );
    project.sandbox(&["scale", "web", "1", "--yes"]);
    assert_eq!(servers(&project), 1, "removing replicas needs no --with-data");
}

#[test]
fn a_count_that_cannot_be_is_refused_before_anything_happens() {
    let project = Project::new(SHOP);
    project.sandbox(&["up", "dev", "--yes"]);
    for (arguments, told, code) in [
        (
            ["scale", "web", "9", "--yes"],
            "9 is not between the declared 1 and 3",
            64,
        ),
        (["scale", "wep", "2", "--yes"], "did you mean `web`?", 64),
        (["scale", "web", "2", "--no-input"], "--yes", 64),
    ] {
        let run = project.in_sandbox(&arguments);
        assert_eq!(run.code, Some(code), "{run:#?}");
        assert!(run.err.contains(told), "{run:#?}");
    }
    assert_eq!(servers(&project), 1);
}

#[test]
fn one_look_repairs_and_tells_what_it_decided() {
    let project = Project::new(SHOP);
    let run = project.in_sandbox(&["watch", "dev", "--once", "--json"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let told = lines(&run.out);
    let types: Vec<_> = told.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types[..2], ["decided", "planned"], "{types:?}");
    assert_eq!(
        told[0]["decision"],
        json!({ "count": 1, "reason": { "why": "no-samples" } })
    );
    assert!(types.contains(&"done"));
    assert_eq!(servers(&project), 1);
    let quiet = project.in_sandbox(&["watch", "dev", "--once"]);
    assert!(quiet.err.contains("server.web  stays at 1: "), "{quiet:#?}");
    assert_eq!(project.writes(), []);
}

/// A loop that is killed without warning as soon as the journal shows `what` so often.
fn killed_at(project: &Project, what: &str, times: usize) {
    let journal = project.world().join("state/shop/dev/journal.jsonl");
    let mut process = project
        .command(&["watch", "dev", "--sandbox", "--interval", "1s"])
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while fs::read_to_string(&journal).is_ok_and(|text| text.matches(what).count() < times) {
        assert!(process.try_wait().unwrap().is_none(), "it ended before {what}");
        assert!(Instant::now() < until, "no {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn a_loop_that_is_killed_in_the_middle_goes_on_where_it_was() {
    let project = Project::new(SHOP);
    project.sandbox(&["up", "dev", "--yes"]);
    project.edit("min 1", "min 3");
    for (what, times) in [("create-started", 2), ("identified", 2), ("\"applied\"", 2)] {
        killed_at(&project, what, times);
    }
    project.sandbox(&["watch", "dev", "--once"]);
    assert_eq!(servers(&project), 3);
    let quiet = project.sandbox(&["watch", "dev", "--once"]);
    assert_eq!(project.writes(), [], "{quiet}");
}
