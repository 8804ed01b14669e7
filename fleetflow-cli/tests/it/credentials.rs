//! Credentials of SAKURA Cloud as its other tools keep them, with the program as it is without `--sandbox`: against a
//! served sandbox that a profile leads to.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::json;

use crate::sakura_client::Served;
use crate::support::{Project, Run};

const SHOP: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a"; }; }
stage "dev" {
    server "web" {
        plan core=1 memory=1
        disk size=20 os="debian-12"
    }
}
"#;

/// A project whose home folder has a profile that leads to a served sandbox.
struct Desk {
    project: Project,
    served: Served,
}

impl Desk {
    fn new() -> Self {
        let project = Project::new(SHOP);
        let served = Served::new(&project);
        Self { project, served }
    }

    fn variable(&self, name: &str) -> String {
        let all = &self.served.variables;
        let found = all.iter().find(|(known, _)| known == name);
        found
            .unwrap_or_else(|| panic!("{name} is not among {all:?}"))
            .1
            .clone()
    }

    /// Writes the profile `name` with this secret; others can read it where `mode` says so.
    fn profile(&self, name: &str, secret: &str, mode: u32) -> PathBuf {
        let folder = self.project.home().join(".usacloud").join(name);
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("config.json");
        let config = json!({
            "AccessToken": self.variable("SAKURA_ACCESS_TOKEN"),
            "AccessTokenSecret": secret,
            "APIRootURL": self.variable("SAKURA_API_ROOT_URL"),
        });
        fs::write(&file, config.to_string()).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    fn flow(&self, arguments: &[&str]) -> Run {
        self.project.flow(arguments)
    }
}

#[test]
fn a_profile_is_used_warned_about_and_named_when_it_is_refused() {
    let desk = Desk::new();
    let secret = desk.variable("SAKURA_ACCESS_TOKEN_SECRET");
    desk.profile("work", &secret, 0o644);
    let run = desk.flow(&["plan", "--profile", "work"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.out.contains("+    server.web  create"), "{run:#?}");
    assert!(
        run.err.contains("chmod 600 ~/.usacloud/work/config.json"),
        "{run:#?}"
    );
    assert!(!run.err.contains(&secret) || secret == "sandbox", "{run:#?}");

    desk.profile("work", &secret, 0o600);
    fs::write(desk.project.home().join(".usacloud/current"), "work\n").unwrap();
    let run = desk.flow(&["up", "--yes"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(!run.err.contains("chmod"), "{run:#?}");

    desk.profile("wrong", "not-it", 0o600);
    let run = desk.flow(&["down", "--yes", "--with-data", "--profile", "wrong"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    for part in [
        "the API key of the profile wrong is refused",
        "the provider's code unauthorized, request ",
        "help: check the access token and its secret",
    ] {
        assert!(run.err.contains(part), "`{part}` is missing: {run:#?}");
    }
    desk.project
        .edit("zone \"tk1a\";", "zone \"tk1a\"; profile \"wrong\";");
    let run = desk.flow(&["plan"]);
    assert!(
        run.err.contains("the API key of the profile wrong"),
        "the file names it: {run:#?}"
    );
    desk.project.edit(" profile \"wrong\";", "");
    let run = desk.flow(&["plan", "--profile", "wrok"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(
        run.err.contains("looked at:") && run.err.contains("~/.usacloud/wrok/config.json"),
        "{run:#?}"
    );
    let run = desk.flow(&["plan"]);
    assert!(run.out.contains("No changes."), "nothing was removed: {run:#?}");
    let run = desk.flow(&["down", "--yes", "--with-data"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
}

/// Two wrong credentials are two errors of one run, however each of them is wrong.
#[test]
fn what_is_wrong_with_each_cloud_is_told_at_once() {
    let desk = Desk::new();
    let shop = SHOP.replace("stage \"dev\" {", "stage \"dev\" {\n    r2-bucket \"uploads\"");
    desk.project.write(&shop);
    desk.profile("wrong", "not-it", 0o600);
    let base = (
        "CLOUDFLARE_API_BASE_URL",
        desk.variable("CLOUDFLARE_API_BASE_URL"),
    );
    let plan = |profile: &str, token: Option<&str>| {
        let mut command = desk.project.command(&["plan", "--profile", profile]);
        command.env(base.0, &base.1);
        command.envs(token.map(|token| ("CLOUDFLARE_API_TOKEN", token)));
        Run::from(command.output().unwrap())
    };
    let refused =
        "could not ask SAKURA Cloud whose the API key is: the API key of the profile wrong is refused";
    let unknown = "the profile wrok: ~/.usacloud/wrok/config.json";
    let wrong = "could not look for the Cloudflare account: Invalid access token";
    let missing = "there is no API token for Cloudflare";
    for (profile, token, told) in [
        (
            "wrong",
            Some("not-it-either-but-as-long-as-a-real-one"),
            [refused, wrong],
        ),
        ("wrong", None, [refused, missing]),
        (
            "wrok",
            Some("not-it-either-but-as-long-as-a-real-one"),
            [unknown, wrong],
        ),
        ("wrok", None, [unknown, missing]),
    ] {
        let run = plan(profile, token);
        assert_eq!(run.code, Some(3), "{run:#?}");
        for part in told {
            assert!(run.err.contains(part), "`{part}` is missing: {run:#?}");
        }
        assert_eq!(run.err.matches("  help: ").count(), 2, "{run:#?}");
        assert!(run.err.ends_with("2 problems\n"), "{run:#?}");
    }
}
