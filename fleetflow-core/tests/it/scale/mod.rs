//! Replicas come and go on all three emulated clouds in the right order: names last, and names first.

mod engines;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fleetflow_core::autoscale::{WatchEvent, WatchOptions};
use fleetflow_core::cloudflare::{Cloudflare, Credentials};
use fleetflow_core::converge::{Caller, Event, Session};
use fleetflow_core::docker::{Engines, HostKeys, Translate};
use fleetflow_core::plan::{Action, Plan as Changes};
use fleetflow_core::prelude::*;
use fleetflow_core::sakura::Sakura;
use fleetflow_core::state::MemoryStore;
use fleetflow_core::{Clouds, Error, ErrorKind, Result};
use fleetflow_sandbox::{Clock, Options, Sandbox, Timings};
use futures::FutureExt as _;
use russh::keys::PrivateKey;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};

/// Three clouds, one state, and what happened in the last runs.
struct Bench {
    sandbox: Arc<Sandbox>,
    session: Session,
    clouds: Clouds,
    store: Arc<MemoryStore>,
    keys: Keys,
    /// The addresses of servers that nobody reaches.
    silent: Arc<Mutex<BTreeSet<String>>>,
    happened: Arc<Mutex<Vec<String>>>,
}

/// The keys of servers, by their ids: one that is made anew at an address has another.
#[derive(Clone, Default)]
struct Keys(Arc<Mutex<BTreeMap<String, String>>>);

impl HostKeys for Keys {
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
}

impl Bench {
    async fn start() -> Self {
        let clock = Clock::manual("2040-01-01T00:00:00Z".parse().unwrap());
        let options = Options {
            timings: Timings::INSTANT,
            clock: clock.clone(),
            ..Options::default()
        };
        let sandbox = Arc::new(Sandbox::start(options).await.unwrap());
        let sakura = Sakura::builder("sandbox".into(), "sandbox".into())
            .root(sandbox.sakura_root_url())
            .deploy_key(key().public_key().to_openssh().unwrap())
            .build()
            .unwrap();
        let cloudflare = Cloudflare::builder(Credentials::Token(Sandbox::CLOUDFLARE_TOKEN.into()))
            .base(sandbox.cloudflare_url())
            .account(Sandbox::CLOUDFLARE_ACCOUNT)
            .build()
            .unwrap();
        let keys = Keys::default();
        let silent: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let clouds = Clouds::none()
            .sakura(sakura)
            .cloudflare(cloudflare)
            .engines(engines_of(&sandbox, &keys, &silent));
        let store = Arc::new(MemoryStore::new());
        let happened: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = Arc::clone(&happened);
        let session = Session::sharing(clouds.clone(), store.clone(), caller(&clock)).watcher(move |event| {
            let line = match event {
                Event::Started { address, action } => format!("{} {address}", begun(action)),
                Event::Done { address, action, .. } => format!("{} {address}", done(action)),
                _ => return,
            };
            told.lock().unwrap().push(line);
        });
        Self {
            sandbox,
            session,
            clouds,
            store,
            keys,
            silent,
            happened,
        }
    }

    fn attach(&self, stack: &Stack) -> Stack {
        self.happened.lock().unwrap().clear();
        stack.clone().session(self.session.clone())
    }

    async fn scale(&self, stack: &Stack, count: u32) {
        let report = self
            .attach(stack)
            .scale("web", count, async |plan| Ok(plan))
            .await
            .unwrap();
        assert!(report.failed.is_empty(), "{:?}", report.failed);
        let plan = stack.clone().session(self.session.clone()).plan().await.unwrap();
        assert!(plan.is_empty() && plan.records.is_empty(), "{plan:#?}");
    }

    /// From now on the health check of the shop on `server` fails.
    async fn ail(&self, server: &str) {
        self.change(server, "api", serde_json::json!({ "state": "unhealthy" }))
            .await;
    }

    /// Something happens to a service of the shop on `server`.
    async fn change(&self, server: &str, service: &str, body: serde_json::Value) {
        let url = format!(
            "{}/docker/{server}/containers/shop-dev-shop-{service}/state",
            self.sandbox.control_url()
        );
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// That each of `lines` happened, and in this order.
    fn in_order(&self, lines: &[&str]) {
        let happened = self.happened.lock().unwrap();
        let places: Vec<_> = lines
            .iter()
            .map(|line| happened.iter().position(|seen| seen == line))
            .collect();
        assert!(
            places.iter().all(Option::is_some) && places.is_sorted(),
            "{lines:?} {places:?} {happened:#?}"
        );
    }
}

fn begun(action: Action) -> &'static str {
    if action == Action::Delete {
        "removing"
    } else {
        "making"
    }
}

fn done(action: Action) -> &'static str {
    if action == Action::Delete {
        "removed"
    } else {
        "made"
    }
}

/// Somebody who lives in the time of the clouds.
fn caller(clock: &Clock) -> Caller {
    let clock = clock.clone();
    Caller::new("a test", move || clock.now().to_string())
}

fn key() -> PrivateKey {
    let key = KeypairData::from(Ed25519Keypair::from_seed(&[7; 32]));
    PrivateKey::new(key, "a test").unwrap()
}

/// Engines that nothing is connected to yet.
fn engines_of(sandbox: &Arc<Sandbox>, keys: &Keys, silent: &Arc<Mutex<BTreeSet<String>>>) -> Engines {
    Engines::builder()
        .identity(key().to_openssh(LineEnding::LF).unwrap().to_string().into())
        .translate(way_to(sandbox, silent))
        .host_keys(keys.clone())
        .probation(Duration::from_millis(10))
        .build()
}

fn way_to(sandbox: &Arc<Sandbox>, silent: &Arc<Mutex<BTreeSet<String>>>) -> Translate {
    let (sandbox, silent) = (Arc::downgrade(sandbox), Arc::clone(silent));
    Arc::new(move |address, port| {
        let found = sandbox
            .upgrade()
            .filter(|_| !silent.lock().unwrap().contains(address))
            .and_then(|sandbox| sandbox.ssh_address(address, port).ok().flatten());
        let unknown = || Error::new(ErrorKind::Unavailable, "no emulated server answers there");
        let found = found.map(|found| (found.ip().to_string(), found.port()));
        async move { found.ok_or_else(unknown) }.boxed()
    })
}

/// A shop on one to three servers, whose name is proxied, or lives for 120 seconds.
fn shop(proxied: bool) -> Stack {
    let web = Server::builder()
        .name("web")
        .zone("is1a")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .deploy_services("shop")
        .build();
    let record = Record::a("shop", web.ip());
    let record = if proxied {
        record.proxied(true)
    } else {
        record.ttl(120)
    };
    let api = Service::builder()
        .name("api")
        .image("nginx:1")
        .health_check(HealthCheck::builder().test(["CMD", "probe"]).build())
        .build();
    let log = Service::builder()
        .name("log")
        .image("redis:7")
        .volume("data:/data".parse().unwrap())
        .build();
    let group = ServiceGroup::builder()
        .name("shop")
        .service(api)
        .service(log)
        .build();
    Stack::new("shop", "dev")
        .add(Dns::builder().zone("creo-memories.com").record(record).build())
        .add(web)
        .add(group)
        .add(Scale::builder().server("web").min(1).max(3).cooldown(0).build())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_gets_a_name_when_its_services_are_healthy_and_loses_it_before_they_stop() {
    let bench = Bench::start().await;
    let stack = shop(true);
    let empty = bench.sandbox.inventory();
    bench.attach(&stack).converge().await.unwrap();
    let record = "dns-record.creo-memories.com/shop/A";
    bench.in_order(&["made container.web/shop/api", &format!("making {record}")]);
    bench.scale(&stack, 3).await;
    for number in [2, 3] {
        bench.in_order(&[
            &format!("made server.web-{number}"),
            &format!("made container.web-{number}/shop/api"),
            &format!("making {record}#{number}"),
        ]);
        bench.in_order(&[
            &format!("made container.web-{number}/shop/log"),
            &format!("making {record}#{number}"),
        ]);
    }
    let lonely = |line: &String| line.contains("server.web ") || line.ends_with("server.web");
    assert!(
        !bench.happened.lock().unwrap().iter().any(lonely),
        "the first one is left alone"
    );
    bench.scale(&stack, 2).await;
    bench.in_order(&[
        &format!("removed {record}#3"),
        "removing container.web-3/shop/api",
        "removed container.web-3/shop/api",
        "removing server.web-3",
    ]);
    bench.in_order(&["removed container.web-3/shop/log", "removing server.web-3"]);
    let two = bench.sandbox.inventory();
    assert_eq!(two["sakura"]["servers"].as_array().unwrap().len(), 2);
    let unscaled = stack
        .declarations()
        .iter()
        .filter(|declared| declared.address.kind() != "scale");
    let unscaled = unscaled.cloned().fold(Stack::new("shop", "dev"), Stack::add);
    bench.attach(&unscaled).converge().await.unwrap();
    bench.in_order(&[&format!("removed {record}#2"), "removing server.web-2"]);
    let lossy = bench.session.clone().data(fleetflow_core::plan::DataGuard::Allow);
    unscaled.clone().session(lossy).destroy().await.unwrap();
    assert_eq!(bench.sandbox.inventory(), empty);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_still_knows_the_name_of_a_replica_gets_time_before_its_services_stop() {
    let bench = Bench::start().await;
    let stack = shop(false);
    bench.attach(&stack).converge().await.unwrap();
    bench.scale(&stack, 2).await;
    let seen: Mutex<Option<Changes>> = Mutex::default();
    let look = async |plan: Changes| {
        *seen.lock().unwrap() = Some(plan);
        Err(Error::new(ErrorKind::Cancelled, "only looking"))
    };
    bench.attach(&stack).scale("web", 1, look).await.unwrap_err();
    let plan = seen.into_inner().unwrap().unwrap();
    let pauses: BTreeMap<String, u64> = plan
        .steps
        .iter()
        .filter_map(|step| Some((step.address.to_string(), step.pause.as_ref()?.seconds)))
        .collect();
    let expected =
        ["container.web-2/shop/api", "container.web-2/shop/log"].map(|name| (name.to_owned(), 120));
    assert_eq!(pauses, expected.into());
    let order: Vec<_> = plan.steps.iter().map(|step| step.address.kind()).collect();
    assert_eq!(order.first(), Some(&"dns-record"), "{order:?}");
    let plan = bench.attach(&stack).plan().await.unwrap();
    assert!(plan.is_empty(), "what was not agreed to was not decided either");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_not_well_loses_its_name_and_is_made_anew() {
    let bench = Bench::start().await;
    let stack = shop(false);
    bench.attach(&stack).converge().await.unwrap();
    bench.scale(&stack, 3).await;
    let before = bench.sandbox.inventory();
    for server in ["web-2", "web"] {
        bench.ail(server).await;
    }
    let decided = Mutex::new(Vec::new());
    let told = |event| {
        if let WatchEvent::Decided(judgement) = event {
            decided.lock().unwrap().push(judgement);
        }
    };
    let once = WatchOptions::default().once();
    bench.attach(&stack).watch(&once, told).await.unwrap();
    let decided = decided.into_inner().unwrap();
    let [judgement] = decided.as_slice() else {
        panic!("{decided:#?}")
    };
    assert_eq!(judgement.decision.replace.as_deref(), Some("web-2"));
    assert_eq!((judgement.current, judgement.well), (3, 1));
    let record = "dns-record.creo-memories.com/shop/A#2";
    bench.in_order(&[
        &format!("removed {record}"),
        "removed server.web-2",
        "made server.web-2",
        "made container.web-2/shop/api",
        &format!("making {record}"),
    ]);
    let others =
        |line: &String| line.contains("web-3") || line.contains("#3") || line.contains("server.web ");
    assert!(
        !bench.happened.lock().unwrap().iter().any(others),
        "the others are left alone"
    );
    let after = bench.sandbox.inventory();
    assert_eq!(
        after["sakura"]["servers"].as_array().map(Vec::len),
        before["sakura"]["servers"].as_array().map(Vec::len)
    );
    assert!(
        stack
            .clone()
            .session(bench.session.clone())
            .plan()
            .await
            .unwrap()
            .is_empty()
    );
}
