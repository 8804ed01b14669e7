//! Services of a real swarm, looked into with the program: logs of all replicas, a command with a terminal, and how they are,
//! also while one of the servers is dead. Nothing of it tells a join token.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fleetflow_sandbox::{Fault, Options, Sandbox, Times, Timings};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::{Project, Run};

/// The variable that names the folder with an engine for each address, as `scripts/swarm-for-tests.sh` prints it.
const REAL: &str = "FLEETFLOW_TEST_SWARM";
const IMAGE: &str = "fleetflow-inside:1";

const SHOP: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a" } }
stage "live" {
    server "node-1" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; deploy-services "shop" }
    server "node-2" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; deploy-services "shop" }
    server "node-3" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; deploy-services "shop" }
}
service-group "shop" mode="swarm" {
    service "web" {
        image "IMAGE"
        command "sh" "-c" "echo started; exec sleep 100000"
        replicas 3
        stop-grace-period "0s"
    }
}
"#;

/// A project, the emulated cloud that its servers are in, and the engines that they have.
struct Live {
    project: Project,
    sandbox: Sandbox,
    folder: PathBuf,
    // Last: what runs on it ends before.
    _runtime: Runtime,
}

impl Live {
    /// None, with the reason on standard error, where there are no engines.
    #[expect(clippy::print_stderr, reason = "a skipped test says why")]
    fn start() -> Option<Self> {
        let Some(folder) = std::env::var_os(REAL).map(PathBuf::from) else {
            eprintln!(
                "skipped: swarm of real engines: {REAL} names none; scripts/swarm-for-tests.sh starts them"
            );
            return None;
        };
        let sockets = sockets(&folder);
        sockets.values().for_each(|socket| image(socket));
        let options = Options {
            timings: Timings::INSTANT,
            real_engines: sockets,
            ..Options::default()
        };
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        Some(Self {
            project: Project::new(&SHOP.replace("IMAGE", IMAGE)),
            sandbox,
            folder,
            _runtime: runtime,
        })
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.project.command(words);
        command.envs(self.sandbox.environment()).env_remove("DOCKER_HOST");
        command
    }

    fn flow(&self, words: &[&str]) -> Run {
        self.command(words).output().unwrap().into()
    }

    fn succeeds(&self, words: &[&str]) -> Run {
        self.flow(words).succeeded(words)
    }

    /// The server of each replica of `web`, by number, as `status` tells it.
    fn servers(&self) -> BTreeMap<u64, String> {
        let run = self.succeeds(&["status", "--json"]);
        let document: Value = serde_json::from_str(&run.out).unwrap();
        let all = document["resources"].as_array().unwrap();
        let web = all
            .iter()
            .find(|one| one["address"] == "swarm-service.shop/web")
            .unwrap();
        let replicas = web["status"]["replicas"].as_array().unwrap();
        let running = replicas.iter().filter(|one| one["state"] == "running");
        let place = |one: &Value| {
            (
                one["replica"].as_u64().unwrap(),
                one["server"].as_str().unwrap().to_owned(),
            )
        };
        running.map(place).collect()
    }

    fn address(&self, server: &str) -> Ipv4Addr {
        let run = self.succeeds(&["outputs", &format!("server.{server}.ip")]);
        run.out.trim().parse().unwrap()
    }

    /// Does something to the engine at `address`.
    fn script(&self, act: &str, address: Ipv4Addr) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/swarm-for-tests.sh");
        let mut command = Command::new(script);
        command
            .args([act, &address.to_string()])
            .env("FLEETFLOW_TEST_SWARM_FOLDER", &self.folder);
        assert!(command.status().unwrap().success(), "{act} {address}");
    }
}

fn sockets(folder: &Path) -> BTreeMap<Ipv4Addr, String> {
    let folders = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let engine = |path: PathBuf| {
        let address = path.file_name()?.to_str()?.parse().ok()?;
        Some((address, format!("unix://{}", path.join("docker.sock").display())))
    };
    folders.filter_map(engine).collect()
}

fn docker(socket: &str, words: &[&str]) -> String {
    let mut command = Command::new("docker");
    let done = command
        .args(["--host", socket])
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(done.status.success(), "docker {words:?}: {done:?}");
    String::from_utf8(done.stdout).unwrap()
}

/// An image with a shell in it.
fn image(socket: &str) {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::copy("/bin/busybox", bin.join("busybox")).unwrap();
    for name in ["sh", "sleep"] {
        std::os::unix::fs::symlink("busybox", bin.join(name)).unwrap();
    }
    let archive = folder.path().join("all.tar");
    let mut tar = Command::new("tar");
    tar.arg("-C")
        .arg(folder.path())
        .arg("-cf")
        .arg(&archive)
        .arg("bin");
    assert!(tar.status().unwrap().success());
    docker(socket, &["import", &archive.display().to_string(), IMAGE]);
}

/// The lines that the replicas at `servers` log.
fn lines(servers: &BTreeMap<u64, String>) -> BTreeSet<String> {
    let line = |(number, server): (&u64, &String)| format!("{server}/shop/web/{number} | started");
    servers.iter().map(line).collect()
}

fn set(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn services_of_a_swarm_are_looked_into_while_servers_live_and_die() {
    let Some(live) = Live::start() else { return };
    let up = live.succeeds(&["up", "--yes", "-vv"]);
    tells_no_token(&live, &up);
    let servers = live.servers();
    assert_eq!(servers.len(), 3, "{servers:?}");
    logs(&live, &servers);
    exec(&live, &servers);
    // Not the one that leads: voting for another one takes time that proves nothing here.
    let (number, dead) = servers.iter().find(|(_, server)| *server != "node-1").unwrap();
    let address = live.address(dead);
    survives(&live, *number, dead);
    live.succeeds(&["down", "--yes", "--with-data"]);
    goes_home(&live, address);
}

fn logs(live: &Live, servers: &BTreeMap<u64, String>) {
    let all = live.succeeds(&["logs"]);
    assert_eq!(set(&all.out), lines(servers), "{all:#?}");
    let timed = live.succeeds(&["logs", "--timestamps"]).out;
    let times: Vec<_> = timed.lines().map(|line| line.split(' ').nth(2)).collect();
    assert!(times.len() == 3 && times.is_sorted(), "{timed}");
    // One replica, one server.
    let second = servers.iter().filter(|(number, _)| **number == 2);
    let second: BTreeMap<_, _> = second.map(|(number, server)| (*number, server.clone())).collect();
    assert_eq!(set(&live.succeeds(&["logs", "web/2"]).out), lines(&second));
    assert_eq!(set(&live.succeeds(&["logs", &servers[&2]]).out), lines(&second));
    let wrong = live.flow(&["logs", "node-9"]);
    assert_eq!(wrong.code, Some(64), "{wrong:#?}");
}

fn exec(live: &Live, servers: &BTreeMap<u64, String>) {
    for server in servers.values() {
        let run = live.flow(&["exec", server, "--", "sh", "-c", "echo in; exit 7"]);
        assert_eq!((run.code, run.out.as_str()), (Some(7), "in\n"), "{run:#?}");
    }
    let several = live.flow(&["exec", "web", "--", "true"]);
    assert_eq!(several.code, Some(64), "{several:#?}");
    let named = format!("{}/shop/web/1", servers[&1]);
    assert!(several.err.contains(&named), "{several:#?}");
    // `script` gives the program a terminal.
    let flow = live.command(&[
        "exec",
        &named,
        "--",
        "sh",
        "-c",
        "[ -t 0 ] && [ -t 1 ] && echo terminal",
    ]);
    let words = std::iter::once(flow.get_program()).chain(flow.get_args());
    let words: Vec<String> = words
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let mut command = Command::new("script");
    command
        .args(["-qec", &words.join(" "), "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.current_dir(live.project.root()).env_clear();
    command.envs(flow.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut running = command.spawn().unwrap();
    // Its end would be typed into the terminal.
    let open = running.stdin.take();
    let run = Run::from(running.wait_with_output().unwrap());
    drop(open);
    assert_eq!((run.code, run.out.trim()), (Some(0), "terminal"), "{run:#?}");
}

/// The log is followed while a server dies; afterwards everything is told, and reached, where it runs then.
fn survives(live: &Live, number: u64, dead: &str) {
    let output = live.project.root().join("followed");
    let mut follow = live.command(&["logs", "web", "--follow"]);
    let mut follow = follow
        .stdout(std::fs::File::create(&output).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let followed = |wanted: usize| {
        let began = Instant::now();
        loop {
            let text = std::fs::read_to_string(&output).unwrap();
            if text.lines().count() >= wanted {
                return text;
            }
            assert!(
                began.elapsed() < Duration::from_secs(90),
                "{wanted} lines: {text}"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    followed(3);
    live.script("kill", live.address(dead));
    let text = followed(4);
    let moved = text.lines().last().unwrap();
    assert!(
        moved.ends_with(&format!("/shop/web/{number} | started")) && !moved.starts_with(dead),
        "{text}"
    );
    follow.kill().unwrap();
    follow.wait().unwrap();

    let status = live.succeeds(&["status"]);
    assert!(
        status
            .out
            .lines()
            .any(|line| line.starts_with("!!") && line.contains(dead)),
        "{status:#?}"
    );
    let servers = live.servers();
    assert_eq!(servers.len(), 3, "{status:#?}");
    assert!(!servers.values().any(|server| server == dead), "{servers:?}");
    let logs = live.succeeds(&["logs", "web"]);
    assert_eq!(set(&logs.out), lines(&servers), "{logs:#?}");
    assert!(
        logs.err
            .contains(&format!("not heard: {dead}/shop/web/{number}: ")),
        "{logs:#?}"
    );
    let run = live.flow(&["exec", &format!("web/{number}"), "--", "sh", "-c", "exit 3"]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    let nothing = live.flow(&["exec", dead, "--", "true"]);
    assert_eq!(nothing.code, Some(1), "{nothing:#?}");
}

/// The dead one did not hear that the stage is gone: it leaves by hand, as its owner would.
fn goes_home(live: &Live, dead: Ipv4Addr) {
    for (address, socket) in sockets(&live.folder) {
        if address == dead {
            live.script("revive", dead);
            docker(&socket, &["swarm", "leave", "--force"]);
        }
        assert_eq!(
            docker(&socket, &["info", "--format", "{{.Swarm.LocalNodeState}}"]).trim(),
            "inactive"
        );
    }
}

/// Neither of the swarm's two tokens is in what was printed, nor in any file of the project.
fn tells_no_token(live: &Live, run: &Run) {
    let sockets = sockets(&live.folder);
    let socket = sockets.values().next().unwrap();
    for role in ["worker", "manager"] {
        let token = docker(socket, &["swarm", "join-token", "--quiet", role]);
        let token = token.trim();
        assert!(token.starts_with(TOKEN), "{token}");
        let read = is_nowhere(token, &live.project, run);
        assert!(read > 3, "the state is among what was read");
    }
}

/// How join tokens begin.
const TOKEN: &str = "SWMTKN-";

/// How many files were read for it.
fn is_nowhere(token: &str, project: &Project, run: &Run) -> usize {
    assert!(
        !run.out.contains(token) && !run.err.contains(token),
        "{token}: {run:#?}"
    );
    let mut files = vec![project.root(), project.home()];
    let mut read = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            let inside = std::fs::read_dir(path).unwrap();
            files.extend(inside.map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        read += 1;
        assert!(!text.contains(token), "{token}: {}", path.display());
    }
    read
}

#[test]
fn join_tokens_are_told_nowhere_also_when_a_server_cannot_join() {
    let runtime = Runtime::new().unwrap();
    let options = Options {
        timings: Timings::INSTANT,
        ..Options::default()
    };
    let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
    let project = Project::new(&SHOP.replace("IMAGE", "nginx:1.27"));
    let flow = |words: &[&str]| {
        let mut command = project.command(words);
        command.envs(sandbox.environment()).env_remove("DOCKER_HOST");
        let run = Run::from(command.output().unwrap());
        is_nowhere(TOKEN, &project, &run);
        run
    };
    let join = Fault::answer(500)
        .method("POST")
        .path("/swarm/join$")
        .times(Times::First(1));
    sandbox.add_fault(join).unwrap();
    assert_eq!(flow(&["plan", "-vv", "--out", "saved.json"]).code, Some(0));
    let refused = flow(&["up", "--plan", "saved.json", "--yes", "--json", "-vv"]);
    assert_eq!(refused.code, Some(4), "{refused:#?}");
    assert!(refused.out.contains("join the swarm on ssh:"), "{refused:#?}");
    assert!(
        refused.err.contains("/swarm/join"),
        "its requests are logged: {refused:#?}"
    );
    assert_eq!(flow(&["up", "--yes", "--json", "-vv"]).code, Some(0));
    for words in [
        &["status", "--json"][..],
        &["state", "history"],
        &["state", "show", "swarm-node.node-2"],
        &["plan", "--json"],
    ] {
        assert_eq!(flow(words).code, Some(0), "{words:?}");
    }
    assert!(
        project.file(".fleetflow/state").exists(),
        "the state is among what was read"
    );
    let log = format!("{:?}", sandbox.log());
    assert!(
        log.contains("/swarm/join") && !log.contains(TOKEN),
        "the emulated clouds log none either"
    );
    let world = serde_json::to_string(&sandbox.world()).unwrap();
    assert!(world.contains(TOKEN), "there are some");
}
