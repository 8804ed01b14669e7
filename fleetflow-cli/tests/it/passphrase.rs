//! A state in a bucket that a passphrase opens, with the program: the first machine, another one, and who has another passphrase,
//! an empty one or none.

use std::fs;

use crate::keeping::{Clouds, Machine, Service, files};
use crate::support::Run;

const PASSPHRASE: &str = "correct horse battery staple";
const NEXT: &str = "a horse of another colour";
const VARIABLE: &str = "FLEETFLOW_STATE_KEY";

const FILE: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a" } }
state "s3://states/team" { encrypt env="FLEETFLOW_STATE_KEY"; }
stage "dev" { switch "lan" }
"#;

/// That the run was refused with `words`, and told no passphrase.
fn assert_refused(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, Some(code), "{run:#?}");
    for word in words {
        assert!(run.err.contains(word), "{word:?} is missing: {run:#?}");
    }
    for secret in [PASSPHRASE, "tr0ub4dor"] {
        assert!(!run.err.contains(secret) && !run.out.contains(secret), "{run:#?}");
    }
}

#[test]
fn a_passphrase_opens_the_state_on_every_machine_and_another_one_changes_nothing() {
    let Some(service) = Service::start() else {
        return;
    };
    let clouds = Clouds::start();
    let machine = || Machine::new(&clouds, FILE, Some(&service));
    machine().knowing(VARIABLE, PASSPHRASE).succeeds(&["up", "--yes"]);
    let written: Vec<_> = files(&service.stage())
        .into_iter()
        .map(|file| (fs::read(&file).unwrap(), file))
        .collect();
    assert!(written.iter().any(|(_, file)| file.ends_with("identity.age")));
    for (content, file) in &written {
        assert!(
            content.starts_with(b"age-encryption.org/v1\n"),
            "{} can be read",
            file.display()
        );
    }
    // The second machine has it in a file beside its declaration.
    let second = machine();
    fs::write(
        second.project.file(".env.dev"),
        format!("{VARIABLE}={PASSPHRASE}\n"),
    )
    .unwrap();
    assert!(second.succeeds(&["plan"]).out.contains("No changes."));
    second.succeeds(&["up", "--yes", "-vv"]);
    refusals(&machine, &|| {
        files(&service.stage())
            .into_iter()
            .map(|file| (fs::read(&file).unwrap(), file))
            .collect()
    });
    assert!(second.succeeds(&["plan"]).out.contains("No changes."));
    let third = changed(&second, &machine);
    third.succeeds(&["down", "--yes"]);
}

/// Changes the passphrase: the one before opens nothing any more, also where a machine has it still. Answers a machine with the new one.
fn changed<'c>(second: &Machine<'c>, machine: &dyn Fn() -> Machine<'c>) -> Machine<'c> {
    let unset = second.flow(&["state", "passphrase", "--new-env", "SHOP_NEXT", "--yes"]);
    assert_refused(&unset, 64, &["`SHOP_NEXT` is not set", "help: export SHOP_NEXT"]);
    let mut environment = fs::read_to_string(second.project.file(".env.dev")).unwrap();
    environment += &format!("SHOP_NEXT={NEXT}\n");
    fs::write(second.project.file(".env.dev"), environment).unwrap();
    let nobody_asked = second.flow(&["state", "passphrase", "--new-env", "SHOP_NEXT"]);
    assert_refused(&nobody_asked, 64, &["--yes"]);
    let run = second.succeeds(&["state", "passphrase", "--new-env", "SHOP_NEXT", "--yes"]);
    assert!(
        run.out.contains("shop / dev is opened by what SHOP_NEXT holds"),
        "{run:#?}"
    );
    assert!(!format!("{run:?}").contains(NEXT), "{run:#?}");
    assert_refused(
        &second.flow(&["plan"]),
        3,
        &["the passphrase does not open", "changed to since"],
    );
    let third = machine().knowing(VARIABLE, NEXT);
    assert!(third.succeeds(&["plan"]).out.contains("No changes."));
    third
}

/// Whoever does not have it is told which one is wanted; nothing in the bucket changes.
fn refusals<'c>(machine: &dyn Fn() -> Machine<'c>, bucket: &dyn Fn() -> Vec<(Vec<u8>, std::path::PathBuf)>) {
    let before = bucket();
    let wrong = machine().knowing(VARIABLE, "tr0ub4dor & 3");
    for words in [
        &["plan"][..],
        &["up", "--yes"],
        &["state", "list"],
        &["state", "rebuild", "--yes"],
    ] {
        let said = [
            "error[FF0238]",
            "the passphrase does not open s3://states/team/shop/dev/identity.age",
            "help: give the passphrase that the state was first written with",
        ];
        assert_refused(&wrong.flow(words), 3, &said);
    }
    let empty = machine().knowing(VARIABLE, "");
    let run = empty.flow(&["up", "--yes"]);
    assert_refused(
        &run,
        if run.code == Some(64) { 64 } else { 3 },
        &["error[FF0", "help: "],
    );
    assert_refused(
        &machine().flow(&["plan"]),
        64,
        &["`FLEETFLOW_STATE_KEY` is not set", "help: "],
    );
    assert_eq!(
        bucket(),
        before,
        "somebody without the passphrase wrote to the bucket"
    );
}
