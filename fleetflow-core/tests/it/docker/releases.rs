//! Releases: how a new container takes over, and what happens when it does not work.

use fleetflow_core::ErrorKind;
use fleetflow_core::prelude::*;

use super::bench::{Bench, service, words};
use super::on_both_engines;

on_both_engines!(
    a_release_that_fails_gives_way_to_the_one_before,
    an_unhealthy_release_gives_way_to_the_one_before,
    a_first_release_that_fails_leaves_nothing,
    the_data_of_an_image_goes_with_its_service,
    replicas_are_released_one_after_another,
    a_plan_says_which_release_has_a_gap_and_the_release_says_the_same,
    a_rollback_brings_back_what_the_last_release_changed,
);

/// `web` publishes a port, so that the one before has to stop; `worker` does not.
fn both(number: u16, change: impl Fn(Service) -> Service) -> Vec<Service> {
    let port = Port::new(number, 80).on([127, 0, 0, 1]);
    vec![
        change(Service {
            ports: vec![port],
            ..service("web")
        }),
        change(service("worker")),
    ]
}

async fn a_release_that_fails_gives_way_to_the_one_before(bench: &Bench) {
    let good = bench.stack(both(18_081, |service| service));
    bench.up(&good).await.unwrap();
    let before = (bench.id("web").await, bench.id("worker").await);
    let bad = bench.stack(both(18_081, |service| Service {
        command: words(&["sh", "-c", "exit 3"]),
        ..service
    }));
    let text = bench.failures(&bad).await;
    assert!(text.contains("exit code 3"), "{text}");
    assert!(text.contains("the container before is back, and works"), "{text}");
    assert!(text.contains("was not touched and serves on"), "{text}");
    assert_eq!((bench.id("web").await, bench.id("worker").await), before);
    let states = bench.containers().await;
    assert_eq!(
        states.values().collect::<Vec<_>>(),
        ["running", "running"],
        "{states:?}"
    );
    bench.assert_is_back(&good).await;

    let better = bench.stack(both(18_081, |service| Service {
        user: Some("0".into()),
        ..service
    }));
    bench.up(&better).await.unwrap();
    bench.assert_converged(&better).await;
    bench.clean_up(&better).await;
}

async fn a_plan_says_which_release_has_a_gap_and_the_release_says_the_same(bench: &Bench) {
    let services = |user: &str| {
        let all = vec![
            service("alone"),
            Service {
                ports: vec![Port::new(18_093, 80).on([127, 0, 0, 1])],
                ..service("front")
            },
            Service {
                volumes: vec![Mount::volume("data", "/data")],
                ..service("store")
            },
            Service {
                replicas: 2,
                volumes: vec![Mount::volume("data", "/data")],
                ..service("many")
            },
        ];
        let as_user = |service| Service {
            user: Some(user.to_owned()),
            ..service
        };
        bench.stack(all.into_iter().map(as_user).collect())
    };
    bench.up(&services("0")).await.unwrap();
    let plan = bench.plan(&services("1")).await.unwrap();
    let of = |name: &str| {
        let address = Address::new("container", format!("local/shop/{name}"));
        let step = plan.steps.iter().find(|step| step.address == address).unwrap();
        step.disruption.effects.join("; ")
    };
    assert_eq!(of("front"), "restart, a few seconds without this container");
    assert_eq!(of("store"), of("front"));
    assert_eq!(of("many"), "restart, without a gap");
    assert_eq!(of("many-2"), of("many"));
    assert_eq!(
        of("alone"),
        "restart, without a gap unless the image has volumes of its own"
    );
    bench.notes();
    bench.up(&services("1")).await.unwrap();
    let notes = bench.notes();
    for name in ["alone", "front", "store", "many", "many-2"] {
        let told = |text: &str| notes.contains(&format!("container.local/shop/{name}: {text}"));
        let is_gapless = of(name).contains("without a gap");
        assert_eq!(told("released without a gap"), is_gapless, "{name}: {notes:?}");
    }
    bench.clean_up(&services("1")).await;
}

async fn an_unhealthy_release_gives_way_to_the_one_before(bench: &Bench) {
    let check = |words: [&str; 2]| {
        HealthCheck::builder()
            .test(words)
            .interval("1s")
            .timeout("1s")
            .retries(1)
            .build()
    };
    let with = |words: [&str; 2]| {
        bench.stack(both(18_082, |service| Service {
            health_check: Some(check(words)),
            ..service
        }))
    };
    let good = with(["CMD", "true"]);
    bench.up(&good).await.unwrap();
    let before = (bench.id("web").await, bench.id("worker").await);
    let text = bench.failures(&with(["CMD", "false"])).await;
    assert_eq!(text.matches("unhealthy").count(), 2, "{text}");
    assert_eq!((bench.id("web").await, bench.id("worker").await), before);
    bench.assert_is_back(&good).await;
    bench.clean_up(&good).await;
}

async fn a_first_release_that_fails_leaves_nothing(bench: &Bench) {
    let bad = bench.stack(vec![Service {
        command: words(&["false"]),
        ..service("web")
    }]);
    let error = bench.up(&bad).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Partial);
    assert!(format!("{error:?}").contains("exit code 1"), "{error:?}");
    assert!(bench.containers().await.is_empty());
    let good = bench.stack(vec![service("web")]);
    bench.up(&good).await.unwrap();
    bench.assert_converged(&good).await;
    bench.clean_up(&good).await;
}

/// An image with a volume of its own, as databases have it: what is in there survives a release, and goes at the end.
async fn the_data_of_an_image_goes_with_its_service(bench: &Bench) {
    let base = super::bench::IMAGE;
    bench.write(
        "db/Dockerfile",
        &format!("FROM {base}\nVOLUME /var/data\nCMD [\"sleep\", \"100000\"]\n"),
    );
    let db = Service {
        image: None,
        build: Some("./db".into()),
        ..service("db")
    };
    let stack = bench.stack(vec![db.clone()]);
    bench.up(&stack).await.unwrap();
    let volume =
        |seen: bollard::models::ContainerInspectResponse| seen.mounts.unwrap()[0].name.clone().unwrap();
    let first = volume(bench.inspect("db").await);
    for value in ["1", "2"] {
        let changed = bench.stack(vec![Service {
            env: [("A".to_owned(), value.into())].into(),
            ..db.clone()
        }]);
        bench.up(&changed).await.unwrap();
        assert_eq!(volume(bench.inspect("db").await), first);
        bench.assert_converged(&changed).await;
    }
    bench.clean_up(&stack).await;
    assert!(
        bench.docker.inspect_volume(&first).await.is_err(),
        "it goes with the service"
    );
}

async fn replicas_are_released_one_after_another(bench: &Bench) {
    let web = |value: &str| Service {
        env: [("A".to_owned(), value.into())].into(),
        replicas: 2,
        ..service("web")
    };
    bench.up(&bench.stack(vec![web("1")])).await.unwrap();
    let first = bench.id("web-2").await;
    let bad = Service {
        command: words(&["false"]),
        ..web("2")
    };
    let failures = bench.failures(&bench.stack(vec![bad])).await;
    assert!(
        failures.contains("web\"") && !failures.contains("web-2"),
        "{failures}"
    );
    assert_eq!(
        bench.id("web-2").await,
        first,
        "the second is not touched after the first failed"
    );
    let good = bench.stack(vec![web("2")]);
    bench.up(&good).await.unwrap();
    bench.assert_converged(&good).await;
    bench.clean_up(&good).await;
}

/// The one before, with its image, though the folder that it was built from is another one by now; and only what the
/// last release changed.
async fn a_rollback_brings_back_what_the_last_release_changed(bench: &Bench) {
    let base = super::bench::IMAGE;
    let dockerfile = format!("FROM {base}\nCOPY page /page\nCMD [\"sleep\", \"100000\"]\n");
    bench.write("app/Dockerfile", &dockerfile);
    bench.write("app/page", "one");
    let web = Service {
        image: None,
        build: Some("./app".into()),
        command: Vec::new(),
        ..service("web")
    };
    let stack = bench.stack(vec![web, service("db")]);
    bench.up(&stack).await.unwrap();
    let error = bench.roll_back(&stack).await.unwrap_err();
    assert_eq!(error.kind(), fleetflow_core::ErrorKind::NotFound, "{error:?}");
    let (first, db) = (bench.inspect("web").await.image, bench.id("db").await);

    bench.write("app/page", "two");
    bench.up(&stack).await.unwrap();
    let second = bench.inspect("web").await.image;
    assert_ne!(second, first);

    let report = bench.roll_back(&stack).await.unwrap();
    assert!(report.failed.is_empty() && report.done.len() == 1, "{report:?}");
    assert_eq!(bench.inspect("web").await.image, first, "the image of before");
    assert_eq!(
        bench.id("db").await,
        db,
        "what the release had not changed is not touched"
    );
    let lines = bench.plan_lines(&stack).await;
    assert!(
        lines.len() == 1 && lines[0].starts_with("update container.local/shop/web: "),
        "the file still declares what was rolled back: {lines:?}"
    );

    bench.roll_back(&stack).await.unwrap();
    assert_eq!(
        bench.inspect("web").await.image,
        second,
        "a second time goes forward again"
    );
    bench.up(&stack).await.unwrap();
    bench.assert_converged(&stack).await;
    bench.clean_up(&stack).await;
}
