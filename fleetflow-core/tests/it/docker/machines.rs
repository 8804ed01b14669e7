//! Three servers with real SSH servers and real engines, in network namespaces: a group's whole life through SSH, and what
//! goes wrong on the way.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bollard::query_parameters::{ListContainersOptions, TagImageOptions};
use fleetflow_core::converge::{Caller, Event, Report, Session};
use fleetflow_core::docker::{Engines, HostKeys, KeyPair};
use fleetflow_core::plan::DataGuard;
use fleetflow_core::prelude::*;
use fleetflow_core::sakura::Sakura;
use fleetflow_core::state::FolderStore;
use fleetflow_core::{Clouds, ErrorKind, Result};
use fleetflow_sandbox::{Options, Sandbox, Timings};
use tempfile::TempDir;

use super::bench::{IMAGE, PROBATION, base_image, service, words};
use super::swarm::{addresses, docker, script};

/// The variable that names the folder with a folder for each server; `scripts/swarm-for-tests.sh run` sets it.
const SERVERS: &str = "FLEETFLOW_TEST_SERVERS";
/// What a process that is to be killed needs: the root of the emulated cloud, and the folder with key and state.
const CHILD: &str = "FLEETFLOW_TEST_MACHINES_CHILD";
const NAMES: [&str; 3] = ["web-1", "web-2", "web-3"];

pub(super) struct Bench {
    pub(super) sandbox: Sandbox,
    pub(super) servers: PathBuf,
    pub(super) folder: TempDir,
    pub(super) keys: Remembered,
}

/// Keys of servers that outlive the process.
#[derive(Clone, Default)]
pub(super) struct Remembered(pub(super) Arc<Mutex<BTreeMap<String, String>>>);

impl HostKeys for Remembered {
    fn known(&self, host: &str) -> Option<String> {
        self.0.lock().unwrap().get(host).cloned()
    }

    fn learn(&self, host: &str, key: &str) -> Result<()> {
        self.0.lock().unwrap().insert(host.to_owned(), key.to_owned());
        Ok(())
    }

    fn forget(&self, host: &str) -> Result<()> {
        self.0.lock().unwrap().remove(host);
        Ok(())
    }

    fn kept_in(&self) -> Option<String> {
        Some("/somewhere/known_hosts".to_owned())
    }
}

/// What one process has: connections of its own, and what it was told.
pub(super) struct Process {
    pub(super) engines: Engines,
    session: Session,
    told: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    /// None, with the reason on standard error, where there are no servers.
    #[expect(clippy::print_stderr, reason = "a skipped test says why")]
    async fn start() -> Option<Self> {
        let Some(servers) = std::env::var_os(SERVERS).map(PathBuf::from) else {
            eprintln!(
                "skipped: servers with real SSH: {SERVERS} names none; scripts/swarm-for-tests.sh starts them"
            );
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate("a test").unwrap();
        std::fs::write(
            folder.path().join("key"),
            secrecy::ExposeSecret::expose_secret(key.private()),
        )
        .unwrap();
        for address in addresses(&servers).keys() {
            let own = servers.join(address.to_string());
            std::fs::write(own.join("authorized_keys"), key.public()).unwrap();
            std::fs::write(own.join("sshd.log"), "").unwrap();
            let docker = docker(&servers, *address).await;
            base_image(&docker).await;
            for tag in ["2", "3"] {
                let tag = TagImageOptions {
                    repo: Some("fleetflow-test".to_owned()),
                    tag: Some(tag.to_owned()),
                };
                docker.tag_image(IMAGE, Some(tag)).await.unwrap();
            }
        }
        let options = Options {
            timings: Timings::INSTANT,
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        Some(Self {
            sandbox,
            servers,
            folder,
            keys: Remembered::default(),
        })
    }

    fn process(&self) -> Process {
        let keys = self.keys.clone();
        Process::start(&self.sandbox.sakura_root_url(), self.folder.path(), keys)
    }

    /// How often somebody logged in to each server since it was asked last, as its SSH server says.
    pub(super) fn logins(&self) -> Vec<usize> {
        let of = |address: &Ipv4Addr| {
            let log = self.servers.join(address.to_string()).join("sshd.log");
            let text = std::fs::read_to_string(&log).unwrap();
            // It is appended to.
            std::fs::write(&log, "").unwrap();
            text.matches("Accepted publickey").count()
        };
        addresses(&self.servers).keys().map(of).collect()
    }

    /// Every container on every server, with its image, by `SERVER/NAME`.
    async fn containers(&self) -> BTreeMap<String, (String, String)> {
        let mut all = BTreeMap::new();
        for address in addresses(&self.servers).keys() {
            let options = ListContainersOptions {
                all: true,
                ..ListContainersOptions::default()
            };
            for row in docker(&self.servers, *address)
                .await
                .list_containers(Some(options))
                .await
                .unwrap()
            {
                let name = row.names.unwrap().join(",").replace("/creo-dev-shop-", "");
                let state = format!("{} {}", row.state.unwrap(), row.image.unwrap());
                all.insert(format!("{address}/{name}"), (row.id.unwrap(), state));
            }
        }
        all
    }

    /// Every service runs on every server, from `image`, and nothing else is there.
    async fn assert_runs(&self, image: &str) {
        let all = self.containers().await;
        assert_eq!(all.len(), 3 * 4, "{all:#?}");
        for (name, (_, state)) in &all {
            assert!(!name.contains(".next") && !name.contains(".previous"), "{all:#?}");
            let image = if name.ends_with("/web") { image } else { IMAGE };
            assert_eq!(*state, format!("running {image}"), "{name}");
        }
    }
}

impl Process {
    fn start(root: &str, folder: &Path, keys: Remembered) -> Self {
        let text = std::fs::read_to_string(folder.join("key")).unwrap();
        let key = KeyPair::from_private(text.into()).unwrap();
        let mut engines = Engines::builder()
            .identity(key.private().clone())
            .host_keys(keys)
            .probation(PROBATION);
        if let Ok(local) = std::env::var("FLEETFLOW_TEST_DOCKER") {
            engines = engines.local(local);
        }
        let engines = engines.build();
        Self::with(engines, root, folder, key.public())
    }

    /// With other connections.
    pub(super) fn with(engines: Engines, root: &str, folder: &Path, public_key: &str) -> Self {
        let sakura = Sakura::builder("sandbox".into(), "sandbox".into())
            .root(root)
            .deploy_key(public_key)
            .build()
            .unwrap();
        let clouds = Clouds::none().sakura(sakura).engines(engines.clone());
        let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
        let told = Arc::new(Mutex::new(Vec::new()));
        let tells = told.clone();
        let session = Session::new(clouds, FolderStore::new(folder.join("state")), caller)
            .data(DataGuard::Allow)
            .watcher(move |event| {
                let line = match event {
                    Event::Done { address, .. } => format!("done {address}"),
                    Event::Noted { address, note } => format!("{address}: {note}"),
                    _ => return,
                };
                tells.lock().unwrap().push(line);
            });
        Self {
            engines,
            session,
            told,
        }
    }

    /// `web`, with a health check, from `image`, and three others that are not touched, on three servers.
    pub(super) fn stack(&self, image: &str, is_healthy: &str) -> Stack {
        let check = HealthCheck::builder()
            .test(["CMD", is_healthy])
            .interval("1s")
            .timeout("1s")
            .retries(1)
            .build();
        let web = Service {
            image: Some(image.into()),
            health_check: Some(check),
            command: words(&["sh", "-c", "trap 'exit 0' TERM; sleep 100000 & wait"]),
            depends_on: vec!["db".into()],
            ..service("web")
        };
        let db = Service {
            volumes: vec![Mount::volume("data", "/data")],
            ..service("db")
        };
        let group = ServiceGroup::builder()
            .name("shop")
            .services(vec![web, db, service("worker"), service("mail")])
            .build();
        self.servers(Some(group))
    }

    /// Three servers, which deploy `group`.
    fn servers(&self, group: Option<ServiceGroup>) -> Stack {
        let server = |name: &str| {
            let server = Server::builder()
                .name(name)
                .zone("tk1a")
                .plan(Plan::new(1, 1))
                .disk(Disk::new(20, "ubuntu-24.04"))
                .ssh(Ssh::user("root"))
                .docker(true);
            match &group {
                Some(_) => server.deploy_services("shop").build(),
                None => server.build(),
            }
        };
        let stack = NAMES
            .map(server)
            .into_iter()
            .fold(Stack::new("creo", "dev"), Stack::add);
        let stack = group.into_iter().fold(stack, Stack::add);
        stack.session(self.session.clone())
    }

    async fn up(&self, image: &str) -> Report {
        self.stack(image, "true").converge().await.unwrap()
    }

    fn told(&self, what: &str) -> usize {
        self.told
            .lock()
            .unwrap()
            .iter()
            .filter(|line| line.contains(what))
            .count()
    }
}

/// The process that is killed: it does nothing in a run of all tests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_in_the_middle_of_a_release() {
    let Ok(around) = std::env::var(CHILD) else { return };
    let (root, folder) = around.split_once(' ').unwrap();
    Process::start(root, Path::new(folder), Remembered::default())
        .up("fleetflow-test:3")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_lives_on_three_servers_through_ssh() {
    let Some(bench) = Bench::start().await else { return };
    let began = Instant::now();

    let first = bench.process();
    first.up(IMAGE).await;
    bench.assert_runs(IMAGE).await;
    assert_eq!(
        (first.engines.connections(), bench.logins()),
        (3, vec![1, 1, 1]),
        "one connection a server"
    );

    let second = bench.process();
    let plan = second.stack(IMAGE, "true").plan().await.unwrap();
    assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:#?}");
    assert_eq!((second.engines.connections(), bench.logins()), (3, vec![1, 1, 1]));
    let traffic = second.engines.traffic();
    assert_eq!(
        (traffic.reads(), traffic.writes()),
        (3 * 4, 0),
        "version, networks, volumes and containers of each"
    );

    let before = bench.containers().await;
    let third = bench.process();
    third.up("fleetflow-test:2").await;
    bench.assert_runs("fleetflow-test:2").await;
    assert_eq!(third.told("released without a gap"), 3);
    assert_eq!(third.told("done container"), 3, "the others are not touched");
    assert_eq!((third.engines.connections(), bench.logins()), (3, vec![1, 1, 1]));
    let after = bench.containers().await;
    let same = after
        .iter()
        .filter(|(name, (id, _))| before[*name].0 == *id)
        .count();
    assert_eq!(same, 9);

    a_server_that_shows_another_key_is_not_believed(&bench).await;
    super::ways::the_settings_of_openssh_lead_there(&bench).await;
    a_release_that_is_not_healthy_comes_back(&bench, &after).await;
    a_release_goes_on_after_its_process_was_killed(&bench).await;
    a_server_that_is_cut_off_comes_back(&bench).await;

    an_image_is_built_here_and_only_its_new_layers_are_sent(&bench).await;
    twenty_services_come_up_on_each_server_and_are_left_alone(&bench).await;

    // The group is dropped, the servers stay; then they go as well.
    let last = bench.process();
    last.servers(None).converge().await.unwrap();
    assert!(bench.containers().await.is_empty());
    last.servers(None).destroy().await.unwrap();
    assert!(
        bench.keys.0.lock().unwrap().is_empty(),
        "keys go with their servers"
    );
    println!(
        "three servers through SSH: {:.0} s",
        began.elapsed().as_secs_f32()
    );
}

/// Built by the local engine, once for all servers.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
async fn an_image_is_built_here_and_only_its_new_layers_are_sent(bench: &Bench) {
    let Ok(address) = std::env::var("FLEETFLOW_TEST_DOCKER") else {
        eprintln!("skipped: images that are sent to servers: FLEETFLOW_TEST_DOCKER names no local engine");
        return;
    };
    let here = super::unix_socket::connect(address.trim_start_matches("unix://"));
    base_image(&here).await;
    let first = sent(bench, "one").await;
    let is_whole = |(sent, all): &(f64, f64)| (sent - all).abs() < 0.01 && *all > 3.0;
    assert!(first.len() == 3 && first.iter().all(is_whole), "{first:?}");
    let second = sent(bench, "two").await;
    let is_little = |(sent, all): &(f64, f64)| *sent < 0.5 && *all > 3.0;
    assert!(second.len() == 3 && second.iter().all(is_little), "{second:?}");
    let ids = async |docker: &bollard::Docker| docker.inspect_image("creo-dev-shop-app").await.unwrap().id;
    for address in addresses(&bench.servers).keys() {
        let there = docker(&bench.servers, *address).await;
        assert_eq!(ids(&there).await, ids(&here).await);
    }
    let options = None::<bollard::query_parameters::RemoveImageOptions>;
    here.remove_image("creo-dev-shop-app", options, None)
        .await
        .unwrap();
}

/// Releases an image with 3 MB that stay and `content`, and answers how many MB of how many were sent to each server.
async fn sent(bench: &Bench, content: &str) -> Vec<(f64, f64)> {
    let folder = bench.folder.path().join("app");
    std::fs::create_dir_all(&folder).unwrap();
    let dockerfile = format!("FROM {IMAGE}\nCOPY large /large\nCOPY small /small\n");
    std::fs::write(folder.join("Dockerfile"), dockerfile).unwrap();
    std::fs::write(folder.join("large"), vec![7; 3_000_000]).unwrap();
    std::fs::write(folder.join("small"), content).unwrap();
    let build = fleetflow_core::docker::Build {
        on: fleetflow_core::docker::BuiltOn::Local,
        ..Build::from("./app")
    };
    let app = Service {
        image: None,
        build: Some(build),
        ..service("app")
    };
    let group = ServiceGroup::builder().name("shop").service(app).build();
    let process = bench.process();
    let stack = process.servers(Some(group)).root(bench.folder.path());
    stack.converge().await.unwrap();
    assert!(stack.plan().await.unwrap().is_empty());
    let told = process.told.lock().unwrap();
    let numbers = |line: &String| {
        let (told, _) = line.split_once(": sent ")?.1.split_once(" MB of its image")?;
        let (sent, all) = told.split_once(" of ")?;
        Some((sent.parse().unwrap(), all.parse().unwrap()))
    };
    told.iter().filter_map(numbers).collect()
}

/// One connection a server, and so many calls for each container; the second run reads and does nothing.
#[expect(clippy::print_stdout, reason = "how much it takes is worth to be seen")]
async fn twenty_services_come_up_on_each_server_and_are_left_alone(bench: &Bench) {
    let services = (1..=20).map(|number| service(&format!("s{number}")));
    let group = ServiceGroup::builder().name("shop").services(services).build();
    // From nothing, as the counts are of what is made.
    bench.process().servers(None).converge().await.unwrap();
    assert!(bench.containers().await.is_empty());
    bench.logins();
    let first = bench.process();
    let began = Instant::now();
    let report = first.servers(Some(group.clone())).converge().await.unwrap();
    let took = began.elapsed();
    let made = |action| {
        let those = report
            .done
            .iter()
            .filter(|(address, done)| address.kind() == "container" && *done == action);
        those.count()
    };
    assert_eq!(made(fleetflow_core::plan::Action::Create), 3 * 20, "{report:?}");
    assert_eq!(bench.containers().await.len(), 3 * 20);
    assert_eq!((first.engines.connections(), bench.logins()), (3, vec![1, 1, 1]));
    let traffic = first.engines.traffic();
    println!(
        "60 services on 3 servers: {} reads, {} writes in {took:?}",
        traffic.reads(),
        traffic.writes()
    );
    // Each is made, started and named, in one network; images of before that nothing runs from go, under up to four names.
    let needed = 3 * (20 * 3 + 1);
    assert!(
        (needed..=needed + 3 * 4).contains(&traffic.writes()),
        "{}",
        traffic.writes()
    );
    assert!(traffic.reads() <= 3 * 20 * 12, "{}", traffic.reads());

    let second = bench.process();
    let before = bench.containers().await;
    let report = second.servers(Some(group.clone())).converge().await.unwrap();
    assert!(report.done.is_empty(), "{report:?}");
    assert_eq!(bench.containers().await, before);
    assert_eq!((second.engines.connections(), bench.logins()), (3, vec![1, 1, 1]));
    assert_eq!(
        (
            second.engines.traffic().reads(),
            second.engines.traffic().writes()
        ),
        (3 * 3, 0),
        "version, networks and containers of each"
    );
}

/// Keys are learned at first sight, are the ones that the servers have, and no others are believed later.
async fn a_server_that_shows_another_key_is_not_believed(bench: &Bench) {
    let addresses: Vec<String> = addresses(&bench.servers)
        .keys()
        .map(ToString::to_string)
        .collect();
    let own = |address: &str| {
        let text = std::fs::read_to_string(bench.servers.join(address).join("host_key.pub")).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    };
    let report = bench.process().up("fleetflow-test:2").await;
    let id = |ip: &str| {
        let servers = report
            .outputs
            .iter()
            .filter(|(address, _)| address.kind() == "server");
        let mut those = servers.filter(|(_, outputs)| outputs["ip"] == ip);
        those.next().unwrap().1["id"].as_str().unwrap().to_owned()
    };
    for address in &addresses {
        let name = format!("server-{}", id(address));
        assert_eq!(bench.keys.known(&name).unwrap(), own(address));
        assert_eq!(
            bench.keys.known(address),
            None,
            "the key is the server's, not the address's"
        );
    }
    let (host, name) = (&addresses[0], format!("server-{}", id(&addresses[0])));
    let other = own(&addresses[1]);
    bench.keys.learn(&name, &other).unwrap();
    let error = bench.process().stack(IMAGE, "true").plan().await.unwrap_err();
    let text = format!("{error:?}");
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{text}");
    let print = |line: &str| {
        let key = russh::keys::PublicKey::from_openssh(line).unwrap();
        key.fingerprint(russh::keys::HashAlg::Sha256).to_string()
    };
    let told = format!(
        "{host} shows the key {}, but `{name}` used to have {}",
        print(&own(host)),
        print(&other)
    );
    assert!(text.contains(&told), "{text}");
    let way_out = format!("remove the line that begins with `{name} ` from /somewhere/known_hosts");
    assert!(text.contains(&way_out), "{text}");
    assert_eq!(
        bench.keys.known(&name).unwrap(),
        other,
        "it is not learned unasked"
    );
    bench.keys.forget(&name).unwrap();
    a_server_that_has_another_id_is_a_new_one(bench, host, &other).await;
    assert_eq!(bench.keys.known(&name).unwrap(), own(host));
    bench.logins();
}

/// The `other` key is remembered of the address, and of a server that had it before: no alarm.
async fn a_server_that_has_another_id_is_a_new_one(bench: &Bench, host: &str, other: &str) {
    let strangers = ["server-100000000001", host];
    for stranger in strangers {
        bench.keys.learn(stranger, other).unwrap();
    }
    let plan = bench.process().stack("fleetflow-test:2", "true").plan().await;
    assert!(plan.unwrap().is_empty());
    for stranger in strangers {
        bench.keys.forget(stranger).unwrap();
    }
}

async fn a_release_that_is_not_healthy_comes_back(
    bench: &Bench,
    before: &BTreeMap<String, (String, String)>,
) {
    let process = bench.process();
    let error = process
        .stack("fleetflow-test:3", "false")
        .converge()
        .await
        .unwrap_err();
    let text = format!("{error:?}");
    assert!(
        text.contains("container.web-1/shop/web") && text.contains("unhealthy"),
        "{text}"
    );
    assert!(text.contains("was not touched and serves on"), "{text}");
    assert!(text.contains("`shop` was not touched on web-2, web-3"), "{text}");
    assert_eq!(bench.containers().await, *before);
}

async fn a_release_goes_on_after_its_process_was_killed(bench: &Bench) {
    let around = format!(
        "{} {}",
        bench.sandbox.sakura_root_url(),
        bench.folder.path().display()
    );
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "docker::machines::a_process_that_is_killed_in_the_middle_of_a_release",
        ])
        .env(CHILD, around)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    // The first server has its release, and the second is in the middle of it.
    loop {
        let all = bench.containers().await;
        let done = all
            .values()
            .filter(|(_, state)| state == "running fleetflow-test:3")
            .count();
        if done >= 2 {
            break;
        }
        assert!(
            began.elapsed().as_secs() < 40 && child.try_wait().unwrap().is_none(),
            "{all:#?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let all = bench.containers().await;
    let old = all
        .values()
        .filter(|(_, state)| state == "running fleetflow-test:2")
        .count();
    assert!(old > 0, "it died before the end: {all:#?}");
    let next = bench.process();
    next.up("fleetflow-test:3").await;
    bench.assert_runs("fleetflow-test:3").await;
    let plan = next.stack("fleetflow-test:3", "true").plan().await.unwrap();
    assert!(plan.is_empty(), "{plan:#?}");
}

async fn a_server_that_is_cut_off_comes_back(bench: &Bench) {
    let process = bench.process();
    let plan = process.stack("fleetflow-test:2", "true").plan().await.unwrap();
    let last = *addresses(&bench.servers).keys().last().unwrap();
    bench.logins();
    let release = tokio::spawn({
        let stack = process.stack("fleetflow-test:2", "true");
        async move { stack.apply(&plan).await.unwrap() }
    });
    while process.told("done container") == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    script(&bench.servers, "cut", last);
    tokio::time::sleep(Duration::from_secs(5)).await;
    script(&bench.servers, "mend", last);
    let report = release.await.unwrap();
    assert!(report.failed.is_empty(), "{report:?}");
    bench.assert_runs("fleetflow-test:2").await;

    script(&bench.servers, "cut", last);
    let cut_off = bench.process();
    let began = Instant::now();
    let error = cut_off.stack(IMAGE, "true").plan().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.to_string().contains(&last.to_string()), "{error}");
    assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
    script(&bench.servers, "mend", last);
    let plan = bench
        .process()
        .stack("fleetflow-test:2", "true")
        .plan()
        .await
        .unwrap();
    assert!(plan.is_empty(), "{plan:#?}");
}
