//! Releases as a whole: all images before the first switch, and one server after another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fleetflow_core::converge::{Event, Report};
use fleetflow_core::plan::Action;
use fleetflow_core::prelude::*;

use super::bench::{Bench, server, service, words};
use super::on_both_engines;
use super::servers;

on_both_engines!(
    nothing_is_switched_before_every_image_is_there,
    what_was_built_for_a_release_that_never_came_goes_with_its_group,
);

/// The image of one service cannot be pulled, then that of one cannot be built: neither it nor any other is touched,
/// and what was dropped from the group stays as well.
async fn nothing_is_switched_before_every_image_is_there(bench: &Bench) {
    let good = bench.stack(vec![service("web"), service("api"), service("dropped")]);
    bench.up(&good).await.unwrap();
    let before = (
        bench.id("web").await,
        bench.id("api").await,
        bench.id("dropped").await,
    );
    let changed = Service {
        user: Some("0".into()),
        ..service("web")
    };
    let unheard_of = Service {
        image: Some("localhost:1/nobody/has:it".into()),
        ..service("api")
    };
    bench.write("api/Dockerfile", "FROM fleetflow-test:1\nCOPY missing /\n");
    let unbuildable = Service {
        image: None,
        build: Some("./api".into()),
        ..service("api")
    };
    for (bad, attempt) in [(unheard_of, "could not pull"), (unbuildable, "could not build")] {
        let stack = bench.stack(vec![changed.clone(), bad]);
        let text = bench.failures(&stack).await;
        assert!(text.contains(attempt), "{text}");
        let untouched = "`shop` was not touched on local: what served there serves on";
        assert!(text.contains(untouched), "{text}");
        let after = (
            bench.id("web").await,
            bench.id("api").await,
            bench.id("dropped").await,
        );
        assert_eq!(after, before, "{attempt}");
        let states = bench.containers().await;
        assert!(
            states.len() == 3 && states.values().all(|state| state == "running"),
            "{states:?}"
        );
    }
    bench.assert_converged(&good).await;
    bench.clean_up(&good).await;
}

/// The image of a first release is built, another one cannot be pulled, and everything is given up.
async fn what_was_built_for_a_release_that_never_came_goes_with_its_group(bench: &Bench) {
    bench.write("api/Dockerfile", "FROM fleetflow-test:1\nENV A=1\n");
    let built = Service {
        image: None,
        build: Some("./api".into()),
        ..service("api")
    };
    let unheard_of = Service {
        image: Some("localhost:1/nobody/has:it".into()),
        ..service("web")
    };
    let stack = bench.stack(vec![built, unheard_of]);
    let image = format!("{}-test-shop-api", bench.project);
    bench.up(&stack).await.unwrap_err();
    assert!(
        bench.docker.inspect_image(&image).await.is_ok(),
        "it is kept for the next try"
    );
    assert!(bench.containers().await.is_empty());
    bench.clean_up(&stack).await;
    assert!(
        bench.docker.inspect_image(&image).await.is_err(),
        "it goes with the group"
    );
    assert!(bench.docker.inspect_image(super::bench::IMAGE).await.is_ok());
}

/// A stack of `web-1`, `web-2` and `web-10` that deploy one group of two services.
fn three(change: impl Fn(Service) -> Service) -> Stack {
    let of = |name| {
        change(Service {
            image: Some("acme/app:1".into()),
            ..service(name)
        })
    };
    let group = ServiceGroup::builder()
        .name("shop")
        .services(vec![of("api"), of("web")])
        .build();
    let stack = Stack::new("creo", "dev").add(group);
    ["web-1", "web-2", "web-10"]
        .map(server)
        .into_iter()
        .fold(stack, Stack::add)
}

/// What happened, as `CALL ENGINE`: images that are asked for, containers that are made.
fn calls(bench: &servers::Bench) -> Vec<String> {
    let log = bench.sandbox.log();
    let of = |entry: &fleetflow_sandbox::Entry| {
        let engine = entry.engine.as_deref()?;
        let call = if entry.path.contains("/images/") {
            "image"
        } else if entry.path.ends_with("/containers/create") {
            "container"
        } else {
            return None;
        };
        Some(format!("{call} {engine}"))
    };
    log.entries().iter().filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_are_released_one_after_another_once_all_have_the_images() {
    let bench = servers::Bench::start().await;
    let first = three(|service| service).session(bench.session.clone());
    first.converge().await.unwrap();
    bench.sandbox.clear_log().unwrap();

    let done = Arc::new(Mutex::new(Vec::new()));
    let told = done.clone();
    let session = bench.session.clone().watcher(move |event| {
        if let Event::Done {
            address,
            action: Action::Update,
            ..
        } = event
        {
            told.lock()
                .unwrap()
                .push(address.name().split('/').next().unwrap().to_owned());
        }
    });
    let env = |service: Service| Service {
        env: [("A".to_owned(), "1".into())].into(),
        ..service
    };
    let second = three(env).session(session);
    second.converge().await.unwrap();
    let order = ["web-1", "web-1", "web-2", "web-2", "web-10", "web-10"];
    assert_eq!(*done.lock().unwrap(), order);
    let calls = calls(&bench);
    let last_image = calls.iter().rposition(|call| call.starts_with("image")).unwrap();
    let first_container = calls
        .iter()
        .position(|call| call.starts_with("container"))
        .unwrap();
    assert!(last_image < first_container, "{calls:?}");
    let made: Vec<_> = calls
        .iter()
        .filter_map(|call| call.strip_prefix("container "))
        .collect();
    assert_eq!(made, order);
    assert!(second.plan().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_that_fails_on_one_server_never_begins_on_the_next() {
    let bench = servers::Bench::start().await;
    let good = three(|service| service).session(bench.session.clone());
    good.converge().await.unwrap();
    let containers = |report: &Report| -> BTreeMap<String, serde_json::Value> {
        let all = report
            .outputs
            .iter()
            .filter(|(address, _)| address.kind() == "container");
        all.map(|(address, outputs)| (address.name().to_owned(), outputs["id"].clone()))
            .collect()
    };
    let before = containers(&good.converge().await.unwrap());
    assert_eq!(before.len(), 6);

    let bad = three(|service| Service {
        command: words(&["sh", "-c", "exit 3"]),
        ..service
    });
    let bad = bad.session(bench.session.clone());
    let report = bad.apply(&bad.plan().await.unwrap()).await.unwrap();
    let text = format!("{:?}", report.failed);
    assert_eq!(report.failed.len(), 2, "{text}");
    assert!(
        report
            .failed
            .iter()
            .all(|(address, _)| address.name().starts_with("web-1/")),
        "{text}"
    );
    let untouched = "`shop` was not touched on web-2, web-10: what served there serves on";
    assert_eq!(text.matches(untouched).count(), 2, "{text}");
    assert_eq!(report.skipped.len(), 4);
    assert_eq!(containers(&good.converge().await.unwrap()), before);
}
