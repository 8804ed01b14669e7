//! What happens to containers without FleetFlow: the plan shows exactly that, and the next run repairs it.

use bollard::query_parameters::{RemoveContainerOptions, RenameContainerOptions, StopContainerOptions};
use fleetflow_core::ErrorKind;
use fleetflow_core::prelude::*;

use super::bench::{Bench, IMAGE, service, words};
use super::on_both_engines;

on_both_engines!(
    what_was_done_by_hand_is_repaired,
    strangers_are_left_alone,
    a_task_that_ended_well_is_done,
);

async fn what_was_done_by_hand_is_repaired(bench: &Bench) {
    let stack = bench.stack(vec![service("web"), service("db")]);
    bench.up(&stack).await.unwrap();
    let (id, name) = (bench.id("web").await, bench.name("web"));

    bench
        .docker
        .stop_container(&name, None::<StopContainerOptions>)
        .await
        .unwrap();
    assert_eq!(
        bench.plan_lines(&stack).await,
        ["update container.local/shop/web: status"]
    );
    let drift = bench.plan(&stack).await.unwrap().drift;
    assert_eq!(drift[0].changes[0].after, "exited");
    bench.up(&stack).await.unwrap();
    bench.assert_converged(&stack).await;
    assert_eq!(bench.id("web").await, id, "it is started, not made anew");

    let other = RenameContainerOptions {
        name: bench.name("renamed"),
    };
    bench.docker.rename_container(&name, other).await.unwrap();
    assert_eq!(
        bench.plan_lines(&stack).await,
        ["update container.local/shop/web: name"]
    );
    bench.up(&stack).await.unwrap();
    bench.assert_converged(&stack).await;
    assert_eq!(bench.id("web").await, id);

    let force = RemoveContainerOptions {
        force: true,
        ..RemoveContainerOptions::default()
    };
    bench.docker.remove_container(&name, Some(force)).await.unwrap();
    assert_eq!(
        bench.plan_lines(&stack).await,
        ["create container.local/shop/web"]
    );
    bench.up(&stack).await.unwrap();
    bench.assert_converged(&stack).await;
    assert_ne!(bench.id("web").await, id);
    bench.clean_up(&stack).await;
}

async fn strangers_are_left_alone(bench: &Bench) {
    let body = bollard::models::ContainerCreateBody {
        image: Some(IMAGE.to_owned()),
        ..bollard::models::ContainerCreateBody::default()
    };
    let options = bollard::query_parameters::CreateContainerOptions {
        name: Some(bench.name("web")),
        ..bollard::query_parameters::CreateContainerOptions::default()
    };
    let stranger = bench
        .docker
        .create_container(Some(options), body)
        .await
        .unwrap()
        .id;
    let stack = bench.stack(vec![service("web")]);
    let error = bench.up(&stack).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert!(error.to_string().contains("did not make it"), "{error}");
    assert_eq!(bench.id("web").await, stranger);
    bench
        .docker
        .remove_container(&stranger, None::<RemoveContainerOptions>)
        .await
        .unwrap();
}

async fn a_task_that_ended_well_is_done(bench: &Bench) {
    let task = Service {
        command: words(&["true"]),
        restart: Restart::No,
        ..service("migrate")
    };
    let after = Service {
        depends_on: vec!["migrate".into()],
        ..service("web")
    };
    let stack = bench.stack(vec![task, after]);
    bench.up(&stack).await.unwrap();
    assert_eq!(bench.containers().await["migrate"], "exited");
    bench.assert_converged(&stack).await;
    bench.clean_up(&stack).await;
}
