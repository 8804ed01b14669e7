//! What Cloudflare's own command line makes is taken over, and what a stack makes it sees the same. It is installed below the
//! target folder with `FLEETFLOW_TEST_CLIENTS=1`.

use std::path::{Path, PathBuf};

use fleetflow_core::Clouds;
use fleetflow_core::cloudflare::{Cloudflare, Credentials};
use fleetflow_core::converge::{Caller, Session};
use fleetflow_core::plan::Plan;
use fleetflow_core::prelude::*;
use fleetflow_core::state::MemoryStore;
use fleetflow_sandbox::{Options, Sandbox, Timings};
use serde_json::Value;

use crate::npm;

/// The version that the sandbox's own tests use.
const WRANGLER: &str = "wrangler-4.86.0";

/// The program, if it is wanted and can be had.
fn installed() -> Option<PathBuf> {
    let program = |folder: &Path| folder.join("node_modules/.bin/wrangler");
    let package = WRANGLER.replacen('-', "@", 1);
    npm::installed("wrangler", WRANGLER, &[&package], |folder| {
        program(folder).exists()
    })
    .map(|folder| program(&folder))
}

struct Desk {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Desk {
    async fn new() -> Option<Self> {
        let program = installed()?;
        let options = Options {
            timings: Timings::INSTANT,
            ..Options::default()
        };
        Some(Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
            program,
        })
    }

    fn write(&self, name: &str, text: &str) {
        let place = self.folder.path().join(name);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }

    /// What wrangler prints, run in a folder below this one.
    async fn wrangler(&self, folder: &str, line: &str) -> String {
        let mut command = tokio::process::Command::new(&self.program);
        command
            .args(line.split(' '))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("CI", "1")
            .env("NO_COLOR", "1")
            .env("WRANGLER_SEND_METRICS", "false")
            .envs(self.sandbox.environment())
            .current_dir(self.folder.path().join(folder));
        let done = command.output().await.unwrap();
        let said = [&done.stdout, &done.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(done.status.success(), "{line}: {}", said.concat());
        said.concat()
    }

    fn session(&self) -> Session {
        let cloudflare = Cloudflare::builder(Credentials::Token(Sandbox::CLOUDFLARE_TOKEN.into()))
            .account(Sandbox::CLOUDFLARE_ACCOUNT)
            .base(self.sandbox.cloudflare_url())
            .build()
            .unwrap();
        let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
        Session::new(Clouds::none().cloudflare(cloudflare), MemoryStore::new(), caller)
    }

    fn inventory(&self) -> Value {
        self.sandbox.inventory()["cloudflare"].clone()
    }
}

const CODE: &str = "export default { async fetch() { return new Response('edge') } }\n";

fn configuration(namespace: &str) -> String {
    format!(
        r#"{{ "name": "edge", "main": "index.js", "compatibility_date": "2026-01-01", "workers_dev": true,
            "kv_namespaces": [{{ "binding": "CACHE", "id": "{namespace}" }}],
            "r2_buckets": [{{ "binding": "FILES", "bucket_name": "edge-files" }}],
            "vars": {{ "STAGE": "dev", "LEVEL": {{ "deep": 1 }} }},
            "routes": [{{ "pattern": "edge.example.com/*", "zone_name": "example.com" }}],
            "triggers": {{ "crons": ["*/5 * * * *"] }} }}"#
    )
}

/// The same things, as a stack has them: of the Worker only what wrangler's configuration does not say.
fn stack(folder: &Path) -> Stack {
    Stack::new("edge", "dev")
        .add(R2Bucket::builder().name("edge-files").build().adopt())
        .add(KvNamespace::builder().name("cache").build().adopt())
        .add(Worker::builder().name("edge").source("edge").build().adopt())
        .add(
            Pages::builder()
                .name("edge-site")
                .source("public")
                .production_branch("main")
                .build()
                .adopt(),
        )
        .root(folder)
}

/// Each step with what it changes.
fn told(plan: &Plan) -> Vec<String> {
    let told = plan.steps.iter().map(|step| {
        let paths: Vec<_> = step
            .changes
            .iter()
            .map(|change| change.path.to_string())
            .collect();
        format!("{:?} {}: {}", step.action, step.address, paths.join(", "))
            .trim_end_matches(": ")
            .to_owned()
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_wrangler_made_is_taken_over_as_it_is() {
    let Some(desk) = Desk::new().await else { return };
    desk.write("edge/index.js", CODE);
    desk.write("public/index.html", "<h1>hi</h1>");
    desk.wrangler("", "r2 bucket create edge-files").await;
    let made = desk.wrangler("", "kv namespace create cache").await;
    let namespace = made.split('"').find(|word| word.len() == 32).unwrap();
    desk.write("edge/wrangler.json", &configuration(namespace));
    desk.wrangler("edge", "deploy").await;
    desk.wrangler("", "pages project create edge-site --production-branch main")
        .await;
    desk.wrangler("", "pages deploy public --project-name edge-site --branch main")
        .await;
    let before = desk.inventory();

    let stack = stack(desk.folder.path()).session(desk.session());
    let plan = stack.plan().await.unwrap();
    println!("{:#?}", told(&plan));
    assert_eq!(
        told(&plan),
        [
            "Adopt kv-namespace.cache",
            "Adopt pages.edge-site",
            "Adopt r2-bucket.edge-files",
            "Adopt worker.edge",
        ]
    );
    stack.converge().await.unwrap();
    let rest = stack.plan().await.unwrap();
    assert!(rest.is_empty(), "{:#?}", told(&rest));
    let after = desk.inventory();
    assert_eq!(before["kv"], after["kv"]);
    assert_eq!(before["r2"], after["r2"]);
    assert_eq!(before["workers"]["routes"], after["workers"]["routes"]);
    assert_eq!(
        before["workers"]["scripts"][0]["bindings"],
        after["workers"]["scripts"][0]["bindings"]
    );

    // wrangler goes on with it, and what it changes is seen.
    desk.write(
        "edge/wrangler.json",
        &configuration(namespace).replace("\"dev\"", "\"next\""),
    );
    desk.wrangler("edge", "deploy").await;
    desk.write("edge/wrangler.json", &configuration(namespace));
    let drift = told(&stack.plan().await.unwrap());
    assert_eq!(drift.len(), 1, "{drift:?}");
    assert!(drift[0].starts_with("Update worker.edge: bindings["), "{drift:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrangler_sees_what_a_stack_made() {
    let Some(desk) = Desk::new().await else { return };
    desk.write("edge/index.js", CODE);
    desk.write("public/index.html", "<h1>hi</h1>");
    let edge = Worker::builder()
        .name("edge")
        .source("edge")
        .binding(Binding::r2("FILES", "edge-files"))
        .binding(Binding::kv("CACHE", "cache"))
        .binding(Binding::secret("TOKEN", Input::secret("env:TOKEN")))
        .cron("*/5 * * * *")
        .build();
    let stack = Stack::new("edge", "dev")
        .add(R2Bucket::builder().name("edge-files").build())
        .add(KvNamespace::builder().name("cache").build())
        .add(edge)
        .add(Pages::builder().name("edge-site").source("public").build())
        .secret("env:TOKEN", "s3cret")
        .root(desk.folder.path())
        .session(desk.session());
    stack.converge().await.unwrap();
    for (line, said) in [
        ("r2 bucket list", "edge-files"),
        ("kv namespace list", "\"title\": \"cache\""),
        ("deployments list --name edge", "Version"),
        ("secret list --name edge", "TOKEN"),
        ("pages project list", "edge-site"),
        ("pages deployment list --project-name edge-site", "Production"),
    ] {
        let heard = desk.wrangler("", line).await;
        assert!(heard.contains(said), "{line}: {heard}");
    }
    let versions = desk.wrangler("", "versions list --name edge --json").await;
    let id = versions
        .split("\"id\": \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let line = format!("versions view {} --name edge", id.unwrap());
    let version = desk.wrangler("", &line).await;
    for said in ["FILES", "edge-files", "CACHE", "TOKEN"] {
        assert!(version.contains(said), "{version}");
    }
    assert!(stack.plan().await.unwrap().is_empty(), "looking changed nothing");
}
