//! The key that servers let in, with a state in a bucket of a real S3 service and several machines: it travels where the state is
//! encrypted, and only there.

use std::fs;

use crate::keeping::{Clouds, Machine, Service, files};

/// Keys as `age-keygen` makes them; a passphrase would cost each run of a debug build half a minute.
const STATE_KEY: &str = "AGE-SECRET-KEY-1W6FV8TF4GZACQ0QZPVAWUEKD3ZR3YV35AGXXUU2RCZKAW0L5X8KSKJUVF7";
const OTHER_KEY: &str = "AGE-SECRET-KEY-18LZVELN5TPCW9SXENACLXRLSV4KGMMW5RNQA057NW6CDHE59UTESCVP7TP";

/// A server whose engine is reached with the stage's own key.
const SERVER: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a" } }
state "s3://states/team" ENCRYPT
service-group "front" { service "web" { image "nginx:1.27"; }; }
stage "dev" {
    server "web" {
        plan core=1 memory=1
        disk size=20 os="ubuntu-24.04"
        deploy-services "front"
    }
}
"#;

#[test]
fn the_deploy_key_travels_with_an_encrypted_state_and_rests_nowhere_readable() {
    let Some(service) = Service::start() else {
        return;
    };
    let clouds = Clouds::start();
    let encrypted = SERVER.replace("ENCRYPT", "{ encrypt env=\"FLEETFLOW_STATE_KEY\"; }");
    let machine = || Machine::new(&clouds, &encrypted, Some(&service));
    let first = machine().knowing("FLEETFLOW_STATE_KEY", STATE_KEY);
    first.succeeds(&["up", "--yes", "-vv"]);
    let key = fs::read_to_string(first.key()).unwrap();
    let objects = files(&service.stage());
    assert!(
        objects
            .iter()
            .any(|object| object.ends_with("secrets/deploy_key")),
        "{objects:?}"
    );
    for object in &objects {
        let content = fs::read(object).unwrap();
        assert!(
            content.starts_with(b"age-encryption.org/v1\n"),
            "{}",
            object.display()
        );
        let content = String::from_utf8_lossy(&content).into_owned();
        for line in key
            .lines()
            .skip(2)
            .chain([STATE_KEY, "planted-s3-secret", "nginx"])
        {
            assert!(!content.contains(line), "{} tells {line}", object.display());
        }
    }
    // Another machine has what the first has: it reaches the servers without another word.
    let second = machine().knowing("FLEETFLOW_STATE_KEY", STATE_KEY);
    let plan = second.succeeds(&["plan"]);
    assert!(
        plan.out.contains("No changes.") && !plan.err.contains("warning"),
        "{plan:#?}"
    );
    assert_eq!(fs::read_to_string(second.key()).unwrap(), key);
    second.project.edit("nginx:1.27", "nginx:1.28");
    let run = second.succeeds(&["up", "--yes", "-vv"]);
    for said in [&plan.out, &plan.err, &run.out, &run.err] {
        assert!(!said.contains("planted") && !said.contains(STATE_KEY), "{said}");
    }
    strangers(&clouds, &service, &encrypted);
    first.project.edit("nginx:1.27", "nginx:1.28");
    first.succeeds(&["down", "--yes", "--with-data"]);
}

/// One without the key is told what to give, and one with another that it is another.
fn strangers(clouds: &Clouds, service: &Service, encrypted: &str) {
    let machine = || Machine::new(clouds, encrypted, Some(service));
    let third = machine();
    let run = third.flow(&["plan"]);
    assert_eq!(run.code, Some(64), "{run:#?}");
    assert!(run.err.contains("`FLEETFLOW_STATE_KEY` is not set"), "{run:#?}");
    let fourth = machine().knowing("FLEETFLOW_STATE_KEY", OTHER_KEY);
    let run = fourth.flow(&["up", "--yes"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(
        run.err.contains("does not open") && !run.err.contains(OTHER_KEY),
        "{run:#?}"
    );
    let open = SERVER.replace("ENCRYPT", "");
    let fifth = Machine::new(clouds, &open, Some(service));
    let run = fifth.flow(&["up", "--yes"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(
        run.err.contains("is encrypted") && run.err.contains("encrypt env="),
        "{run:#?}"
    );
    for machine in [&third, &fourth, &fifth] {
        assert!(!machine.key().exists(), "a key that opens nothing was made");
    }
}

#[test]
fn without_encryption_a_second_machine_is_told_which_file_it_lacks() {
    let Some(service) = Service::start() else {
        return;
    };
    let clouds = Clouds::start();
    let first = Machine::new(&clouds, &SERVER.replace("ENCRYPT", ""), Some(&service));
    first.succeeds(&["up", "--yes"]);
    let key = fs::read_to_string(first.key()).unwrap();
    for object in files(&service.stage()) {
        let content = String::from_utf8_lossy(&fs::read(&object).unwrap()).into_owned();
        assert!(
            key.lines().skip(2).all(|line| !content.contains(line)),
            "{}",
            object.display()
        );
    }
    let second = Machine::new(&clouds, &SERVER.replace("ENCRYPT", ""), Some(&service));
    let run = second.flow(&["plan"]);
    assert_ne!(run.code, Some(0), "{run:#?}");
    for part in [
        "let in a key that this machine does not have",
        "help: copy ",
        "deploy_key from the machine that made them",
    ] {
        assert!(run.err.contains(part), "`{part}` is missing: {run:#?}");
    }
    fs::create_dir_all(second.key().parent().unwrap()).unwrap();
    fs::copy(first.key(), second.key()).unwrap();
    assert!(second.succeeds(&["plan"]).out.contains("No changes."));
}
