//! The whole way with one server: made, unchanged, changed, guarded, removed; and plans that are saved first.

use std::fs;

use serde_json::Value;

use crate::support::Project;

const SERVER: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a" } }
stage "dev" {
    server "web" {
        plan core=4 memory=4
        disk size=20 os="ubuntu-24.04"
    }
}
"#;

fn last_lines(text: &str, most: usize) -> Vec<&str> {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(most)..].to_vec()
}

#[test]
fn a_server_is_made_left_alone_changed_and_removed() {
    let project = Project::new(SERVER);
    project.sandbox(&["plan"]);
    let before = project.inventory();
    let out = project.sandbox(&["up", "--yes"]);
    assert!(
        out.contains("Plan: 1 to create, 0 to change, 0 to replace, 0 to delete."),
        "{out}"
    );
    assert!(
        out.contains("\nConverged in ") && out.contains(": 1 created.\n"),
        "{out}"
    );
    assert!(out.contains("server.web.ip = "), "{out}");

    assert_eq!(
        project.sandbox(&["plan"]),
        "No changes. Stage \"dev\" is as declared.\n"
    );
    assert_eq!(project.writes(), []);
    assert_eq!(
        project.sandbox(&["up", "--yes"]),
        "No changes. Stage \"dev\" is as declared.\n"
    );
    assert_eq!(project.writes(), []);

    project.edit("core=4", "core=8");
    let plan = project.in_sandbox(&["plan", "--detail", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(2), "{plan:#?}");
    assert_eq!(project.writes(), []);
    assert!(
        plan.out
            .contains("~    server.web  change  plan.core  disruption: reboot, new server id"),
        "{plan:#?}"
    );
    assert!(plan.out.contains("plan.core: 4 -> 8"), "{plan:#?}");
    assert_eq!(
        last_lines(&plan.out, 2)[0],
        "Plan: 0 to create, 1 to change, 0 to replace, 0 to delete."
    );
    let refused = project.in_sandbox(&["up", "--yes", "--max-disruption", "restart"]);
    assert_eq!(refused.code, Some(5), "{refused:#?}");
    assert_eq!(project.writes(), []);
    project.sandbox(&["up", "--yes", "--max-disruption", "reboot"]);
    project.sandbox(&["plan", "--detailed-exitcode"]);

    let out = project.sandbox(&["down", "--yes"]);
    assert!(
        out.contains("Removed in ") && out.contains(": 1 deleted."),
        "{out}"
    );
    assert!(!out.contains("no longer declared"), "it is still declared: {out}");
    assert_eq!(project.inventory(), before);
    assert_eq!(
        project.sandbox(&["down", "--yes"]),
        "Nothing to remove. Stage \"dev\" has nothing left.\n"
    );
}

#[test]
fn a_saved_plan_is_carried_out_once_and_refused_when_the_world_moved_on() {
    let project = Project::new(SERVER);
    project.sandbox(&["plan", "--out", "first.json"]);
    project.sandbox(&["up", "--yes", "--plan", "first.json"]);
    project.edit("core=4", "core=8");
    project.sandbox(&["plan", "--out", "second.json"]);
    project.sandbox(&["up", "--yes"]);
    let run = project.in_sandbox(&["up", "--yes", "--plan", "second.json"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.err.contains("moved on"), "{run:#?}");
    assert_eq!(project.writes(), []);
}

/// Writes a description on every server of the emulated world, as somebody at the cloud's own console does.
fn describe_by_hand(project: &Project) {
    let file = project.world().join("world.json");
    let mut world: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let servers = world["sakura"]["servers"].as_object_mut().unwrap();
    assert!(!servers.is_empty());
    for server in servers.values_mut() {
        server["about"]["description"] = "by hand".into();
    }
    fs::write(file, world.to_string()).unwrap();
}

#[test]
fn a_saved_plan_is_refused_when_the_file_the_state_or_what_was_seen_is_another_one() {
    let project = Project::new(SERVER);
    project.sandbox(&["up", "--yes"]);
    project.edit("core=4", "core=8");
    let declared = fs::read_to_string(project.file("flow.kdl")).unwrap();
    let refused = |why: &str| {
        let run = project.in_sandbox(&["up", "--yes", "--plan", "plan.json"]);
        assert_eq!(run.code, Some(1), "{why}: {run:#?}");
        assert!(run.err.contains("moved on") && run.err.contains(why), "{run:#?}");
        assert!(run.err.contains("make a new plan"), "{run:#?}");
        assert_eq!(project.writes(), [], "{why}");
    };
    project.sandbox(&["plan", "--out", "plan.json"]);
    project.write(&declared.replace("os=\"ubuntu-24.04\"", "os=\"ubuntu-24.04\"\n        tags \"x\""));
    refused("the declaration");

    // What nobody declares is no difference, and still not what was looked at.
    project.write(&declared);
    project.sandbox(&["plan", "--out", "plan.json"]);
    describe_by_hand(&project);
    refused("is not as it was seen");
    let plan = project.sandbox(&["plan", "--out", "plan.json"]);
    assert!(!plan.contains("description"), "{plan}");

    project.sandbox(&["state", "forget", "server.web", "--yes"]);
    refused("the state has changed");

    project.sandbox(&["plan", "--out", "plan.json"]);
    project.sandbox(&["up", "--yes", "--plan", "plan.json"]);
    project.sandbox(&["plan", "--detailed-exitcode"]);
}

#[test]
fn protection_survives_the_removal_of_its_block() {
    let project = Project::new(&SERVER.replace("plan core", "protect #true\n        plan core"));
    project.sandbox(&["up", "--yes"]);
    let made = project.inventory();
    project.write("project \"shop\"\nstage \"dev\" {}\n");
    for command in [
        &["plan"][..],
        &["up", "--yes", "--with-data"],
        &["down", "--yes", "--with-data"],
    ] {
        let run = project.in_sandbox(command);
        assert_eq!(run.code, Some(5), "{run:#?}");
        let told = run.err.contains("server.web: it is protected") && run.err.contains("protect #false");
        assert!(told, "{run:#?}");
        assert_eq!(project.writes(), []);
    }
    assert_eq!(project.inventory(), made);
    project.write(&SERVER.replace("plan core", "protect #false\n        plan core"));
    project.sandbox(&["up", "--yes"]);
    project.sandbox(&["down", "--yes"]);
}

#[test]
fn what_is_no_longer_declared_is_removed_and_a_target_leaves_the_rest() {
    let project =
        Project::new(&SERVER.replace("stage \"dev\" {", "stage \"dev\" {\n kv-namespace \"cache\""));
    project.sandbox(&["up", "--yes", "--target", "kv-namespace.cache"]);
    let plan = project.sandbox(&["plan"]);
    assert!(
        plan.contains("+    server.web") && !plan.contains("kv-namespace.cache"),
        "{plan}"
    );
    let wrong = project.in_sandbox(&["plan", "--target", "kv-namespace.cahce"]);
    assert_eq!(wrong.code, Some(64), "{wrong:#?}");
    assert!(
        wrong.err.contains("did you mean `kv-namespace.cache`?"),
        "{wrong:#?}"
    );
    project.write(SERVER);
    let plan = project.sandbox(&["plan"]);
    assert!(
        plan.contains("-    kv-namespace.cache  delete  no longer declared"),
        "{plan}"
    );
    project.sandbox(&["up", "--yes"]);
    let list = project.sandbox(&["state", "list"]);
    assert!(
        list.starts_with("server.web") && list.lines().count() == 1,
        "{list}"
    );
}

#[test]
fn what_was_forgotten_is_found_again_and_what_exists_can_be_imported() {
    let project = Project::new(SERVER);
    project.sandbox(&["up", "--yes"]);
    let id = project.sandbox(&["outputs", "server.web.id"]).trim().to_owned();
    project.sandbox(&["state", "forget", "server.web", "--yes"]);
    assert_eq!(project.sandbox(&["state", "list"]), "");
    let wrong = project.in_sandbox(&["import", "server.web", "1", "--yes"]);
    assert_ne!(wrong.code, Some(0), "{wrong:#?}");
    let out = project.sandbox(&["import", "server.web", &id, "--yes"]);
    assert!(out.contains("=    server.web  adopt"), "{out}");
    assert_eq!(
        project.sandbox(&["plan"]),
        "No changes. Stage \"dev\" is as declared.\n"
    );
}

/// A zone is only looked up, so that nothing is applied which would remember what it has.
#[test]
fn outputs_are_those_that_up_prints_at_its_end() {
    let text = |record: &str| {
        format!(
            "project \"shop\"\nstage \"dev\" {{\n    server \"web\" {{ zone \"tk1a\"; plan core=1 memory=1; disk size=20 os=\"ubuntu-24.04\" }}\n\
         dns \"example.jp\" {{ {record} }}\n}}\n"
        )
    };
    let project = Project::new(&text("record \"www\" type=\"A\" value=server.web.ip"));
    let up = project.sandbox(&["up", "--yes"]);
    let end: String = up
        .split_inclusive('\n')
        .filter(|line| line.contains(" = "))
        .collect();
    assert!(
        end.contains("dns.example.jp.zone-id = ") && end.contains("server.web.ip = "),
        "{up}"
    );
    assert_eq!(project.sandbox(&["outputs"]), end);
    let zone = project.sandbox(&["outputs", "dns.example.jp.zone-id"]);
    assert!(
        end.contains(&format!("dns.example.jp.zone-id = {zone}")),
        "{zone}"
    );
    let events = |project: &Project| project.sandbox(&["state", "history"]).lines().count();
    let before = events(&project);
    project.sandbox(&["up", "--yes"]);
    assert_eq!(events(&project), before, "a second `up` writes nothing");
    // A zone that nobody declares any more has no outputs here, and neither has a stage that is gone.
    project.write(&text("").replace("dns \"example.jp\" {  }", ""));
    project.sandbox(&["up", "--yes"]);
    assert!(!project.sandbox(&["outputs"]).contains("dns."));
    project.write(&text(""));
    project.sandbox(&["up", "--yes"]);
    assert!(
        project
            .sandbox(&["outputs"])
            .contains("dns.example.jp.zone-id = ")
    );
    project.sandbox(&["down", "--yes", "--with-data"]);
    assert_eq!(project.sandbox(&["outputs"]), "");
}
