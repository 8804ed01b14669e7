//! Life cycles of every kind against the emulated Cloudflare, through whole runs of stacks. Every request that is sent is
//! held against the official description of the API.

mod access;
mod bindings;
mod buckets;
mod fields;
mod hosts;
mod namespaces;
mod pitfalls;
mod records;
mod schema;
mod sites;
mod sources;
mod targets;
mod traps;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use fleetflow_sandbox::{Options, Sandbox, Timings};
use serde_json::{Value, json};

use super::{Cloudflare, Credentials};
use crate::clouds::Clouds;
use crate::converge::{Caller, Report, Session};
use crate::error::Result;
use crate::http::Patience;
use crate::model::{Declaration, Stack};
use crate::plan::{Action, Plan};
use crate::state::MemoryStore;

/// An emulated Cloudflare and the state of one project, for a sequence of runs.
struct Bench {
    sandbox: Arc<Sandbox>,
    session: Session,
    http: reqwest::Client,
}

impl Bench {
    async fn start() -> Self {
        Self::with(Timings::INSTANT).await
    }

    async fn with(timings: Timings) -> Self {
        Self::of(Options {
            timings,
            ..Options::default()
        })
        .await
    }

    /// With so much time in front of each answer.
    async fn delayed(latency: Duration) -> Self {
        Self::of(Options {
            timings: Timings::INSTANT,
            latency,
            ..Options::default()
        })
        .await
    }

    async fn of(options: Options) -> Self {
        let sandbox = Arc::new(Sandbox::start(options).await.unwrap());
        let session = session(&client(&sandbox));
        Self {
            sandbox,
            session,
            http: reqwest::Client::new(),
        }
    }

    /// The same world for somebody whose state is lost.
    fn forgetful(&self) -> Self {
        Self {
            sandbox: Arc::clone(&self.sandbox),
            session: session(&client(&self.sandbox)),
            http: self.http.clone(),
        }
    }

    fn attach(&self, stack: &Stack) -> Stack {
        stack.clone().session(self.session.clone())
    }

    async fn plan(&self, stack: &Stack) -> Plan {
        let before = self.sandbox.log().writes().count();
        let plan = self.attach(stack).plan().await.unwrap();
        assert_eq!(
            self.sandbox.log().writes().count(),
            before,
            "a plan writes nothing"
        );
        plan
    }

    async fn converge(&self, stack: &Stack) -> Result<Report> {
        let before = self.sandbox.log().len();
        let report = self.attach(stack).converge().await;
        schema::check(&self.sandbox.log().entries()[before..]);
        report
    }

    /// Converges, and sees that the next plan is empty.
    async fn settle(&self, stack: &Stack) -> Report {
        let report = self.converge(stack).await.unwrap();
        let plan = self.plan(stack).await;
        assert!(
            plan.is_empty(),
            "a second run would do something: {:#?}",
            plan.steps
        );
        assert!(plan.drift.is_empty(), "{:#?}", plan.drift);
        report
    }

    async fn destroy(&self, stack: &Stack) -> Result<Report> {
        let before = self.sandbox.log().len();
        let report = self.attach(stack).destroy().await;
        schema::check(&self.sandbox.log().entries()[before..]);
        report
    }

    fn inventory(&self) -> Value {
        self.sandbox.inventory()["cloudflare"].clone()
    }

    fn records(&self) -> Vec<Value> {
        self.inventory()["dns_records"].as_array().unwrap().clone()
    }

    fn buckets(&self) -> Vec<Value> {
        self.inventory()["r2"].as_array().unwrap().clone()
    }

    /// Requests since the last call of this.
    fn calls(&self) -> Vec<String> {
        let log = self.sandbox.log();
        self.sandbox.clear_log().unwrap();
        log.entries()
            .iter()
            .map(|entry| format!("{} {}", entry.method, entry.path.trim_start_matches("/client/v4")))
            .collect()
    }

    /// A request of somebody else.
    async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.sandbox.cloudflare_url());
        let request = self.http.request(method.parse().unwrap(), url);
        let request = request.bearer_auth(Sandbox::CLOUDFLARE_TOKEN);
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["success"], json!(true), "{answer}");
        answer["result"].clone()
    }

    async fn zone_id(&self, name: &str) -> String {
        let zones = self.ask("GET", &format!("/zones?name={name}"), Value::Null).await;
        zones[0]["id"].as_str().unwrap().to_owned()
    }

    /// A request to the sandbox itself.
    async fn control(&self, method: &str, path: &str, body: Value) {
        let url = format!("{}/cloudflare{path}", self.sandbox.control_url());
        let request = self.http.request(method.parse().unwrap(), url).json(&body);
        let status = request.send().await.unwrap().status();
        assert!(status.is_success(), "{status}");
    }
}

/// A client that does not wait long.
fn client(sandbox: &Sandbox) -> Cloudflare {
    client_with(sandbox, Sandbox::CLOUDFLARE_TOKEN)
        .account(Sandbox::CLOUDFLARE_ACCOUNT)
        .build()
        .unwrap()
}

fn client_with(sandbox: &Sandbox, token: &str) -> super::CloudflareBuilder {
    let patience = Patience {
        first_pause: Duration::from_millis(5),
        ..Patience::default()
    };
    Cloudflare::builder(Credentials::Token(token.into()))
        .base(sandbox.cloudflare_url())
        .patience(patience)
}

fn session(client: &Cloudflare) -> Session {
    let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
    // The emulated cloud shows at once what was done.
    Session::new(
        Clouds::none().cloudflare(client.clone()),
        MemoryStore::new(),
        caller,
    )
    .settle(std::time::Duration::ZERO)
}

fn stack(declarations: impl IntoIterator<Item = impl Into<Declaration>>) -> Stack {
    declarations
        .into_iter()
        .fold(Stack::new("creo", "dev"), Stack::add)
}

/// The changed fields of each step: `update dns-record.x: ttl, value`.
fn told(plan: &Plan) -> Vec<String> {
    let mut told: Vec<_> = plan
        .steps
        .iter()
        .map(|step| {
            let fields: Vec<_> = step
                .changes
                .iter()
                .map(|change| change.path.to_string())
                .collect();
            let action = serde_json::to_value(step.action).unwrap();
            let text = format!(
                "{} {}: {}",
                action.as_str().unwrap(),
                step.address,
                fields.join(", ")
            );
            text.trim_end_matches(": ").to_owned()
        })
        .collect();
    told.sort();
    told
}

fn count(plan: &Plan, action: Action) -> usize {
    plan.count(action)
}
