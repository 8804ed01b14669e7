//! A walk of somebody new: a file of one's own on emulated clouds, what was let go, and commands that ask no cloud.

use std::fs;

use serde_json::Value;

use super::support::Project;

const PAIR: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a"; }; }
service-group "g" { service "s" { image "nginx:1.27"; }; }
server "other" {
    plan core=1 memory=1
    disk size=20 os="debian-12"
}
server "web" {
    plan core=1 memory=1
    disk size=20 os="debian-12"
    deploy-services "g"
    retain #true
}
"#;

/// A zone of one's own is there, as those of the examples are; nobody has to ask an emulated account for it.
#[test]
fn any_zone_of_a_file_is_in_the_emulated_account() {
    let project =
        Project::new("dns \"shop.co.jp\" {\n    record \"www\" type=\"A\" value=\"192.0.2.1\"\n}\n");
    project.sandbox(&["up", "--yes"]);
    let plan = project.in_sandbox(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
}

#[test]
fn a_server_that_is_retained_stays_with_what_runs_on_it() {
    let project = Project::new(PAIR);
    project.sandbox(&["up", "--yes"]);
    let before = project.inventory();
    project.write(PAIR.split("server \"web\"").next().unwrap());
    let up = project.in_sandbox(&["up", "--yes"]);
    assert!(
        up.err.contains("3 forgotten") || up.out.contains("3 forgotten"),
        "{up:?}"
    );
    for _ in 0..2 {
        let plan = project.in_sandbox(&["plan", "--detailed-exitcode"]);
        assert_eq!(plan.code, Some(0), "{plan:?}");
        project.sandbox(&["up", "--yes"]);
        assert_eq!(project.inventory(), before);
    }
    let status = project.sandbox(&["status"]);
    assert!(
        status.starts_with("    server") && !status.contains("web"),
        "{status}"
    );
    project.write(&PAIR.replace("    retain #true\n", ""));
    let again = project.in_sandbox(&["up", "--yes"]);
    assert!(again.out.contains("adopt"), "{again:?}");
}

#[test]
fn a_plan_says_how_to_keep_what_was_only_renamed() {
    let text = PAIR.replace("    deploy-services \"g\"\n    retain #true\n", "");
    let project = Project::new(&text);
    project.sandbox(&["up", "--yes"]);
    let id = project.sandbox(&["outputs", "server.web.id"]);
    let id = id.trim();
    project.edit("server \"web\"", "server \"front\"");
    let plan = project.sandbox(&["plan"]);
    let import = format!("`flow import server.front {id}`");
    assert!(
        plan.contains("`flow state forget server.web`") && plan.contains(&import),
        "{plan}"
    );
    project.sandbox(&["state", "forget", "server.web", "--yes"]);
    project.sandbox(&["import", "server.front", id, "--yes"]);
    let after = project.in_sandbox(&["plan", "--detailed-exitcode"]);
    assert!(
        after.code == Some(0) && !after.out.contains("Changed outside"),
        "{after:?}"
    );
    assert_eq!(project.sandbox(&["outputs", "server.front.id"]).trim(), id);
}

/// Who has locked the state, and what was done, is asked in the worst minute: on a machine that lacks the secrets, too.
#[test]
fn commands_that_ask_no_cloud_need_no_variable_of_one() {
    let project = Project::new(
        "worker \"api\" {\n    source \"./api.js\"\n    bindings { secret \"TOKEN\" env=\"SET_NOWHERE\"; }\n}\n",
    );
    for words in [
        &["state", "list"][..],
        &["state", "history"],
        &["state", "unlock", "--yes"],
        &["outputs"],
        &["validate", "default"],
        &["graph"],
    ] {
        let run = project.flow(words);
        assert_eq!(run.code, Some(0), "{words:?}: {run:?}");
    }
    let plan = project.in_sandbox(&["plan"]);
    assert!(
        plan.code == Some(64) && plan.err.contains("`SET_NOWHERE` is not set"),
        "{plan:?}"
    );
    let planned = project.in_sandbox(&["graph", "--plan"]);
    assert!(
        planned.code == Some(64) && planned.err.contains("`SET_NOWHERE` is not set"),
        "{planned:?}"
    );
    project.edit(
        "worker",
        "state \"./kept\" { encrypt env=\"SET_NOWHERE\"; }\nworker",
    );
    let key = project.flow(&["state", "list"]);
    assert!(
        key.code == Some(64) && key.err.contains("`SET_NOWHERE` is not set"),
        "{key:?}"
    );
}

#[test]
fn fmt_tells_a_file_that_it_cannot_read_as_the_others_do() {
    let project = Project::new("");
    fs::write(project.root().join("dns.kdl"), "dns \"example.jp\" {\n").unwrap();
    let broken = project.flow(&["fmt", "--file", "dns.kdl"]);
    assert!(
        broken.code == Some(64) && broken.err.contains("[dns.kdl:1:18]"),
        "{broken:?}"
    );
    fs::write(project.root().join("dns.kdl"), b"// caf\xe9\n").unwrap();
    let latin = project.flow(&["fmt", "--file", "dns.kdl"]);
    assert!(
        latin.code == Some(64) && latin.err.contains("save it in UTF-8"),
        "{latin:?}"
    );
}

/// A line that is longer than any screen fills none.
#[test]
fn a_mistake_in_a_very_long_line_is_told_in_a_few() {
    let project = Project::new(&"a { ".repeat(5_000));
    let run = project.flow(&["validate"]);
    assert_eq!(run.code, Some(64));
    assert!(
        run.err.len() < 4_000 && run.err.contains("64 deep"),
        "{} bytes",
        run.err.len()
    );
}

/// Who looks after what runs need not have what it was built from.
#[test]
fn a_status_needs_no_file_of_the_declaration_and_says_what_it_could_not_compare() {
    let project = Project::new(
        "project \"shop\"\nstage \"dev\" { worker \"api\" { source \"api/index.js\"; }\n r2-bucket \"uploads\"\n }\n",
    );
    fs::create_dir(project.file("api")).unwrap();
    fs::write(project.file("api/index.js"), "export default {};").unwrap();
    project.sandbox(&["up", "--yes"]);
    fs::remove_dir_all(project.file("api")).unwrap();
    let world = project.world().join("world.json");
    let mut told: Value = serde_json::from_str(&fs::read_to_string(&world).unwrap()).unwrap();
    let buckets = told["cloudflare"]["r2"]["buckets"].as_object_mut().unwrap();
    assert!(buckets.remove("default/uploads").is_some());
    fs::write(&world, told.to_string()).unwrap();

    let status = project.sandbox(&["status"]);
    for line in [
        "ok  api\n",
        "!!  uploads    is gone\n",
        "Not compared with what is declared:\n  worker.api  could not read the code of the Worker: there is neither",
        "    help: paths are relative",
        "  r2-bucket.uploads  is gone\n",
        "no plan can be made: see `flow plan`",
    ] {
        assert!(status.contains(line), "{line}: {status}");
    }
    let document: Value = serde_json::from_str(&project.sandbox(&["status", "--json"])).unwrap();
    assert_eq!(document["uncompared"][0]["address"], "worker.api");
    assert_eq!(document["pending_changes"], Value::Null);
    let differs = project.in_sandbox(&["status", "--detailed-exitcode"]);
    assert_eq!(differs.code, Some(2), "{differs:#?}");
    for command in [&["plan"][..], &["up", "--yes"], &["watch", "--once"]] {
        let run = project.in_sandbox(command);
        assert!(
            run.code == Some(1) && run.err.contains("FF0291"),
            "{command:?}: {run:#?}"
        );
        assert_eq!(project.writes(), [], "{command:?}");
    }
}
