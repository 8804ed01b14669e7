//! What is refused, with which exit code, and that nothing was touched before.

use fleetflow_core::state::{FolderStore, Holder, Store as _};

use crate::support::{Project, Run};

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

/// What cannot be read at all says so, and what to do; what is empty is no mistake, but seldom meant.
#[test]
fn files_that_are_no_text_and_files_that_say_nothing_are_told() {
    let project = Project::new("");
    let empty = project.flow(&["validate"]);
    assert_eq!(empty.code, Some(0), "{empty:#?}");
    assert!(
        empty
            .err
            .contains("warning[FF0136]: the stage `default` declares nothing"),
        "{empty:#?}"
    );
    let file = project.root().join("flow.kdl");
    for (bytes, said) in [
        (
            &b"project \"x\"\n// caf\xe9\n"[..],
            "line 2 has bytes that are no UTF-8",
        ),
        (&[0xff, 0xfe, b'p', 0], "it is a text in UTF-16"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let run = project.flow(&["validate"]);
        assert_eq!(run.code, Some(64), "{run:#?}");
        for part in [
            "error[FF0127]: cannot read flow.kdl: ",
            said,
            "help: save it in UTF-8",
        ] {
            assert!(run.err.contains(part), "{part}: {run:#?}");
        }
    }
    project.write("include \"nowhere.kdl\"\n");
    let missing = project.flow(&["validate"]);
    assert!(
        missing
            .err
            .contains("help: the path is relative to the file that names it"),
        "{missing:#?}"
    );
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let folder = project.flow(&["validate"]);
    assert!(
        folder.code == Some(64) && folder.err.contains("is a folder, and should be a file"),
        "{folder:#?}"
    );
}

#[test]
fn five_mistakes_are_five_places() {
    let project = Project::new(
        r#"stage "dev" {
    server "web" {
        plan core=four memory=4
        disk size=100 os="ubuntu-24.04"
        colour "red"
    }
    r2-buckt "files"
    dns "example.jp" {
        record "www" type="A" value=server.wbe.ip
        record "old" type="AAA" value="192.0.2.1"
    }
}
"#,
    );
    for command in [
        &["validate"][..],
        &["plan"],
        &["up", "--yes"],
        &["down", "--yes"],
        &["status"],
    ] {
        let run = project.flow(command);
        assert_eq!(run.code, Some(64), "{run:#?}");
        assert!(run.out.is_empty(), "{run:#?}");
        let absolute = project.root().display().to_string();
        assert!(
            !run.err.contains(&absolute),
            "it is shown as the user knows it: {run:#?}"
        );
        for place in [
            "flow.kdl:3:",
            "flow.kdl:5:",
            "flow.kdl:7:",
            "flow.kdl:9:",
            "flow.kdl:10:",
        ] {
            assert!(run.err.contains(place), "{place} is missing: {run:#?}");
        }
    }
    assert!(
        !project.file(".fleetflow").exists(),
        "nothing is kept of a wrong file"
    );
}

#[test]
fn a_missing_variable_is_named_at_its_line() {
    let project = Project::new(
        "providers { cloudflare { account-id env=\"MY_ACCOUNT\" } }\nstage \"dev\" { kv-namespace \"cache\" }\n",
    );
    let run = project.in_sandbox(&["plan"]);
    assert_eq!(run.code, Some(64), "{run:#?}");
    assert!(
        run.err.contains("MY_ACCOUNT") && run.err.contains("flow.kdl:1:"),
        "{run:#?}"
    );
}

#[test]
fn without_credentials_everything_that_was_looked_at_is_named() {
    let project =
        Project::new(&SERVER.replace("stage \"dev\" {", "stage \"dev\" {\n kv-namespace \"cache\""));
    for command in [&["plan"][..], &["up", "--yes"], &["down", "--yes"], &["status"]] {
        let run = project.flow(command);
        assert_eq!(run.code, Some(3), "{run:#?}");
        for place in [
            "SAKURA_ACCESS_TOKEN",
            "~/.usacloud/default/config.json",
            "CLOUDFLARE_API_TOKEN",
        ] {
            assert!(run.err.contains(place), "{place} is missing: {run:#?}");
        }
    }
}

#[test]
fn only_what_the_stage_needs_is_asked_for() {
    let project = Project::new(SERVER);
    let run = project.flow(&["plan"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(!run.err.contains("CLOUDFLARE"), "{run:#?}");
}

#[test]
fn most_of_a_zone_goes_only_when_that_is_said() {
    let zone = |records: std::ops::Range<u8>| {
        let records: Vec<_> = records
            .map(|number| format!("        record \"r{number}\" type=\"A\" value=\"192.0.2.{number}\"\n"))
            .collect();
        format!(
            "stage \"dev\" {{\n    dns \"creo-memories.com\" {{\n{}    }}\n}}\n",
            records.concat()
        )
    };
    let project = Project::new(&zone(0..12));
    project.sandbox(&["up", "--yes"]);
    project.write(&zone(0..8));
    for command in [&["plan"][..], &["up", "--yes"]] {
        let run = project.in_sandbox(command);
        assert_eq!(run.code, Some(5), "{run:#?}");
        assert!(
            run.err.contains("4 of the 12 dns-records") && run.err.contains("--force-delete"),
            "{run:#?}"
        );
        assert_eq!(project.writes(), []);
    }
    project.sandbox(&["plan", "--force-delete"]);
    let out = project.sandbox(&["up", "--yes", "--force-delete"]);
    assert!(out.contains(": 4 deleted.\n"), "{out}");
    project.sandbox(&["down", "--yes"]);
}

#[test]
fn nobody_is_asked_where_nobody_is() {
    let project = Project::new(SERVER);
    for command in ["up", "down"] {
        let run = project.in_sandbox(&[command]);
        assert_eq!(run.code, Some(64), "{run:#?}");
        assert!(run.err.contains("--yes"), "{run:#?}");
    }
    assert!(!project.world().exists(), "it failed before anything was begun");
}

#[test]
fn a_protected_stage_is_named_once_more() {
    let project = Project::new(&SERVER.replace("stage \"dev\" {", "stage \"dev\" {\n protect #true"));
    let run = project.in_sandbox(&["up", "--yes"]);
    assert_eq!(run.code, Some(5), "{run:#?}");
    assert!(run.err.contains("--confirm-stage dev"), "{run:#?}");
    let run = project.in_sandbox(&["up", "--yes", "--confirm-stage", "prod"]);
    assert_eq!(run.code, Some(64), "{run:#?}");
    project.sandbox(&["up", "--yes", "--confirm-stage", "dev"]);
}

/// Someone who holds the lock of `folder` while `work` is done.
pub(crate) fn held_by_alice<T>(folder: std::path::PathBuf, work: impl FnOnce() -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = FolderStore::new(folder);
    let holder = Holder {
        who: "alice@desk, process 7".to_owned(),
        operation: "up".to_owned(),
        since: "2026-01-01T00:00:00Z".to_owned(),
    };
    let lease = runtime.block_on(store.acquire(holder)).unwrap();
    let done = work();
    runtime.block_on(store.release(lease)).unwrap();
    done
}

#[test]
fn a_locked_state_says_who_and_since_when() {
    let project = Project::new(SERVER);
    for folder in ["state/shop/dev", "turn"] {
        let run = held_by_alice(project.world().join(folder), || {
            project.in_sandbox(&["up", "--yes", "--lock-wait", "1s"])
        });
        assert_eq!(run.code, Some(6), "{run:#?}");
        for part in ["alice@desk", "2026-01-01T00:00:00Z", "--lock-wait"] {
            assert!(run.err.contains(part), "{part} is missing: {run:#?}");
        }
    }
    project.sandbox(&["up", "--yes"]);
}

#[test]
fn wrong_words_are_wrong_usage() {
    let project = Project::new(SERVER);
    for words in [
        &["frobnicate"][..],
        &["up", "--max-disruption", "total"],
        &["up", "a", "b"],
        &["plan", "prod"],
    ] {
        let run = project.flow(words);
        assert_eq!(run.code, Some(64), "{run:#?}");
    }
    let version = project.flow(&["--version"]);
    assert_eq!(version.code, Some(0));
    assert_eq!(
        version.out,
        concat!("fleetflow ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_machine_that_trusts_no_authority_is_told_so_once() {
    let run = Project::example()
        .command(&["plan", "dev"])
        .env("CF_ACCOUNT_ID", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
        .envs(
            [
                "CLOUDFLARE_API_TOKEN",
                "SAKURA_ACCESS_TOKEN",
                "SAKURA_ACCESS_TOKEN_SECRET",
            ]
            .map(|name| (name, "x")),
        )
        .envs(["SSL_CERT_FILE", "SSL_CERT_DIR"].map(|name| (name, "/nowhere")))
        .output()
        .unwrap();
    let run = Run::from(run);
    let told = run.err.matches("HTTPS cannot be used").count();
    assert!(told == 1 && run.err.contains("SSL_CERT_FILE"), "{run:#?}");
}

/// Also what is known only from other declarations, or once a declaration fits its type.
#[test]
fn all_mistakes_are_told_at_once() {
    let project = Project::new(
        r#"project "shop"
server "web" {
    zone "tk9z"
    plan cores=2 memory=4
    disk size="big" os="ubuntu-24.04"
}
server "app" {
    plan core=2
    disk size=20 os="ubuntu-24.04"
}
server "db" {
    plan core=2 memory=4
    disk size=20 os="ubuntu-24.04"
    packet-filter "wbe"
}
dns "example.jp" { record "www" type="A" value=server.wep.ip }
"#,
    );
    let run = project.flow(&["validate"]);
    assert_eq!(run.code, Some(64), "{run:#?}");
    for (told, place) in [
        ("there is no zone `tk9z`", "flow.kdl:3:"),
        ("unknown field `cores`", "flow.kdl:4:"),
        ("found text \"big\"", "flow.kdl:5:"),
        ("it has no zone", "flow.kdl:7:"),
        ("`memory` is missing", "flow.kdl:8:"),
        ("it has no zone", "flow.kdl:11:"),
        ("`wbe`", "flow.kdl:14:"),
        ("there is no `server.wep`", "flow.kdl:16:"),
    ] {
        assert!(
            run.err.contains(told) && run.err.contains(place),
            "{told} {place}: {run:#?}"
        );
    }
    assert!(run.err.contains("\n8 problems\n"), "each once: {run:#?}");
}

/// The first ones are drawn, and a line each is left of the others: a file may have thousands, of one and the same slip.
#[test]
fn many_mistakes_stay_short_and_none_is_left_out() {
    const MANY: usize = 5_000;
    let record = |number| format!("record \"r{number}\" type=\"A\" value=\"192.0.2.1\" ttl=-1\n");
    let records: String = (1..=MANY).map(record).collect();
    let project = Project::new(&format!("project \"shop\"\ndns \"example.jp\" {{\n{records}}}\n"));
    let run = project.flow(&["validate"]);
    assert_eq!(run.code, Some(64), "{}", run.err.len());
    let lines: Vec<_> = run.err.lines().collect();
    assert!(lines.len() < MANY + 600, "{} lines", lines.len());
    assert_eq!(run.err.matches("error[FF0141]: -1 is out of range").count(), 50);
    assert_eq!(
        run.err.matches(": -1 is out of range [FF0141]\n").count(),
        MANY - 50
    );
    // Record 51 stands in line 53.
    assert!(
        run.err
            .contains("\nflow.kdl:53:45: -1 is out of range [FF0141]\n"),
        "{}",
        lines[600]
    );
    assert_eq!(
        lines.last(),
        Some(&"5000 problems; `flow validate --json` tells all of them in full")
    );
    let all = project.flow(&["validate", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&all.out).unwrap();
    assert_eq!(all["problems"].as_array().map(Vec::len), Some(MANY));
}
