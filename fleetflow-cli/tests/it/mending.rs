//! A state that was lost, damaged or locked: what the clouds show is found again, and nothing is changed on the way.

use std::fs;

use crate::refusals::held_by_alice;
use crate::support::Project;

const UNCHANGED: &str = "No changes. Stage \"dev\" is as declared.\n";

const SERVER: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a" } }
stage "dev" {
    server "web" {
        plan core=1 memory=1
        disk size=20 os="ubuntu-24.04"
    }
}
"#;

#[test]
fn a_lost_state_is_rebuilt_from_marks() {
    let project = Project::new(SERVER);
    project.sandbox(&["up", "--yes"]);
    let (before, id) = (
        project.inventory(),
        project.sandbox(&["outputs", "server.web.id"]),
    );
    fs::remove_dir_all(project.world().join("state")).unwrap();
    let silent = project.in_sandbox(&["state", "rebuild"]);
    assert_eq!(silent.code, Some(64), "{silent:#?}");
    assert!(silent.err.contains("--yes"), "{silent:#?}");
    let out = project.sandbox(&["state", "rebuild", "--yes"]);
    assert!(
        out.contains(&format!("found: server.web ({})\n", id.trim())),
        "{out}"
    );
    assert!(out.contains("Rebuilt: 1 found by their marks"), "{out}");
    assert_eq!(project.writes(), []);
    assert_eq!(project.inventory(), before);
    assert!(project.sandbox(&["state", "list"]).starts_with("server.web"));
    assert_eq!(project.sandbox(&["plan"]), UNCHANGED);
    let out = project.sandbox(&["state", "rebuild", "--yes"]);
    assert!(
        out.contains("0 found by their marks, 1 remembered all along"),
        "{out}"
    );
}

#[test]
fn the_example_is_found_again_but_for_its_bucket_which_carries_no_mark() {
    let project = Project::example();
    project.sandbox(&["up", "dev", "--yes"]);
    // The key to the servers does not lie in the state: they can still be looked into.
    fs::remove_dir_all(project.world().join("state")).unwrap();
    project.edit("core=4 memory=4", "core=8 memory=8");
    let out = project.sandbox(&["state", "rebuild", "dev", "--yes"]);
    let import = "flow import r2-bucket.creo-attachments creo-attachments";
    assert!(
        out.contains("6 found by their marks") && out.contains(import),
        "{out}"
    );
    project.sandbox(&[
        "import",
        "-s",
        "dev",
        "r2-bucket.creo-attachments",
        "creo-attachments",
        "--yes",
    ]);
    let plan = project.sandbox(&["plan", "dev"]);
    assert!(
        plan.contains("~    server.creo-dev-01  change")
            && plan.contains("Plan: 0 to create, 1 to change, 0 to replace, 0 to delete."),
        "{plan}"
    );
    project.edit("core=8 memory=8", "core=4 memory=4");
    assert_eq!(project.sandbox(&["plan", "dev"]), UNCHANGED);
}

#[test]
fn a_damaged_journal_is_told_and_mended() {
    let project = Project::new(SERVER);
    project.sandbox(&["up", "--yes"]);
    let journal = project.world().join("state/shop/dev/journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let applied = text.lines().position(|line| line.contains("applied")).unwrap();
    let damaged: Vec<_> = text
        .lines()
        .enumerate()
        .map(|(number, line)| if number == applied { "{damaged" } else { line })
        .collect();
    fs::write(&journal, damaged.join("\n") + "\n").unwrap();
    let told = project.in_sandbox(&["plan"]);
    assert!(
        format!("{}{}", told.out, told.err).contains("flow state rebuild"),
        "{told:#?}"
    );
    let out = project.sandbox(&["state", "rebuild", "--yes"]);
    assert!(
        out.contains("set aside: ") && out.contains("journal.jsonl"),
        "{out}"
    );
    let after = project.in_sandbox(&["up", "--yes"]);
    assert_eq!(after.code, Some(0), "{after:#?}");
    assert!(
        !format!("{}{}", after.out, after.err).contains("damaged"),
        "{after:#?}"
    );
    assert_eq!(project.sandbox(&["plan"]), UNCHANGED);
}

#[test]
fn who_has_locked_is_named_and_a_living_one_is_not_robbed() {
    let project = Project::new(SERVER);
    assert_eq!(
        project.sandbox(&["state", "unlock", "--yes"]),
        "Nobody has locked the state of shop / dev.\n"
    );
    let folder = project.world().join("state/shop/dev");
    let run = held_by_alice(folder, || project.in_sandbox(&["state", "unlock", "--yes"]));
    assert_eq!(run.code, Some(6), "{run:#?}");
    for part in ["alice@desk", "its process still runs"] {
        assert!(run.err.contains(part), "{part} is missing: {run:#?}");
    }
}
