//! The official service library of SAKURA Cloud, the one that its own command line is made of, against `flow sandbox
//! serve`: it leads a server through a whole life, and sees what FleetFlow shows. With `FLEETFLOW_TEST_CLIENTS=1` a
//! program of ours on that library is built with Go below the target folder; without it the test is skipped.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Project, Run, lines};

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0Q9zZ4W6s0m0P3r9V0bJb0m0gJmXw3T3mS6v7S8n9L deploy@example";

const SHOP: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a"; }; }
stage "dev" {
    ssh-key "ops" public-key="KEY"
    server "web" {
        plan core=2 memory=4
        disk size=20 os="ubuntu-24.04"
        disk size=40 name="data" encryption="aes256-xts"
        tags "front"
    }
    server "db" {
        plan core=1 memory=1
        disk size=20 os="debian-12"
    }
}
"#;

/// The program, built; or why not.
fn client() -> Option<PathBuf> {
    if std::env::var_os("FLEETFLOW_TEST_CLIENTS").is_none_or(|value| value != "1") {
        eprintln!(
            "skipped: SAKURA Cloud's service library: not asked without FLEETFLOW_TEST_CLIENTS=1, because that builds it"
        );
        return None;
    }
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients/sakura-client");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sakura_client");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(source)
        .output();
    match built {
        Ok(built) if built.status.success() => Some(program),
        Ok(built) => {
            let said = String::from_utf8_lossy(&built.stderr);
            let reason = said
                .lines()
                .rfind(|line| !line.trim().is_empty())
                .unwrap_or("no reason given");
            eprintln!("skipped: SAKURA Cloud's service library: it cannot be built: {reason}");
            None
        }
        Err(error) => {
            eprintln!("skipped: SAKURA Cloud's service library: there is no Go: {error}");
            None
        }
    }
}

/// `flow sandbox serve`, and the variables that it prints.
pub(crate) struct Served {
    child: Child,
    pub(crate) variables: Vec<(String, String)>,
}

impl Served {
    pub(crate) fn new(project: &Project) -> Self {
        let mut child = project
            .command(&["sandbox", "serve", "--port", "0"])
            .spawn()
            .unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let exports = printed.map_while(|line| {
            let line = line.unwrap();
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        // The last of them; the program goes on.
        let mut variables = Vec::new();
        for variable in exports {
            let is_last = variable.0 == "DOCKER_HOST";
            variables.push(variable);
            if is_last {
                break;
            }
        }
        Self { child, variables }
    }

    fn run(&self, mut command: Command) -> Run {
        let own = self.variables.iter().filter(|(name, _)| name != "DOCKER_HOST");
        let ran = command
            .envs(own.map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let run = Run::from(ran);
        assert_eq!(run.code, Some(0), "{command:?}: {run:#?}");
        run
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has noticed by then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The servers of FleetFlow's status, as the client prints them.
fn shown(status: &Value) -> Vec<Value> {
    let resources = status["resources"].as_array().unwrap();
    let servers = resources
        .iter()
        .filter(|row| row["address"].as_str().unwrap().starts_with("server."));
    let mut shown: Vec<_> = servers
        .map(|row| {
            json!({
                "id": row["id"], "power": row["status"]["power"], "plan": row["status"]["plan"],
                "ip": row["outputs"]["ip"], "created": row["status"]["created"],
            })
        })
        .collect();
    shown.sort_by_key(ToString::to_string);
    shown
}

fn listed(listed: &Value) -> Vec<Value> {
    let servers = listed["servers"].as_array().unwrap();
    let row = |row: &Value| {
        json!({
            "id": row["id"], "power": row["power"], "plan": format!("{} core {} GiB", row["core"], row["gib"]),
            "ip": row["ip"], "created": row["created"],
        })
    };
    let mut all: Vec<_> = servers.iter().map(row).collect();
    all.sort_by_key(ToString::to_string);
    all
}

/// The disk of that name among what the client saw.
fn disk<'a>(seen: &'a Value, name: &str) -> &'a Value {
    let disks = seen["disks"].as_array().unwrap();
    disks.iter().find(|disk| disk["name"] == name).unwrap()
}

/// The power of the server that the client made itself; nothing once it is gone.
fn power_of_theirs(seen: &Value) -> Option<Value> {
    let servers = seen["servers"].as_array().unwrap();
    let theirs = servers.iter().find(|server| server["name"] == "theirs")?;
    Some(theirs["power"].clone())
}

#[test]
fn the_official_library_lives_with_the_emulated_cloud_and_sees_what_we_show() {
    let Some(program) = client() else { return };
    let project = Project::new(&SHOP.replace("KEY", KEY));
    let served = Served::new(&project);
    let flow = |arguments: &[&str]| served.run(project.command(arguments)).out;
    let theirs = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).env_clear().env("HOME", project.root());
        command.stdin(Stdio::null());
        lines(&served.run(command).out)
    };
    let status = || serde_json::from_str::<Value>(&flow(&["status", "--json"])).unwrap();
    flow(&["up", "--yes"]);

    let there = &theirs(&["list"])[0];
    assert_eq!(listed(there), shown(&status()));
    assert_eq!(there["servers"].as_array().unwrap().len(), 2);
    let data = disk(there, "data");
    assert_eq!(
        (&data["gib"], &data["encryption"]),
        (&json!(40), &json!("aes256_xts"))
    );
    let outputs: Value = serde_json::from_str(&flow(&["outputs", "--json"])).unwrap();
    let fingerprint = &there["keys"][0]["fingerprint"];
    assert!(
        outputs.to_string().contains(fingerprint.as_str().unwrap()),
        "{outputs}"
    );

    theirs(&["power-off", "web"]);
    assert_eq!(listed(&theirs(&["list"])[0]), shown(&status()));
    let plan = flow(&["plan"]);
    assert!(plan.contains("it is powered off; it is started"), "{plan}");
    flow(&["up", "--yes"]);

    let life = theirs(&["life", &KEY.replace("L0Q9", "L0Q8")]);
    let powers: Vec<_> = life.iter().map(power_of_theirs).collect();
    assert_eq!(
        powers,
        [Some(json!("up")), Some(json!("down")), Some(json!("up")), None]
    );
    assert_eq!(
        listed(&theirs(&["list"])[0]),
        shown(&status()),
        "it left ours alone"
    );

    flow(&["down", "--yes", "--with-data"]);
    assert_eq!(
        theirs(&["list"])[0],
        json!({"servers": [], "disks": [], "keys": []})
    );
}
