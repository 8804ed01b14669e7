//! What runs cost in calls to the engine.

use fleetflow_core::prelude::*;

use super::bench::{Bench, service};

fn services(count: usize) -> Vec<Service> {
    (0..count).map(|number| service(&format!("s{number}"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_costs_the_same_for_one_service_and_for_twenty() {
    let bench = Bench::emulated("calls").await;
    let sandbox = bench.sandbox.as_ref().unwrap();
    for count in [1, 20] {
        let stack = bench.stack(services(count));
        bench.up(&stack).await.unwrap();
        sandbox.clear_log().unwrap();
        bench.assert_converged(&stack).await;
        let asked: Vec<_> = sandbox
            .log()
            .entries()
            .iter()
            .map(|entry| format!("{} {}", entry.method, entry.path))
            .collect();
        assert_eq!(
            asked.len(),
            2,
            "a list of networks and one of containers: {asked:?}"
        );
        assert_eq!(sandbox.log().writes().count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_deployment_writes_three_times_for_each_service() {
    let bench = Bench::emulated("calls").await;
    let sandbox = bench.sandbox.as_ref().unwrap();
    sandbox.clear_log().unwrap();
    bench.up(&bench.stack(services(5))).await.unwrap();
    let writes: Vec<_> = sandbox.log().writes().map(|entry| entry.path.clone()).collect();
    assert_eq!(
        writes.len(),
        3 + 5 * 3,
        "the network, made again with its subnet; create, start and name each container: {writes:#?}"
    );
}
