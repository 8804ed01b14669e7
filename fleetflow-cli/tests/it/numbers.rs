//! Failures have the numbers that `flow explain` and docs/errors.md describe: each of these is brought about with the real
//! program. Those that need a provider's answer are tested where the answer is read.

use std::fs;

use fleetflow_core::codes;

use crate::support::{Project, Run};

const SERVER: &str = r#"
project "shop"
stage "dev" { server "web" { zone "tk1a"; plan core=1 memory=1; disk size=20 os="ubuntu-24.04" } }
"#;
const WORKER: &str = "project \"shop\"\nstage \"dev\" { worker \"api\" { source \"api.ts\" } }\n";

/// The run failed with this number and exit code, and says what to do next.
#[track_caller]
fn told(run: &Run, number: &str, exit: i32) {
    let code = codes::find(number).unwrap();
    assert_eq!(run.code, Some(exit), "{number}: {run:#?}");
    let label = format!("error[{number}]: ");
    assert!(run.err.contains(&label), "{}: {run:#?}", code.name);
    assert!(run.err.contains("  help: "), "{number}: {run:#?}");
}

#[test]
fn what_was_typed_wrong_has_its_number() {
    let project = Project::new(SERVER);
    told(&project.flow(&["plan", "dev", "--stage", "prod"]), "FF0222", 64);
    told(&project.in_sandbox(&["up"]), "FF0223", 64);
    told(
        &project.in_sandbox(&["up", "--yes", "--target", "server.wep"]),
        "FF0224",
        64,
    );
    told(&project.flow(&["explain", "FF9"]), "FF0224", 64);
    told(&project.flow(&["plan", "--fiel", "x"]), "FF0222", 64);
    told(&project.flow(&["import", "server.web"]), "FF0222", 64);
    told(&project.flow(&["scale", "web", "many"]), "FF0222", 64);
    let help = project.flow(&["plan", "--help"]);
    assert!(
        help.code == Some(0) && help.err.is_empty() && help.out.contains("Usage: flow plan"),
        "{help:#?}"
    );
    let nothing = project.flow(&[]);
    assert!(
        nothing.code == Some(64) && nothing.err.contains("Usage: flow [OPTIONS] <COMMAND>"),
        "{nothing:#?}"
    );
    told(&project.in_sandbox(&["state", "show", "server.wep"]), "FF0251", 1);
    told(&project.in_sandbox(&["rollback", "shop", "--yes"]), "FF0251", 1);
    told(&project.flow(&["plan"]), "FF0231", 3);
    project.edit("stage \"dev\" {", "stage \"dev\" { r2-bucket \"files\";");
    let both = project.flow(&["plan"]);
    told(&both, "FF0231", 3);
    assert_eq!(
        both.err.matches("error[FF0231]: there is no API ").count(),
        2,
        "{both:#?}"
    );
    project.write(SERVER);
    let mut half = project.command(&["plan"]);
    let half = half.env("SAKURA_ACCESS_TOKEN", "x").output().unwrap();
    told(&half.into(), "FF0232", 3);
    fs::remove_file(project.file("flow.kdl")).unwrap();
    told(&project.flow(&["plan"]), "FF0221", 64);
}

#[test]
fn what_guards_and_the_state_refuse_has_its_number() {
    let project = Project::new(SERVER);
    project.sandbox(&["up", "--yes"]);
    project.edit("core=1 memory=1", "core=2 memory=4");
    let most = ["--max-disruption", "none"];
    told(&project.in_sandbox(&[&["plan"], &most[..]].concat()), "FF0245", 5);
    let down = project.in_sandbox(&[&["down", "--yes"], &most[..]].concat());
    told(&down, "FF0245", 5);
    assert!(
        down.err
            .contains("deleting it counts as replace, more than `none`"),
        "{down:#?}"
    );
    project.sandbox(&["plan", "--out", "saved.plan"]);
    project.sandbox(&["up", "--yes"]);
    let stale = ["up", "--yes", "--plan", "saved.plan"];
    told(&project.in_sandbox(&stale), "FF0262", 1);

    project.edit("stage \"dev\" {", "stage \"dev\" {\n protect #true\n");
    told(&project.in_sandbox(&["up", "--yes"]), "FF0246", 5);
    let protected = SERVER.replace("server \"web\" {", "server \"web\" { protect #true;");
    project.write(&protected);
    project.sandbox(&["up", "--yes"]);
    project.write("project \"shop\"\nstage \"dev\" { r2-bucket \"uploads\" }\n");
    told(&project.in_sandbox(&["plan"]), "FF0241", 5);
}

#[test]
fn what_is_ours_is_told_from_what_is_not() {
    let bucket = "stage \"dev\" { r2-bucket \"uploads\" }\n";
    let project = Project::new(&format!("project \"shop\"\n{bucket}"));
    project.sandbox(&["up", "--yes"]);
    project.write(&format!("project \"other\"\n{bucket}"));
    told(&project.in_sandbox(&["plan"]), "FF0261", 1);
    project
        .write("stage \"dev\" { dns \"nowhere.invalid\" { record \"a\" type=\"A\" value=\"192.0.2.1\" } }\n");
    told(&project.in_sandbox(&["plan"]), "FF0252", 1);
}

#[test]
fn what_fails_here_and_in_code_has_its_number() {
    let project = Project::new(WORKER);
    told(&project.in_sandbox(&["up", "--yes"]), "FF0291", 1);
    fs::write(project.file("api.ts"), "const x: = 3").unwrap();
    let run = project.in_sandbox(&["up", "--yes"]);
    assert_eq!(run.code, Some(64), "{run:#?}");
    told(&run, "FF0225", 64);
    project.edit("source \"api.ts\"", "source \"api.ts\"; build \"false\"");
    told(&project.in_sandbox(&["up", "--yes"]), "FF0292", 4);
    let metrics = ["watch", "--once", "--metrics-addr", "192.0.2.1:9"];
    told(&project.in_sandbox(&metrics), "FF0295", 1);
}

/// A program for another processor is started by the engine, and says so itself where it can.
#[test]
fn a_program_for_another_processor_has_its_number_also_when_only_its_log_tells() {
    let project = Project::new(
        "project \"shop\"\nstage \"dev\" { service \"web\" { image \"busybox:1.36\"; command \"echo\" \"exec /app: exec format error\" } }\n",
    );
    let run = project.in_sandbox(&["up", "--yes"]);
    told(&run, "FF0280", 4);
    for part in [
        "its last lines were:\nexec /app: exec format error\n",
        "build it for that machine, with `platform=` of `build`",
    ] {
        assert!(run.err.contains(part), "{part}: {run:#?}");
    }
}
