//! Engines of servers, reached through SSH: the same as a local one, but that files are copied, and that they may be away.

use std::sync::Arc;
use std::time::Instant;

use fleetflow_core::converge::{Caller, Session};
use fleetflow_core::docker::Engines;
use fleetflow_core::plan::DataGuard;
use fleetflow_core::prelude::*;
use fleetflow_core::sakura::Sakura;
use fleetflow_core::state::FolderStore;
use fleetflow_core::{Clouds, Error, ErrorKind};
use fleetflow_sandbox::{Options, Sandbox, Timings};
use russh::keys::PrivateKey;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use tempfile::TempDir;

use super::bench::server;

pub(super) struct Bench {
    pub(super) sandbox: Arc<Sandbox>,
    engines: Engines,
    pub(super) session: Session,
    folder: TempDir,
}

/// Whether servers can be reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    CutOff,
    LockedOut,
}

impl Bench {
    pub(super) async fn start() -> Self {
        let options = Options {
            timings: Timings::INSTANT,
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        Self::new(Arc::new(sandbox), tempfile::tempdir().unwrap(), Way::Open)
    }

    /// The same world and state, for a run that reaches no server.
    fn cut_off(self) -> Self {
        Self::new(self.sandbox, self.folder, Way::CutOff)
    }

    /// The same world and state, for a run that has another key than the servers were given.
    fn locked_out(self) -> Self {
        Self::new(self.sandbox, self.folder, Way::LockedOut)
    }

    fn new(sandbox: Arc<Sandbox>, folder: TempDir, way: Way) -> Self {
        let seed = if way == Way::LockedOut { 8 } else { 7 };
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
        let world = Arc::downgrade(&sandbox);
        let engines = Engines::builder()
            .local(sandbox.docker_host())
            .identity(key.to_openssh(LineEnding::LF).unwrap().to_string().into())
            .probation(std::time::Duration::from_millis(10))
            .translate(Arc::new(move |address: &str, port| {
                let world = world.upgrade().filter(|_| way != Way::CutOff);
                let found = world.and_then(|sandbox| sandbox.ssh_address(address, port).ok().flatten());
                let unknown = || Error::new(ErrorKind::Unavailable, "no server answers there");
                let found = found
                    .map(|found| (found.ip().to_string(), found.port()))
                    .ok_or_else(unknown);
                Box::pin(async move { found })
            }))
            .build();
        let sakura = Sakura::builder("sandbox".into(), "sandbox".into())
            .root(sandbox.sakura_root_url())
            .deploy_key(key.public_key().to_openssh().unwrap())
            .build()
            .unwrap();
        let clouds = Clouds::none().sakura(sakura).engines(engines.clone());
        let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
        let store = FolderStore::new(folder.path().join("state"));
        let session = Session::new(clouds, store, caller).data(DataGuard::Allow);
        Self {
            sandbox,
            engines,
            session,
            folder,
        }
    }

    fn stack(&self, mount: Mount) -> Stack {
        let web = Service::builder()
            .name("web")
            .image("nginx:1.29")
            .volume(mount)
            .build();
        Stack::new("creo", "dev")
            .root(self.folder.path())
            .add(ServiceGroup::builder().name("shop").service(web).build())
            .add(server("web-1"))
            .session(self.session.clone())
    }

    fn write(&self, text: &str) {
        std::fs::create_dir_all(self.folder.path().join("conf")).unwrap();
        std::fs::write(self.folder.path().join("conf/app.conf"), text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_copied_to_a_server_and_copied_again_when_they_change() {
    let bench = Bench::start().await;
    let empty = bench.sandbox.inventory();
    bench.write("one");
    let stack = bench.stack(Mount::folder("./conf", "/etc/app").read_only());
    stack.converge().await.unwrap();
    assert!(
        bench
            .sandbox
            .inventory()
            .to_string()
            .contains("/etc/app/app.conf")
    );
    assert!(stack.plan().await.unwrap().is_empty());
    assert_eq!(bench.engines.connections(), 1, "one SSH connection to the server");

    bench.write("two");
    let plan = stack.plan().await.unwrap();
    let changes: Vec<_> = plan.steps[0]
        .changes
        .iter()
        .map(|change| change.path.to_string())
        .collect();
    assert_eq!((plan.steps.len(), changes), (1, vec!["files_digest".to_owned()]));
    stack.converge().await.unwrap();
    assert!(stack.plan().await.unwrap().is_empty());

    let writable = bench.stack(Mount::folder("./conf", "/etc/app"));
    let error = writable.plan().await.unwrap_err();
    assert!(
        error.to_string().contains("writing to it would be lost"),
        "{error}"
    );
    stack.destroy().await.unwrap();
    assert_eq!(bench.sandbox.inventory(), empty);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_is_built_here_and_sent_to_the_servers_that_lack_it() {
    let bench = Bench::start().await;
    let folder = bench.folder.path().join("app");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("Dockerfile"), "FROM nginx:1.29\nCOPY page /page\n").unwrap();
    let build = fleetflow_core::docker::Build {
        on: fleetflow_core::docker::BuiltOn::Local,
        ..Build::from("./app")
    };
    let group = ServiceGroup::builder()
        .name("shop")
        .service(Service::builder().name("web").build_from(build).build())
        .build();
    let stack = Stack::new("creo", "dev")
        .root(bench.folder.path())
        .add(group)
        .add(server("web-1"))
        .add(server("web-2"))
        .session(bench.session.clone());
    for (times, page) in [(1, "one"), (2, "two")] {
        std::fs::write(folder.join("page"), page).unwrap();
        stack.converge().await.unwrap();
        assert!(stack.plan().await.unwrap().is_empty());
        let log = bench.sandbox.log();
        let sent = |end: &str| {
            let entries = log.entries();
            entries.iter().filter(|entry| entry.path.ends_with(end)).count()
        };
        assert_eq!(
            (sent("/build"), sent("/images/load")),
            (times, 2 * times),
            "{page}"
        );
    }
    stack.destroy().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_switched_off_comes_back_with_its_containers() {
    let bench = Bench::start().await;
    bench.write("one");
    let stack = bench.stack(Mount::folder("./conf", "/etc/app").read_only());
    let report = stack.converge().await.unwrap();
    let before = report.outputs.clone();
    let server = &report.outputs[&Address::new("server", "web-1")];
    let root = bench.sandbox.sakura_root_url();
    let power = format!(
        "{root}/tk1a/api/cloud/1.1/server/{}/power",
        server["id"].as_str().unwrap()
    );
    let off = reqwest::Client::new()
        .delete(power)
        .basic_auth("sandbox", Some("sandbox"))
        .json(&serde_json::json!({"Force": true}));
    assert!(off.send().await.unwrap().status().is_success());
    let report = stack.converge().await.unwrap();
    let container = Address::new("container", "web-1/shop/web");
    assert_eq!(
        report.outputs[&container], before[&container],
        "it was not made anew"
    );
    assert!(stack.plan().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_does_not_answer_is_an_error_soon_and_no_hindrance_to_its_removal() {
    let bench = Bench::start().await;
    let empty = bench.sandbox.inventory();
    bench.write("one");
    let mount = Mount::folder("./conf", "/etc/app").read_only();
    bench.stack(mount.clone()).converge().await.unwrap();

    let cut_off = bench.cut_off();
    let stack = cut_off.stack(mount);
    let began = Instant::now();
    let error = stack.plan().await.unwrap_err();
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    stack.destroy().await.unwrap();
    assert_eq!(cut_off.sandbox.inventory(), empty);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_lost_key_nor_a_lost_state_hinders_a_removal() {
    for loses_state in [false, true] {
        let bench = Bench::start().await;
        let empty = bench.sandbox.inventory();
        bench.write("one");
        let mount = Mount::folder("./conf", "/etc/app").read_only();
        bench.stack(mount.clone()).converge().await.unwrap();

        let locked_out = bench.locked_out();
        if loses_state {
            std::fs::remove_dir_all(locked_out.folder.path().join("state")).unwrap();
        }
        let stack = locked_out.stack(mount);
        let error = stack.plan().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error:?}");
        let report = stack.destroy().await.unwrap();
        assert!(!report.done.is_empty() && report.failed.is_empty(), "{report:?}");
        assert_eq!(locked_out.sandbox.inventory(), empty, "state lost: {loses_state}");
    }
}
