//! The kinds of SAKURA Cloud against the emulated one: whole stacks, call counts, crashes at every write.

mod crash;
mod disks;
mod fixtures;
mod keeping;
mod network;
mod objects;
mod picture;
mod price;
mod refusal_rows;
mod refusals;
mod scaling;
mod scripts;
mod server;
mod together;
mod weather;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use fleetflow_sandbox::{Entry, Options, RequestLog, Sandbox, Timings};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::client::Call;
use super::lookup::Lookups;
use super::watch::Watch;
use super::wire::Reference;
use super::{Sakura, Shared};
use crate::clouds::Clouds;
use crate::converge::tests::Journal;
use crate::converge::{Caller, Event, Report, Session};
use crate::error::Result;
use crate::http::{Body, Http, HttpTransport, Pace, Patience, Request, Response, Transport, TransportError};
use crate::model::{Providers, SakuraSettings, Stack};
use crate::plan::{DataGuard, Plan};

/// The public half of a key that opens nothing.
pub(super) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0Q9zZ4W6s0m0P3r9V0bJb0m0gJmXw3T3mS6v7S8n9L deploy@example";

/// An emulated cloud with the state of one stage.
struct Bench {
    sandbox: Sandbox,
    journal: Journal,
    mortality: Arc<Mortality>,
}

thread_local! {
    /// One for all runs of a test: it takes long to make, for it reads the certificates of the system.
    static REAL: HttpTransport = HttpTransport::new("test", std::time::Duration::from_secs(10)).unwrap();
}

/// When the next run dies.
#[derive(Default)]
struct Mortality {
    writes: AtomicU64,
    death: Mutex<Option<(u64, Death)>>,
    died: Notify,
    /// The body of the last start: the sandbox keeps user data to itself.
    start: Mutex<Option<bytes::Bytes>>,
}

/// Where a run dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    BeforeEffect,
    AfterEffect,
}

/// Sends requests, until it dies at one that writes.
struct Mortal {
    real: HttpTransport,
    mortality: Arc<Mortality>,
}

impl Transport for Mortal {
    fn send<'a>(
        &'a self,
        request: &'a Request,
    ) -> BoxFuture<'a, std::result::Result<Response, TransportError>> {
        Box::pin(async move {
            if request.method.is_safe() {
                return self.real.send(request).await;
            }
            if let (true, Body::Bytes(body, _)) = (request.url.ends_with("/power"), &request.body) {
                *self.mortality.start.lock().unwrap() = Some(body.clone());
            }
            let number = self.mortality.writes.fetch_add(1, Ordering::SeqCst) + 1;
            let death = *self.mortality.death.lock().unwrap();
            match death.filter(|(at, _)| *at == number).map(|(_, death)| death) {
                None => self.real.send(request).await,
                Some(death) => {
                    if death == Death::AfterEffect {
                        drop(self.real.send(request).await);
                    }
                    self.mortality.died.notify_one();
                    std::future::pending().await
                }
            }
        })
    }
}

impl Bench {
    async fn new() -> Self {
        Self::with(Timings::INSTANT).await
    }

    async fn with(timings: Timings) -> Self {
        let options = Options {
            timings,
            ..Options::default()
        };
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            journal: Journal::default(),
            mortality: Arc::default(),
        }
    }

    /// A client as a new process has it.
    fn sakura(&self) -> Sakura {
        let mortal = Mortal {
            real: REAL.with(Clone::clone),
            mortality: self.mortality.clone(),
        };
        let patience = Patience {
            first_pause: std::time::Duration::from_millis(1),
            ..Patience::default()
        };
        Sakura {
            shared: Arc::new(Shared {
                http: Http::new(mortal, Pace::new(1000, 1000, 100)).patience(patience),
                watch: Watch::default(),
                lookups: Lookups::default(),
            }),
            token: "sandbox".into(),
            secret: "sandbox".into(),
            root: self.sandbox.sakura_root_url(),
            deploy_key: Some(KEY.to_owned()),
            key_source: None,
            grace: std::time::Duration::from_secs(1),
        }
    }

    fn attach(&self, stack: &Stack) -> Stack {
        self.attach_watched(stack, |_| {})
    }

    fn attach_watched(&self, stack: &Stack, watcher: impl Fn(Event) + Send + Sync + 'static) -> Stack {
        self.attach_client(stack, self.sakura(), watcher)
    }

    fn attach_client(
        &self,
        stack: &Stack,
        sakura: Sakura,
        watcher: impl Fn(Event) + Send + Sync + 'static,
    ) -> Stack {
        let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
        let session = Session::new(Clouds::none().sakura(sakura), self.journal.clone(), caller)
            .data(DataGuard::Allow)
            .settle(std::time::Duration::ZERO)
            .watcher(watcher);
        stack.clone().session(session)
    }

    async fn plan(&self, stack: &Stack) -> Plan {
        self.attach(stack).plan().await.unwrap()
    }

    async fn converge(&self, stack: &Stack) -> Result<Report> {
        self.attach(stack).converge().await
    }

    /// Runs, and makes sure that nothing is left to do.
    async fn settle(&self, stack: &Stack) -> Report {
        let report = self.converge(stack).await.unwrap();
        let plan = self.plan(stack).await;
        assert!(
            plan.is_empty() && plan.records.is_empty() && plan.drift.is_empty(),
            "{plan:#?}"
        );
        report
    }

    async fn destroy(&self) -> Result<Report> {
        self.attach(&stage()).destroy().await
    }

    /// A run that dies at its write number `at`; whether it came so far.
    async fn dies(&self, stack: &Stack, at: u64, death: Death) -> bool {
        self.mortality.writes.store(0, Ordering::SeqCst);
        *self.mortality.death.lock().unwrap() = Some((at, death));
        let died = tokio::select! {
            report = self.converge(stack) => { report.unwrap(); false }
            () = self.mortality.died.notified() => true,
        };
        *self.mortality.death.lock().unwrap() = None;
        died
    }

    /// Cuts the power of the server called `name`, as somebody does in the control panel.
    async fn switch_off(&self, name: &str) {
        let sakura = self.sakura();
        let call = Call::get("tk1a", "server", "find the server");
        let found: Vec<Reference> = sakura
            .list(call, "Servers", json!({ "Name": name }))
            .await
            .unwrap();
        let path = format!("server/{}/power", found[0].id);
        let off = Call::delete("tk1a", path, "cut the power").body(json!({ "Force": true }));
        sakura.done(off).await.unwrap();
    }

    fn inventory(&self) -> Value {
        self.sandbox.inventory()["sakura"].clone()
    }

    fn log(&self) -> RequestLog {
        self.sandbox.log()
    }

    /// The writes since the last look, as `POST /disk`.
    fn writes(&self) -> Vec<String> {
        let log = self.log();
        let writes = log
            .writes()
            .map(|entry| format!("{} /{}", entry.method, call(entry)));
        let writes = writes.collect();
        self.sandbox.clear_log().unwrap();
        writes
    }

    fn reads(&self) -> usize {
        self.log().count("GET")
    }
}

/// What `entry` was about, below a zone: `disk/ID`.
fn call(entry: &Entry) -> String {
    let path = entry.path.split("/1.1/").nth(1).unwrap_or_default();
    let path: Vec<_> = path
        .split('/')
        .map(|part| if part.parse::<u64>().is_ok() { "ID" } else { part })
        .collect();
    path.join("/")
}

/// A stage in Tokyo.
fn stage() -> Stack {
    Stack::new("shop", "dev").providers(Providers {
        sakura_cloud: Some(SakuraSettings {
            zone: Some("tk1a".to_owned()),
            ..SakuraSettings::default()
        }),
        ..Providers::default()
    })
}
