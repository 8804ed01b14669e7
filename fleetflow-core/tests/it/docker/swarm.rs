//! Groups with `mode "swarm"` on three servers: emulated ones, and real engines in network namespaces where there are some.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::models::Reachability;
use bollard::query_parameters::TagImageOptions;
use fleetflow_core::converge::{Caller, Report, Session};
use fleetflow_core::docker::{Engines, HealthCheck, KeyPair, Mode, Publish};
use fleetflow_core::plan::DataGuard;
use fleetflow_core::prelude::*;
use fleetflow_core::sakura::Sakura;
use fleetflow_core::state::MemoryStore;
use fleetflow_core::{Clouds, Error, ErrorKind};
use fleetflow_sandbox::{Options, Sandbox, Timings};

use super::bench::{IMAGE, base_image, server, service};
use super::swarm_inside::{Visitor, telling};
use super::unix_socket;

/// The variable that names the folder with an engine for each address, as `scripts/swarm-for-tests.sh` prints it.
const REAL: &str = "FLEETFLOW_TEST_SWARM";
/// A second image, with the same content.
pub(super) const NEXT: &str = "fleetflow-test:2";

struct Bench {
    sandbox: Arc<Sandbox>,
    session: Session,
    engines: Engines,
    real: Option<PathBuf>,
}

impl Bench {
    async fn emulated() -> Self {
        Self::start(None).await
    }

    /// None, with the reason on standard error, where there are no engines.
    #[expect(clippy::print_stderr, reason = "a skipped test says why")]
    async fn real() -> Option<Self> {
        let Some(folder) = std::env::var_os(REAL).map(PathBuf::from) else {
            eprintln!(
                "skipped: swarm of real engines: {REAL} names none; scripts/swarm-for-tests.sh starts them"
            );
            return None;
        };
        for address in addresses(&folder).keys() {
            let docker = docker(&folder, *address).await;
            base_image(&docker).await;
            let tag = TagImageOptions {
                repo: Some("fleetflow-test".to_owned()),
                tag: Some("2".to_owned()),
            };
            docker.tag_image(IMAGE, Some(tag)).await.unwrap();
        }
        Some(Self::start(Some(folder)).await)
    }

    async fn start(real: Option<PathBuf>) -> Self {
        let options = Options {
            timings: Timings::INSTANT,
            real_engines: real.as_deref().map(addresses).unwrap_or_default(),
            ..Options::default()
        };
        let sandbox = Arc::new(Sandbox::start(options).await.unwrap());
        let key = KeyPair::generate("a test").unwrap();
        let world = Arc::downgrade(&sandbox);
        let engines = Engines::builder()
            .identity(key.private().clone())
            .probation(Duration::from_millis(10))
            .translate(Arc::new(move |address: &str, port| {
                let found = world
                    .upgrade()
                    .and_then(|sandbox| sandbox.ssh_address(address, port).ok().flatten());
                let found = found.map(|found| (found.ip().to_string(), found.port()));
                let unknown = || Error::new(ErrorKind::Unavailable, "no server answers there");
                Box::pin(async move { found.ok_or_else(unknown) })
            }))
            .build();
        let sakura = Sakura::builder("sandbox".into(), "sandbox".into())
            .root(sandbox.sakura_root_url())
            .deploy_key(key.public())
            .build()
            .unwrap();
        let clouds = Clouds::none().sakura(sakura).engines(engines.clone());
        let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
        let session = Session::new(clouds, MemoryStore::new(), caller).data(DataGuard::Allow);
        Self {
            sandbox,
            session,
            engines,
            real,
        }
    }

    /// `web` on a swarm of so many servers.
    fn stack(&self, servers: usize, web: Service) -> Stack {
        let group = ServiceGroup::builder()
            .name("shop")
            .mode(Mode::Swarm)
            .service(web)
            .build();
        let servers = (1..=servers).map(|number| server(&format!("node-{number}")));
        servers
            .fold(Stack::new("creo", "live").add(group), Stack::add)
            .session(self.session.clone())
    }

    /// Plans nothing afterwards, and has no join token anywhere.
    async fn up(&self, stack: &Stack) -> Report {
        let report = stack.converge().await.unwrap();
        assert!(report.failed.is_empty(), "{report:?}");
        let plan = stack.plan().await.unwrap();
        assert!(plan.is_empty(), "{plan:#?}");
        let remembered = format!("{:?}", self.session.store().history().await.unwrap());
        let told = format!("{report:?} {plan:?} {stack:?} {remembered}");
        assert!(!told.contains("SWMTKN"), "a join token is told");
        report
    }

    /// The addresses of the plan's steps, with what they do.
    async fn lines(&self, stack: &Stack) -> Vec<String> {
        let plan = stack.plan().await.unwrap();
        let action = |step: &fleetflow_core::plan::Step| {
            let action = serde_json::to_value(step.action).unwrap();
            format!("{} {}", action.as_str().unwrap(), step.address)
        };
        plan.steps.iter().map(action).collect()
    }

    /// Somebody who looks into `web`.
    async fn visitor<'s>(&self, stack: &'s Stack, report: &Report) -> Visitor<'s> {
        let id = &report.outputs[&Address::new("swarm-service", "shop/web")]["id"];
        let id = id.as_str().unwrap().to_owned();
        Visitor::new(self.engines.clone(), &self.session, stack, id).await
    }

    fn address(report: &Report, server: &str) -> Ipv4Addr {
        let outputs = &report.outputs[&Address::new("server", server)];
        outputs["ip"].as_str().unwrap().parse().unwrap()
    }
}

/// Three replicas, whose port is reached at the servers that run them: that needs nothing of the kernel.
fn web(image: &str, replicas: u32) -> Service {
    Service {
        image: Some(image.to_owned()),
        replicas,
        publish: Publish::Server,
        command: telling(),
        health_check: Some(HealthCheck {
            interval: Some("1s".to_owned()),
            test: vec!["CMD".to_owned(), "true".to_owned()],
            ..HealthCheck::default()
        }),
        ..service("web")
    }
}

pub(super) fn addresses(folder: &Path) -> BTreeMap<Ipv4Addr, String> {
    let folders = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let engine = |path: PathBuf| {
        let address = path.file_name()?.to_str()?.parse().ok()?;
        Some((address, format!("unix://{}", path.join("docker.sock").display())))
    };
    folders.filter_map(engine).collect()
}

pub(super) async fn docker(folder: &Path, address: Ipv4Addr) -> Docker {
    let socket = folder.join(address.to_string()).join("docker.sock");
    let docker = unix_socket::connect(socket.to_str().unwrap());
    docker.negotiate_version().await.unwrap()
}

/// Asks the script of the engines to do something to one of them.
pub(super) fn script(folder: &Path, act: &str, address: Ipv4Addr) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/swarm-for-tests.sh");
    let done = std::process::Command::new(script)
        .args([act, &address.to_string()])
        .env("FLEETFLOW_TEST_SWARM_FOLDER", folder)
        .status()
        .unwrap();
    assert!(done.success(), "{act} {address}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emulated_swarm_is_formed_changed_and_removed() {
    life(&Bench::emulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_swarm_is_formed_changed_survives_a_death_and_is_removed() {
    if let Some(bench) = Bench::real().await {
        life(&bench).await;
    }
}

async fn life(bench: &Bench) {
    let empty = bench.sandbox.inventory();
    let stack = bench.stack(3, web(IMAGE, 3));
    let report = bench.up(&stack).await;
    let service = Address::new("swarm-service", "shop/web");
    let id = report.outputs[&service]["id"].clone();

    let changed = bench.stack(3, web(NEXT, 3));
    assert_eq!(bench.lines(&changed).await, ["update swarm-service.shop/web"]);
    assert_eq!(
        bench.up(&changed).await.outputs[&service]["id"],
        id,
        "rolled, not made anew"
    );
    if let Some(folder) = &bench.real {
        looked_into(bench, folder, &changed, &report).await;
    }
    let stack = bench.stack(3, web(NEXT, 2));
    assert_eq!(bench.lines(&stack).await, ["update swarm-service.shop/web"]);
    bench.up(&stack).await;
    match &bench.real {
        Some(folder) => {
            goes_back(bench, &stack).await;
            survives(bench, folder, &stack, &report).await;
        }
        None => grows(bench).await,
    }
    let smaller = bench.stack(2, web(NEXT, 2));
    let lines = bench.lines(&smaller).await;
    assert!(
        lines.contains(&"delete swarm-node.node-3".to_owned()),
        "{lines:?}"
    );
    bench.up(&smaller).await;

    stack.destroy().await.unwrap();
    assert_eq!(bench.sandbox.inventory(), empty);
    for (folder, address) in bench
        .real
        .iter()
        .flat_map(|folder| addresses(folder).into_keys().map(move |a| (folder, a)))
    {
        assert_nothing_left(&docker(folder, address).await).await;
    }
}

/// A version that ends at once: the swarm goes back to the one before, and the error says so.
async fn goes_back(bench: &Bench, stack: &Stack) {
    // What a real engine has in the log of a program for another processor: all that the swarm says is that it ended.
    let foreign = "echo exec /app: exec format error; exit 1";
    for (command, number, words) in [
        ("echo bye; exit 3", "FF0266", "bye"),
        (foreign, "FF0280", "exec /app"),
    ] {
        let bad = Service {
            command: super::bench::words(&["sh", "-c", command]),
            ..web(NEXT, 2)
        };
        let bad = bench.stack(3, bad);
        let plan = bad.plan().await.unwrap();
        let report = bad.apply(&plan).await.unwrap();
        let [(_, failed)] = report.failed.as_slice() else {
            panic!("{report:?}")
        };
        assert_eq!(failed.registered().number, number, "{failed:?}");
        for part in [
            "went back to the one before: task: non-zero exit",
            &format!("its last lines were:\n{words}"),
        ] {
            assert!(failed.message().contains(part), "{failed:?}");
        }
    }
    assert!(stack.plan().await.unwrap().is_empty(), "the one before is back");
}

/// Servers join, and the number of managers stays odd.
async fn grows(bench: &Bench) {
    for (servers, managers) in [(4, 3), (5, 5)] {
        bench.up(&bench.stack(servers, web(NEXT, 5))).await;
        let inventory = bench.sandbox.inventory().to_string();
        let found = inventory.matches("\"role\":\"manager\"").count();
        assert_eq!(found, managers, "{servers} servers: {inventory}");
    }
}

/// Each replica logs and runs commands, on whichever server, and is told of.
async fn looked_into(bench: &Bench, folder: &Path, stack: &Stack, report: &Report) {
    let visitor = bench.visitor(stack, report).await;
    visitor.sees().await;
    let server = visitor.servers().await.pop().unwrap();
    let engine = docker(folder, Bench::address(report, &server)).await;
    let kill = async |container: &str| engine.kill_container(container, None).await.unwrap();
    visitor.tells_restarts(&server, kill).await;
}

/// One of three servers loses its power: the others run everything, a plan tells it, and changes are carried out.
async fn survives(bench: &Bench, folder: &Path, stack: &Stack, report: &Report) {
    let visitor = bench.visitor(stack, report).await;
    let name = visitor.servers().await.pop().unwrap();
    let dead = Bench::address(report, &name);
    visitor.follows(&name, || script(folder, "kill", dead)).await;
    let began = Instant::now();
    loop {
        let plan = stack.plan().await.unwrap();
        let notes = plan.notes.join("\n");
        if plan.is_empty() && notes.contains(&format!("the server {name} of the swarm is down")) {
            break;
        }
        assert!(began.elapsed().as_secs() < 60, "{plan:#?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    visitor.bears(&name).await;
    let mut running = 0;
    for address in addresses(folder).into_keys().filter(|address| *address != dead) {
        let options = None::<bollard::query_parameters::ListContainersOptions>;
        running += docker(folder, address)
            .await
            .list_containers(options)
            .await
            .unwrap()
            .len();
    }
    assert_eq!(running, 2, "the living run what the dead one ran");
    let began = Instant::now();
    bench.up(&bench.stack(3, web(NEXT, 3))).await;
    assert!(
        began.elapsed().as_secs() < 40,
        "the dead is not waited for: {:?}",
        began.elapsed()
    );
    bench.up(stack).await;
    script(folder, "revive", dead);
    back(folder, dead).await;
}

/// Waits until the manager that was dead counts again: before, no other one could be let go.
async fn back(folder: &Path, dead: Ipv4Addr) {
    let began = Instant::now();
    let other = addresses(folder)
        .into_keys()
        .find(|address| *address != dead)
        .unwrap();
    loop {
        let nodes = docker(folder, other)
            .await
            .list_nodes(None::<bollard::query_parameters::ListNodesOptions>)
            .await
            .unwrap();
        let reachable = nodes.iter().all(|node| {
            let manager = node.manager_status.as_ref();
            manager.is_none_or(|manager| manager.reachability == Some(Reachability::REACHABLE))
        });
        if reachable {
            return;
        }
        assert!(began.elapsed().as_secs() < 60, "{nodes:#?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn assert_nothing_left(docker: &Docker) {
    let swarm = docker.info().await.unwrap().swarm.unwrap();
    assert_eq!(swarm.local_node_state.unwrap().to_string(), "inactive");
    let options = Some(bollard::query_parameters::ListContainersOptions {
        all: true,
        ..Default::default()
    });
    let containers = docker.list_containers(options).await.unwrap();
    assert!(containers.is_empty(), "{containers:?}");
    let networks = docker
        .list_networks(None::<bollard::query_parameters::ListNetworksOptions>)
        .await
        .unwrap();
    let ours = networks.iter().filter(|network| {
        network
            .name
            .as_deref()
            .is_some_and(|name| name.starts_with("creo-"))
    });
    assert_eq!(ours.count(), 0, "{networks:?}");
}
