//! A run may die before or after each write: the next one ends in the same world, and `down` leaves nothing.

use std::path::PathBuf;

use fleetflow_sandbox::Fault;
use serde_json::Value;

use super::{Bench, Death, stage};
use crate::model::Stack;
use crate::prelude::*;

fn stack(core: u32, hostname: &str) -> Stack {
    let web = Server::builder()
        .name("web")
        .plan(Plan::new(core, 4))
        .disk(Disk::new(100, "ubuntu-24.04"))
        .hostname(hostname)
        .docker(true)
        .build();
    let db = Server::builder()
        .name("db")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .disk(Disk::blank(20))
        .build();
    stage().add(web).add(db).root(PathBuf::from("."))
}

/// Every place to die on the way from `start` to `goal`.
async fn everywhere(start: Option<&Stack>, goal: &Stack) -> usize {
    let undisturbed = world(start, goal).await;
    let mut places = 0;
    for death in [Death::BeforeEffect, Death::AfterEffect] {
        for at in 1.. {
            let bench = Bench::new().await;
            if let Some(start) = start {
                bench.settle(start).await;
            }
            if !bench.dies(goal, at, death).await {
                break;
            }
            places += 1;
            bench
                .converge(goal)
                .await
                .unwrap_or_else(|error| panic!("{death:?} {at}: {error:?}"));
            assert_eq!(bench.inventory(), undisturbed, "{death:?} {at}");
            let plan = bench.plan(goal).await;
            assert!(plan.is_empty(), "{death:?} {at}: {plan:#?}");
            bench.destroy().await.unwrap();
            assert_eq!(
                bench.inventory(),
                Bench::new().await.inventory(),
                "{death:?} {at}"
            );
            let bench = Bench::new().await;
            if let Some(start) = start {
                bench.settle(start).await;
            }
            bench.dies(goal, at, death).await;
            bench
                .destroy()
                .await
                .unwrap_or_else(|error| panic!("{death:?} {at}: {error:?}"));
            assert_eq!(
                bench.inventory(),
                Bench::new().await.inventory(),
                "down after {death:?} {at}"
            );
        }
    }
    places
}

async fn world(start: Option<&Stack>, goal: &Stack) -> Value {
    let bench = Bench::new().await;
    for stack in start.into_iter().chain([goal]) {
        bench.settle(stack).await;
    }
    bench.inventory()
}

/// A server whose boot disk grows, of whose further disks one grows, one is renamed, one goes and one comes.
fn disks(is_new: bool) -> Stack {
    let server = Server::builder().name("db").plan(Plan::new(1, 1));
    let server = if is_new {
        server
            .disk(Disk::new(40, "debian-12"))
            .disk(Disk::blank(40).named("data"))
            .disk(Disk::blank(60).named("logs"))
            .disk(Disk::blank(100).hdd().named("new"))
    } else {
        server
            .disk(Disk::new(20, "debian-12"))
            .disk(Disk::blank(20).named("data"))
            .disk(Disk::blank(60).named("pages"))
            .disk(Disk::blank(80).named("old"))
    };
    stage().add(server.build()).root(PathBuf::from("."))
}

#[tokio::test]
async fn while_disks_are_changed() {
    let places = everywhere(Some(&disks(false)), &disks(true)).await;
    println!("{places} places to die while disks are changed");
    assert!(places >= 30, "only {places} places to die");
}

#[tokio::test]
async fn while_servers_are_made() {
    let places = everywhere(None, &stack(4, "www")).await;
    assert!(places >= 16, "only {places} places to die");
}

/// Its only script is the one that tells it the addresses of its further interfaces.
fn between_switches(address: &str) -> Stack {
    let server = Server::builder()
        .name("web")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .nic(Nic::on("lan").ip(address));
    let lan = Switch::builder().name("lan").build();
    stage().add(lan).add(server.build()).root(PathBuf::from("."))
}

#[tokio::test]
async fn while_a_server_gets_further_interfaces_and_other_addresses() {
    let (first, second) = (
        between_switches("192.168.0.11/24"),
        between_switches("192.168.0.12/24"),
    );
    let places = everywhere(None, &first).await + everywhere(Some(&first), &second).await;
    assert!(places >= 16, "only {places} places to die");
}

#[tokio::test]
async fn a_script_that_no_list_shows_yet_is_removed_too() {
    for goal in [stack(4, "www"), between_switches("192.168.0.11/24")] {
        let undisturbed = world(None, &goal).await;
        let bench = Bench::new().await;
        // The server is there, and no disk of it: its script is registered by the next run.
        while bench.inventory()["servers"].as_array().unwrap().is_empty() {
            assert!(bench.dies(&goal, 1, Death::AfterEffect).await);
        }
        let behind = Fault::stale(3600).method("GET").path("/note$");
        bench.sandbox.add_fault(behind).unwrap();
        bench.converge(&goal).await.unwrap();
        assert!(bench.sandbox.faults().fired() > 0);
        bench.sandbox.faults().clear();
        assert_eq!(bench.inventory(), undisturbed);
    }
}

#[tokio::test]
async fn while_a_server_is_changed() {
    let places = everywhere(Some(&stack(4, "www")), &stack(8, "shop")).await;
    assert!(places >= 10, "only {places} places to die");
}
