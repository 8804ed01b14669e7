//! `logs`, `exec` and `ssh` against a service and a server that run.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::Project;

const SERVICES: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a" } }
stage "dev" {
    server "box" {
        plan core=1 memory=1
        disk size=20 os="ubuntu-24.04"
        deploy-services "shop"
    }
}
service-group "shop" {
    service "hello" { image "busybox:1.36"; command "sh" "-c" "echo hello from it"; restart "no" }
    service "idle" { image "busybox:1.36"; command "sleep" "3600" }
}
"#;

#[test]
fn a_running_service_is_looked_into() {
    let project = Project::new(SERVICES);
    project.sandbox(&["up", "--yes"]);
    logs(&project);
    exec(&project);
    ssh(&project);
}

fn logs(project: &Project) {
    assert_eq!(project.sandbox(&["logs", "hello"]), "hello from it\n");
    let all = project.sandbox(&["logs", "--tail", "1", "--color", "always"]);
    let plain = console::strip_ansi_codes(&all);
    assert!(plain.contains("box/shop/hello | hello from it\n"), "{all}");
    assert_ne!(plain, all, "the names have colours");
    assert_eq!(project.sandbox(&["logs", "shop", "--tail", "0"]), "");
    for since in ["1h", "2020-01-01T00:00:00Z"] {
        assert_eq!(
            project.sandbox(&["logs", "hello", "--since", since]),
            "hello from it\n"
        );
    }
    let (now, later) = (jiff::Timestamp::now(), jiff::SignedDuration::from_hours(1));
    assert_eq!(
        project.sandbox(&["logs", "hello", "--since", &(now + later).to_string()]),
        ""
    );
    let wrong = project.in_sandbox(&["logs", "--since", "monday"]);
    assert_eq!(wrong.code, Some(64), "{wrong:#?}");
    let said =
        "`--since <SPAN|TIME>` cannot be `monday`: write a span such as 10m, 2h or 1d, or a time in RFC 3339";
    assert!(wrong.err.replace("\n    ", " ").contains(said), "{wrong:#?}");
    let wrong = project.in_sandbox(&["logs", "helo"]);
    assert_eq!(wrong.code, Some(64), "{wrong:#?}");
    assert!(wrong.err.contains("did you mean `hello`?"), "{wrong:#?}");
}

fn exec(project: &Project) {
    let run = project.flow(&["--sandbox", "exec", "idle", "--", "echo", "a  b"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "a  b\n"), "{run:#?}");
    for (line, code) in [("exit 7", 7), ("true", 0)] {
        let run = project.flow(&["--sandbox", "exec", "shop/idle", "--", "sh", "-c", line]);
        assert_eq!(run.code, Some(code), "{run:#?}");
    }
    let mut copying = project
        .command(&["--sandbox", "exec", "box/shop/idle", "--", "cat"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    copying.stdin.take().unwrap().write_all(b"\xff\x00typed").unwrap();
    let copied = copying.wait_with_output().unwrap();
    assert_eq!(
        (copied.status.code(), copied.stdout),
        (Some(0), b"\xff\x00typed".to_vec())
    );
    let several = project.flow(&["--sandbox", "exec", "shop", "--", "true"]);
    assert_eq!(several.code, Some(64), "{several:#?}");
    assert!(
        several.err.contains("box/shop/hello, box/shop/idle"),
        "{several:#?}"
    );
}

fn ssh(project: &Project) {
    let run = project.flow(&["--sandbox", "ssh", "box", "--", "hostname"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "box\n"), "{run:#?}");
    let run = project.flow(&["--sandbox", "ssh", "server.box", "--", "false"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let hosts = project.world().join("keys/shop/dev/known_hosts");
    let text = std::fs::read_to_string(&hosts).unwrap();
    let start = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI";
    let at = text.find(start).unwrap() + start.len() + 5;
    let letter = if &text[at..=at] == "A" { "B" } else { "A" };
    std::fs::write(&hosts, format!("{}{letter}{}", &text[..at], &text[at + 1..])).unwrap();
    let run = project.flow(&["--sandbox", "ssh", "box", "--", "true"]);
    assert_eq!(run.code, Some(255), "another machine is not let in: {run:#?}");
    std::fs::write(&hosts, text).unwrap();
    let wrong = project.flow(&["--sandbox", "ssh", "bax"]);
    assert_eq!(wrong.code, Some(64), "{wrong:#?}");
}
