//! What runs may cost in calls, which unlike time is the same everywhere: the budgets of the architecture.

use std::sync::Arc;
use std::time::Duration;

use fleetflow_core::Stack;
use fleetflow_core::plan::DataGuard;
use fleetflow_core::state::{MemoryStore, Store};
use fleetflow_examples::emulated::Emulated;
use fleetflow_examples::stack_m;
use fleetflow_sandbox::{Cloud, Options, Timings};

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
    let again = stack_m::stack().session(clouds.session_on(store).unwrap());
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
    stack.destroy().await.unwrap();
    assert_eq!(clouds.sandbox().inventory(), before);
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
