//! The ways into servers that OpenSSH's settings describe, on real SSH servers: agents, aliases, keys and jump hosts.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fleetflow_core::ErrorKind;
use fleetflow_core::docker::{Engines, EnginesBuilder, SshConfig};
use tempfile::TempDir;

use super::machines::{Bench, Process};
use super::swarm::addresses;

/// A folder with keys and settings, and an agent.
struct Home {
    folder: TempDir,
    agent: Child,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (kind, name) in [("ed25519", "own"), ("rsa", "old"), ("ed25519", "other")] {
            let file = folder.path().join(name);
            run(Command::new("ssh-keygen")
                .args(["-q", "-t", kind, "-N", "", "-f"])
                .arg(file));
        }
        let socket = folder.path().join("agent.sock");
        let agent = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while !socket.exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { folder, agent }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn public(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap()
    }

    fn add_to_agent(&self, name: &str) {
        let mut add = Command::new("ssh-add");
        add.arg("-q")
            .arg(self.path(name))
            .env("SSH_AUTH_SOCK", self.path("agent.sock"));
        run(&mut add);
    }

    fn settings(&self, text: &str) -> SshConfig {
        let text = text.replace("HOME", &self.folder.path().display().to_string());
        std::fs::write(self.path("config"), text).unwrap();
        SshConfig::of_home(self.folder.path()).file(self.path("config"))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.agent.kill().unwrap();
        self.agent.wait().unwrap();
    }
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {done:?}");
}

/// From now on the servers let nobody in but the owners of `keys`.
fn open_to(bench: &Bench, keys: &[String]) {
    for address in addresses(&bench.servers).keys() {
        let file = bench.servers.join(address.to_string()).join("authorized_keys");
        std::fs::write(file, keys.concat()).unwrap();
    }
}

fn process(bench: &Bench, engines: EnginesBuilder) -> Process {
    let engines = engines.host_keys(bench.keys.clone()).build();
    Process::with(
        engines,
        &bench.sandbox.sakura_root_url(),
        bench.folder.path(),
        &deploy_key(bench.folder.path()),
    )
}

fn deploy_key(folder: &Path) -> String {
    let text = std::fs::read_to_string(folder.join("key")).unwrap();
    let key = fleetflow_core::docker::KeyPair::from_private(text.into()).unwrap();
    key.public().to_owned()
}

/// What everything is left as: `fleetflow-test:2` runs, and nothing is to be done.
async fn assert_looks(process: &Process) {
    let plan = process.stack("fleetflow-test:2", "true").plan().await.unwrap();
    assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:#?}");
}

pub(super) async fn the_settings_of_openssh_lead_there(bench: &Bench) {
    let home = Home::new();
    let before: Vec<_> = bench.keys.0.lock().unwrap().clone().into_iter().collect();
    agents_open_servers(bench, &home).await;
    settings_name_keys(bench, &home).await;
    servers_are_reached_through_another(bench, &home).await;
    a_jump_host_shows_the_key_that_openssh_knows(bench, &home).await;
    a_command_may_be_the_way(bench, &home).await;
    let after: Vec<_> = bench.keys.0.lock().unwrap().clone().into_iter().collect();
    assert_eq!(
        after, before,
        "what OpenSSH knows need not be learned, and servers keep their keys"
    );
    open_to(bench, &[deploy_key(bench.folder.path())]);
    bench.logins();
}

async fn agents_open_servers(bench: &Bench, home: &Home) {
    open_to(bench, &[home.public("old")]);
    let with_agent = || process(bench, Engines::builder().agent(home.path("agent.sock")));
    home.add_to_agent("other");
    let error = with_agent()
        .stack("fleetflow-test:2", "true")
        .plan()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error:?}");
    assert!(error.to_string().contains("tried the agent's key"), "{error}");
    home.add_to_agent("old");
    bench.logins();
    assert_looks(&with_agent()).await;
    assert_eq!(bench.logins(), [1, 1, 1], "an RSA key of the agent");
}

async fn settings_name_keys(bench: &Bench, home: &Home) {
    open_to(bench, &[home.public("own")]);
    let settings = "Host 203.0.113.*\n  IdentityFile ~/own\n  IdentitiesOnly yes\n";
    let named = || Engines::builder().ssh_config(home.settings(settings));
    assert_looks(&process(bench, named())).await;
    assert_eq!(bench.logins(), [1, 1, 1], "a key that the settings name");

    // The agent has `old`, which would be let in; but only keys among the files are asked of it.
    open_to(bench, &[home.public("old")]);
    let only = process(bench, named().agent(home.path("agent.sock")));
    let error = only.stack("fleetflow-test:2", "true").plan().await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("/own") && !text.contains("agent's key"), "{text}");
    let both = settings.replace(
        "IdentityFile ~/own",
        "IdentityFile ~/own\n  IdentityFile ~/old.pub",
    );
    let both = Engines::builder().ssh_config(home.settings(&both));
    assert_looks(&process(bench, both.agent(home.path("agent.sock")))).await;
}

/// Two servers through the third, which is an alias; nothing comes to them from elsewhere.
async fn servers_are_reached_through_another(bench: &Bench, home: &Home) {
    let all: Vec<String> = addresses(&bench.servers)
        .keys()
        .map(ToString::to_string)
        .collect();
    open_to(bench, &[home.public("own")]);
    let settings = format!(
        "Host bastion\n  HostName {}\n  User root\nHost {} {}\n  ProxyJump bastion\nHost *\n  IdentityFile ~/own\n",
        all[0], all[1], all[2]
    );
    let through = process(bench, Engines::builder().ssh_config(home.settings(&settings)));
    let froms = |address: &str| {
        let log = std::fs::read_to_string(bench.servers.join(address).join("sshd.log")).unwrap();
        let logins = log.lines().filter(|line| line.contains("Accepted publickey"));
        let from = |line: &str| {
            let rest = line.split(" from ").nth(1).unwrap();
            rest.split(' ').next().unwrap().to_owned()
        };
        logins.map(from).collect::<Vec<_>>()
    };
    bench.logins();
    assert_looks(&through).await;
    let twice = ["203.0.113.1", "203.0.113.1"];
    assert_eq!(
        froms(&all[0]),
        twice,
        "the server itself, and one jump for both others"
    );
    for address in &all[1..] {
        assert_eq!(froms(address), [all[0].clone()]);
    }
    assert_eq!(through.engines.connections(), 4);
}

/// An SSH server of its own, whose key OpenSSH knows: it is believed, and another key in its place is not.
async fn a_jump_host_shows_the_key_that_openssh_knows(bench: &Bench, home: &Home) {
    let bastion = Bastion::start(home);
    let settings = "Host bastion\n  HostName 127.0.0.1\n  Port 2222\n  User root\n  UserKnownHostsFile HOME/known_hosts\n\
                    Host 203.*\n  ProxyJump bastion\nHost *\n  IdentityFile ~/own\n";
    let through = |key: &str| {
        let known = format!("other.example ssh-ed25519 AAAA\n[127.0.0.1]:2222 {key}");
        std::fs::write(home.path("known_hosts"), known).unwrap();
        process(bench, Engines::builder().ssh_config(home.settings(settings)))
    };
    let process = through(&home.public("host"));
    assert_looks(&process).await;
    assert_eq!(
        (bastion.logins(), process.engines.connections()),
        (1, 4),
        "one for all three"
    );

    let betrayed = through(&home.public("other"));
    let error = betrayed
        .stack("fleetflow-test:2", "true")
        .plan()
        .await
        .unwrap_err();
    let text = format!("{error:?}");
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{text}");
    assert!(text.contains("[127.0.0.1]:2222 shows the key SHA256:"), "{text}");
    let way_out = format!(
        "ssh-keygen -R '[127.0.0.1]:2222' -f {}",
        home.path("known_hosts").display()
    );
    assert!(text.contains(&way_out), "{text}");
}

struct Bastion(Child, PathBuf);

impl Bastion {
    fn start(home: &Home) -> Self {
        run(Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(home.path("host")));
        std::fs::create_dir_all("/run/sshd").unwrap();
        let log = home.path("bastion.log");
        let child = Command::new("/usr/sbin/sshd")
            .args([
                "-D",
                "-f",
                "/dev/null",
                "-p",
                "2222",
                "-o",
                "ListenAddress=127.0.0.1",
            ])
            .args([
                "-o",
                "PidFile=none",
                "-o",
                "UsePAM=no",
                "-o",
                "StrictModes=no",
                "-o",
                "LogLevel=VERBOSE",
            ])
            .arg("-o")
            .arg(format!("AuthorizedKeysFile={}", home.path("own.pub").display()))
            .arg("-h")
            .arg(home.path("host"))
            .arg("-E")
            .arg(&log)
            .spawn()
            .unwrap();
        while std::net::TcpStream::connect("127.0.0.1:2222").is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        Self(child, log)
    }

    fn logins(&self) -> usize {
        let log = std::fs::read_to_string(&self.1).unwrap();
        log.matches("Accepted publickey").count()
    }
}

impl Drop for Bastion {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

async fn a_command_may_be_the_way(bench: &Bench, home: &Home) {
    let settings = "Host *\n  IdentityFile ~/own\n  ProxyCommand busybox nc %h %p\n";
    let through = process(bench, Engines::builder().ssh_config(home.settings(settings)));
    bench.logins();
    assert_looks(&through).await;
    assert_eq!(bench.logins(), [1, 1, 1]);
}
