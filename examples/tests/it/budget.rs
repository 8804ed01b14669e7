//! What runs may cost in calls, which unlike time is the same everywhere: the budgets of the architecture.

use std::sync::Arc;
use std::time::Duration;

use fleetflow_core::plan::DataGuard;
use fleetflow_core::prelude::*;
use fleetflow_core::state::{MemoryStore, Store};
use fleetflow_examples::emulated::Emulated;
use fleetflow_examples::stack_m;
use fleetflow_sandbox::{Cloud, Options, RequestLog, Timings};

/// Long enough that what is done between two requests is short beside it.
const LATENCY: Duration = Duration::from_millis(250);

async fn clouds(latency: Duration) -> Emulated {
    let options = Options {
        timings: Timings::INSTANT,
        latency,
        ..Options::default()
    };
    Emulated::with(options).await.expect("emulated clouds")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_of_stack_m_without_a_change_is_fifty_calls_at_most() {
    let clouds = clouds(Duration::ZERO).await;
    let before = clouds.sandbox().inventory();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let session = clouds.session_on(store.clone()).unwrap().data(DataGuard::Allow);
    let stack = stack_m::stack().session(session);
    let report = stack.converge().await.unwrap();
    println!(
        "stack M: {} steps, {} calls",
        report.done.len(),
        clouds.sandbox().log().len()
    );
    clouds.sandbox().clear_log().unwrap();
    // New clients, as another process has them: what the first run learned is not known.
    let again = stack_m::stack().session(clouds.session_on(store.clone()).unwrap());
    let plan = again.plan().await.unwrap();
    assert!(
        plan.is_empty() && plan.records.is_empty() && plan.drift.is_empty(),
        "{:?}",
        plan.steps
    );
    let log = clouds.sandbox().log();
    let of = |cloud| log.entries().iter().filter(|entry| entry.cloud == cloud).count();
    let counts = [Cloud::Sakura, Cloud::Cloudflare, Cloud::Docker].map(|cloud| (cloud, of(cloud)));
    println!(
        "stack M: a plan without a change of {} resources is {} calls: {counts:?}",
        plan.unchanged,
        log.len()
    );
    assert_eq!(log.writes().count(), 0);
    assert!(log.len() <= 50, "{} calls: {counts:?}", log.len());

    clouds.sandbox().clear_log().unwrap();
    clouds.sandbox().set_latency(LATENCY);
    let again = stack_m::stack().session(clouds.session_on(store).unwrap());
    assert!(again.plan().await.unwrap().is_empty());
    clouds.sandbox().set_latency(Duration::ZERO);
    let trips = round_trips(&clouds.sandbox().log(), LATENCY);
    println!("stack M: a plan without a change is {trips} round trips");
    assert!(trips <= 8, "{trips} round trips");
    stack.destroy().await.unwrap();
    assert_eq!(clouds.sandbox().inventory(), before);
}

/// How many requests had to wait for each other: one that waits for an answer arrives at least a latency after the
/// request that it waits for.
fn round_trips(log: &RequestLog, latency: Duration) -> usize {
    let mut times: Vec<_> = log.entries().iter().map(|entry| entry.time).collect();
    times.sort();
    let mut trips = 0;
    let mut began = None;
    for time in times {
        if began.is_none_or(|began| time.duration_since(began).unsigned_abs() >= latency) {
            began = Some(time);
            trips += 1;
        }
    }
    trips
}

/// A disk that boots and has everything on it, and the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_a_disk_is_two_writes_and_its_change_is_one() {
    let clouds = clouds(Duration::ZERO).await;
    let server = |tag: &str| {
        Server::builder()
            .name("web")
            .zone("tk1a")
            .plan(Plan::new(2, 4))
            .disk(Disk::new(40, "ubuntu-24.04"))
            .tag(tag)
            .build()
    };
    let session = clouds.session().unwrap().data(DataGuard::Allow);
    for (tag, most) in [("a", 2), ("b", 1)] {
        clouds.sandbox().clear_log().unwrap();
        let stack = Stack::new("m", "prod").add(server(tag)).session(session.clone());
        stack.converge().await.unwrap();
        let log = clouds.sandbox().log();
        let writes: Vec<_> = log.writes().map(|entry| (&entry.method, &entry.path)).collect();
        assert_eq!(writes.len(), most, "{writes:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_hundred_new_records_are_six_writes_at_most() {
    let clouds = clouds(Duration::ZERO).await;
    let zone = stack_m::records("example.jp", 1_200);
    let stack = Stack::new("m", "prod")
        .add(zone)
        .session(clouds.session().unwrap());
    stack.converge().await.unwrap();
    let writes = clouds.sandbox().log().writes().count();
    println!("1,200 records: {writes} writes");
    assert!(writes <= 6, "{writes} writes");
}
