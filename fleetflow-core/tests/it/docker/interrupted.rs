//! Runs that end anywhere: every call of a first deployment, a release and a removal is made to fail once.

use fleetflow_core::prelude::*;
use fleetflow_sandbox::{Fault, Moment, Times};

use super::bench::{Bench, service};

fn first() -> Vec<Service> {
    let volumes = vec![Mount::volume("data", "/data")];
    vec![
        Service {
            volumes,
            ..service("db")
        },
        Service {
            depends_on: vec!["db".into()],
            ports: vec![Port::new(8080, 80)],
            ..service("web")
        },
        service("worker"),
    ]
}

fn second() -> Vec<Service> {
    let changed = first().into_iter().map(|service| Service {
        user: Some("0".into()),
        ..service
    });
    changed.collect()
}

/// Runs `up` for `services` with the `number`-th call going wrong; answers whether there was such a call.
async fn up_with_fault(bench: &Bench, services: Vec<Service>, number: u64, when: Moment) -> bool {
    let sandbox = bench.sandbox.as_ref().unwrap();
    sandbox.clear_log().unwrap();
    let fault = Fault::answer(500).path("^/(v[0-9.]+/)?(containers|networks|volumes|images)");
    sandbox
        .add_fault(fault.when(when).times(Times::Nth(number)))
        .unwrap();
    let stack = bench.stack(services);
    let failed = bench.up(&stack).await.is_err();
    let calls = sandbox.log().len() as u64;
    sandbox.faults().clear();
    assert!(failed || calls < number + 50);
    bench
        .up(&stack)
        .await
        .unwrap_or_else(|error| panic!("call {number}, {when:?}: {error:?}"));
    bench.assert_converged(&stack).await;
    let states = bench.containers().await;
    let names: Vec<_> = states.keys().map(String::as_str).collect();
    assert_eq!(names, ["db", "web", "worker"], "call {number}, {when:?}");
    assert!(
        states.values().all(|state| state == "running"),
        "call {number}, {when:?}: {states:?}"
    );
    failed
}

async fn every_call(when: Moment) {
    let mut number = 1;
    let mut failures = 0;
    loop {
        let bench = Bench::emulated("interrupted").await;
        let sandbox = bench.sandbox.as_ref().unwrap();
        let empty = sandbox.inventory();
        let failed_first = up_with_fault(&bench, first(), number, when).await;
        let failed_second = up_with_fault(&bench, second(), number, when).await;
        failures += u32::from(failed_first) + u32::from(failed_second);
        bench.clean_up(&bench.stack(second())).await;
        assert_eq!(sandbox.inventory(), empty, "call {number}");
        if !failed_first && !failed_second && number > 40 {
            break;
        }
        number += 1;
    }
    assert!(failures > 40, "the faults were meant to be felt: {failures}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_call_anywhere_ends_in_the_same_world() {
    every_call(Moment::BeforeEffect).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_anywhere_ends_in_the_same_world() {
    every_call(Moment::AfterEffect).await;
}
