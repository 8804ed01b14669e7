//! What a loop does with engines: it asks them for the load of their containers, and bears those that do not answer.

use fleetflow_core::autoscale::Judgement;
use fleetflow_core::model::Existing;
use fleetflow_core::sakura::Metrics;
use serde_json::json;

use super::*;

impl Bench {
    /// One look: what was decided, and the plan of it.
    async fn look(&self, stack: &Stack) -> (Judgement, Changes) {
        let seen = Mutex::new((Vec::new(), Vec::new()));
        let told = |event| match event {
            WatchEvent::Decided(judgement) => seen.lock().unwrap().0.push(judgement),
            WatchEvent::Looked(plan) => seen.lock().unwrap().1.push(plan),
            _ => {}
        };
        let once = WatchOptions::default().once();
        self.attach(stack).watch(&once, told).await.unwrap();
        let (mut judgements, mut plans) = seen.into_inner().unwrap();
        (judgements.pop().unwrap(), plans.pop().unwrap())
    }

    /// The address of a server.
    async fn ip(&self, server: &str) -> String {
        self.entry(server).await.outputs["ip"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    async fn id(&self, server: &str) -> String {
        self.entry(server).await.id
    }

    async fn entry(&self, server: &str) -> Existing {
        let (address, state) = (
            Address::new("server", server),
            self.session.store().load().await.unwrap(),
        );
        state.entry(&address).unwrap().existing(&address).unwrap()
    }

    /// The same with connections of its own.
    fn reconnected(&mut self) {
        let engines = engines_of(&self.sandbox, &self.keys, &self.silent);
        self.session = Session::sharing(
            self.clouds.clone().engines(engines),
            self.store.clone(),
            caller(self.sandbox.clock()),
        );
    }
}

/// The shop, scaled by what its containers take.
fn measured() -> Stack {
    let mut stack = Stack::new("shop", "dev");
    for declared in shop(true).declarations() {
        if declared.address.kind() != "scale" {
            stack = stack.add(declared.clone());
        }
    }
    let scale = Scale::builder().server("web").min(1).max(3).cpu_threshold(80);
    stack.add(scale.cooldown(0).metrics(Metrics::Docker).build())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_load_of_containers_is_seen_at_once_through_the_one_connection_to_a_server() {
    let bench = Bench::start().await;
    let stack = measured();
    bench.attach(&stack).converge().await.unwrap();
    let minute = Duration::from_mins(1);
    bench.sandbox.clock().advance(minute);
    let (judgement, _) = bench.look(&stack).await;
    assert_eq!(
        (judgement.decision.count, judgement.decision.load),
        (1, Some(1.0))
    );
    // Of two processors: 150 % of one and 20 % of one are 85 % of the machine.
    bench.change("web", "api", json!({ "cpu_percent": 150.0 })).await;
    bench.change("web", "log", json!({ "cpu_percent": 20.0 })).await;
    bench.sandbox.clock().advance(minute);
    bench.sandbox.clear_log().unwrap();
    let (judgement, _) = bench.look(&stack).await;
    let load = judgement.decision.load.unwrap();
    assert!((84.5..85.5).contains(&load), "{load}");
    assert_eq!(
        (judgement.current, judgement.decision.count),
        (1, 2),
        "{judgement:#?}"
    );
    bench.in_order(&["made server.web-2", "made container.web-2/shop/api"]);
    let log = bench.sandbox.log();
    let asked = log
        .entries()
        .iter()
        .filter(|entry| entry.path.ends_with("/stats"))
        .count();
    assert_eq!(asked, 2, "one question a container");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_do_not_answer_are_left_as_they_are_and_stop_nothing() {
    let mut bench = Bench::start().await;
    let stack = shop(true);
    bench.attach(&stack).converge().await.unwrap();
    bench.scale(&stack, 3).await;
    let second = bench.ip("web-2").await;
    let third = format!("server-{}", bench.id("web-3").await);
    bench.silent.lock().unwrap().insert(second);
    let other = key().public_key().to_openssh().unwrap();
    bench.keys.0.lock().unwrap().insert(third, other);
    bench.reconnected();
    for server in ["web", "web-2"] {
        bench.change(server, "log", json!({ "state": "exited" })).await;
    }
    let (judgement, plan) = bench.look(&stack).await;
    assert_eq!((judgement.current, judgement.well), (3, 3), "their load is known");
    assert_eq!(judgement.decision.replace, None);
    let steps: Vec<_> = plan.steps.iter().map(|step| step.address.to_string()).collect();
    assert_eq!(steps, ["container.web/shop/log"]);
    let silent = plan
        .notes
        .iter()
        .filter(|note| note.contains("cannot be reached"));
    assert!(silent.count() >= 2, "{:?}", plan.notes);
    bench.silent.lock().unwrap().clear();
    // Whoever wants to be rid of it needs no answer from it.
    let strict = bench.attach(&stack).plan().await.unwrap_err();
    assert_eq!(strict.kind(), ErrorKind::Unauthorized, "{strict}");
    let report = bench
        .attach(&stack)
        .scale("web", 2, async |plan| Ok(plan))
        .await
        .unwrap();
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    let servers = bench.sandbox.inventory()["sakura"]["servers"]
        .as_array()
        .map(Vec::len);
    assert_eq!(servers, Some(2));
}
