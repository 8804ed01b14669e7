//! An engine to test on, with a state and a folder: emulated, or the real one that a variable names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ContainerSummary};
use bollard::query_parameters::{
    BuildImageOptions, InspectContainerOptions, ListContainersOptions, ListImagesOptions,
};
use bollard::{Docker, body_full};
use fleetflow_core::converge::{Caller, Event, Report, Session};
use fleetflow_core::docker::{Engines, RegistryLogin};
use fleetflow_core::plan::{DataGuard, Plan};
use fleetflow_core::prelude::*;
use fleetflow_core::state::MemoryStore;
use fleetflow_core::{Clouds, Result};
use fleetflow_sandbox::{Options, Sandbox};
use futures::StreamExt as _;
use tempfile::TempDir;

/// The variable that names a real engine: `unix:///...` or `tcp://...`.
const REAL: &str = "FLEETFLOW_TEST_DOCKER";
/// The image of the test's services: a shell and its commands, and nothing else.
pub(super) const IMAGE: &str = "fleetflow-test:1";
/// How long a container of a real engine has to run. One that ends at once does so within a tenth of it; looks are taken after
/// 50, 125, 237, 406 and 659 ms.
pub(super) const PROBATION: Duration = Duration::from_millis(650);
/// A statically linked busybox, as Debian's busybox-static installs it.
const BUSYBOX: &str = "/bin/busybox";
const COMMANDS: &[&str] = &[
    "sh", "sleep", "true", "false", "cat", "echo", "httpd", "wget", "env", "nc",
];

pub(super) struct Bench {
    pub(super) docker: Docker,
    pub(super) engines: Engines,
    pub(super) sandbox: Option<Sandbox>,
    pub(super) folder: TempDir,
    pub(super) project: String,
    session: std::sync::Mutex<Session>,
    notes: Notes,
}

/// What steps noted.
type Notes = Arc<std::sync::Mutex<Vec<String>>>;

impl Bench {
    pub(super) async fn emulated(name: &str) -> Self {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let address = sandbox.docker_host();
        Self::at(&address, name, Some(sandbox)).await
    }

    /// None, with the reason on standard error, where there is no engine.
    #[expect(clippy::print_stderr, reason = "a skipped test says why")]
    pub(super) async fn real(name: &str) -> Option<Self> {
        let Ok(address) = std::env::var(REAL) else {
            eprintln!("skipped: {REAL} names no container engine; scripts/docker-for-tests.sh starts one");
            return None;
        };
        assert!(
            Path::new(BUSYBOX).exists(),
            "{BUSYBOX} is missing: scripts/docker-for-tests.sh installs it"
        );
        Some(Self::at(&address, name, None).await)
    }

    async fn at(address: &str, name: &str, sandbox: Option<Sandbox>) -> Self {
        let docker = match address.strip_prefix("unix://") {
            Some(path) => super::unix_socket::connect(path),
            None => Docker::connect_with_http(address, 60, bollard::API_DEFAULT_VERSION).unwrap(),
        };
        let docker = docker.negotiate_version().await.unwrap();
        base_image(&docker).await;
        let probation = if sandbox.is_some() {
            Duration::from_millis(10)
        } else {
            PROBATION
        };
        let engines = Engines::builder().local(address).probation(probation).build();
        let notes = Notes::default();
        let session = std::sync::Mutex::new(session(&engines, &notes));
        Self {
            docker,
            engines,
            sandbox,
            folder: tempfile::tempdir().unwrap(),
            // Tests share a real engine, and a stopped run may have left something there.
            project: format!("t{}-{}", std::process::id(), name.replace('_', "-")),
            session,
            notes,
        }
    }

    /// What steps noted since it was asked last.
    pub(super) fn notes(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.lock().unwrap())
    }

    /// The stack with one group `shop`, deployed to the local engine.
    pub(super) fn stack(&self, services: Vec<Service>) -> Stack {
        let group = ServiceGroup::builder().name("shop").services(services).build();
        Stack::new(&self.project, "test")
            .root(self.folder.path())
            .add(group)
            .add(DeployServices::locally(["shop"]))
    }

    fn attached(&self, stack: &Stack) -> Stack {
        stack.clone().session(self.session.lock().unwrap().clone())
    }

    pub(super) async fn up(&self, stack: &Stack) -> Result<Report> {
        self.attached(stack).converge().await
    }

    /// What failed, in words.
    pub(super) async fn failures(&self, stack: &Stack) -> String {
        let attached = self.attached(stack);
        let plan = attached.plan().await.unwrap();
        format!("{:?}", attached.apply(&plan).await.unwrap().failed)
    }

    pub(super) async fn roll_back(&self, stack: &Stack) -> Result<Report> {
        self.attached(stack)
            .roll_back("shop", async |plan| Ok(plan))
            .await
    }

    pub(super) async fn plan(&self, stack: &Stack) -> Result<Plan> {
        self.attached(stack).plan().await
    }

    pub(super) async fn down(&self, stack: &Stack) -> Result<Report> {
        self.attached(stack).destroy().await
    }

    /// What is remembered, as text.
    pub(super) async fn state(&self) -> String {
        let session = self.session.lock().unwrap().clone();
        format!("{:?}", session.store().history().await.unwrap())
    }

    /// From now on with a login for the registry `host`, and a state of its own; what steps wait for goes to the notes.
    pub(super) fn log_in(&self, host: &str, login: RegistryLogin) {
        let address = std::env::var(REAL).unwrap();
        let engines = Engines::builder()
            .local(address)
            .probation(PROBATION)
            .registry(host, login)
            .build();
        let notes = self.notes.clone();
        let session = session(&engines, &self.notes).watcher(move |event| {
            if let Event::Waiting { address, what } = event {
                notes.lock().unwrap().push(format!("{address}: {what}"));
            }
        });
        *self.session.lock().unwrap() = session;
    }

    /// From now on nothing is remembered.
    pub(super) fn lose_the_state(&self) {
        *self.session.lock().unwrap() = session(&self.engines, &self.notes);
    }

    /// The plan as lines: `update local/shop/web: env.A`, `create local/shop/db`.
    pub(super) async fn plan_lines(&self, stack: &Stack) -> Vec<String> {
        let plan = self.plan(stack).await.unwrap();
        let lines = plan.steps.iter().map(|step| {
            let changes: Vec<_> = step
                .changes
                .iter()
                .map(|change| change.path.to_string())
                .collect();
            let action = serde_json::to_value(step.action).unwrap();
            let line = format!("{} {}", action.as_str().unwrap(), step.address);
            if changes.is_empty() {
                line
            } else {
                format!("{line}: {}", changes.join(", "))
            }
        });
        lines.collect()
    }

    /// A second look finds nothing to do.
    pub(super) async fn assert_converged(&self, stack: &Stack) {
        let plan = self.plan(stack).await.unwrap();
        assert!(
            plan.is_empty() && plan.records.is_empty() && plan.drift.is_empty(),
            "{plan:#?}"
        );
    }

    /// After a release that failed, the one before is there as declared. What was tried is remembered until a run has seen
    /// that nothing is left of it.
    pub(super) async fn assert_is_back(&self, stack: &Stack) {
        let plan = self.plan(stack).await.unwrap();
        assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:#?}");
        let report = self.up(stack).await.unwrap();
        assert!(report.done.is_empty(), "{report:?}");
        self.assert_converged(stack).await;
    }

    /// The name of a container of the group.
    pub(super) fn name(&self, service: &str) -> String {
        format!("{}-test-shop-{service}", self.project)
    }

    pub(super) async fn inspect(&self, service: &str) -> ContainerInspectResponse {
        let options = None::<InspectContainerOptions>;
        self.docker
            .inspect_container(&self.name(service), options)
            .await
            .unwrap()
    }

    pub(super) async fn id(&self, service: &str) -> String {
        self.inspect(service).await.id.unwrap()
    }

    /// Every container of this test, by name, with its state.
    pub(super) async fn containers(&self) -> BTreeMap<String, String> {
        let options = ListContainersOptions {
            all: true,
            ..ListContainersOptions::default()
        };
        let rows = self.docker.list_containers(Some(options)).await.unwrap();
        let ours = |row: &ContainerSummary| {
            row.names
                .clone()
                .unwrap_or_default()
                .join("")
                .contains(&self.project)
        };
        let rows = rows.into_iter().filter(ours);
        rows.map(|row| {
            let name = row.names.unwrap().join(",");
            let service = name
                .trim_start_matches(&format!("/{}-test-shop-", self.project))
                .to_owned();
            (service, row.state.unwrap().to_string())
        })
        .collect()
    }

    /// Removes everything and sees that nothing is left.
    pub(super) async fn clean_up(&self, stack: &Stack) {
        self.down(stack).await.unwrap();
        assert!(self.containers().await.is_empty());
        let images = self.docker.list_images(None::<ListImagesOptions>).await.unwrap();
        let tags: Vec<_> = images.into_iter().flat_map(|image| image.repo_tags).collect();
        assert!(!tags.iter().any(|tag| tag.contains(&self.project)), "{tags:?}");
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A service that runs until it is stopped.
pub(super) fn service(name: &str) -> Service {
    Service {
        command: words(&["sleep", "100000"]),
        // `sleep` heeds no signal as the first process of a container: it would be waited for to no end.
        stop_grace_period: Some("0s".to_owned()),
        ..Service::builder().name(name).image(IMAGE).build()
    }
}

/// A small server that deploys the group `shop`.
pub(super) fn server(name: &str) -> Server {
    Server::builder()
        .name(name)
        .zone("tk1a")
        .plan(fleetflow_core::sakura::Plan::new(1, 1))
        .disk(Disk::new(20, "ubuntu-24.04"))
        .deploy_services("shop")
        .build()
}

pub(super) fn words(words: &[&str]) -> Vec<Input<String>> {
    words.iter().map(|word| Input::from(*word)).collect()
}

fn session(engines: &Engines, notes: &Notes) -> Session {
    let notes = notes.clone();
    let clouds = Clouds::none().engines(engines.clone());
    let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
    let session = Session::new(clouds, MemoryStore::new(), caller).data(DataGuard::Allow);
    session.watcher(move |event| {
        if let Event::Noted { address, note } = event {
            notes.lock().unwrap().push(format!("{address}: {note}"));
        }
    })
}

/// Builds the image of the services, if the engine does not have it.
pub(super) async fn base_image(docker: &Docker) {
    // Tests run at once, and an image is not to be built by all of them.
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    if docker.inspect_image(IMAGE).await.is_ok() {
        return;
    }
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, mode: u32, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, name, content).unwrap();
    };
    let dockerfile = "FROM scratch\nCOPY bin /bin\nENV PATH=/bin\nCMD [\"sleep\", \"100000\"]\n";
    add("Dockerfile", 0o644, dockerfile.as_bytes());
    add("bin/busybox", 0o755, &fs::read(BUSYBOX).unwrap_or_default());
    for command in COMMANDS {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_mode(0o777);
        header.set_size(0);
        builder
            .append_link(&mut header, format!("bin/{command}"), "busybox")
            .unwrap();
    }
    let options = BuildImageOptions {
        dockerfile: "Dockerfile".to_owned(),
        t: Some(IMAGE.to_owned()),
        ..BuildImageOptions::default()
    };
    let body = body_full(builder.into_inner().unwrap().into());
    let mut lines = docker.build_image(options, None, Some(body));
    while let Some(line) = lines.next().await {
        line.unwrap();
    }
}
