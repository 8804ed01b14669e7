//! What a group with `mode "swarm"` stands for, without any engine.

use std::collections::BTreeMap;

use bollard::models::{Task, TaskSpec, TaskState, TaskStatus};
use serde_json::json;

use super::replicas::restarts;
use super::{Member, SwarmNetwork, SwarmNode, SwarmService, deploy_swarm};
use crate::Stack;
use crate::docker::{Mode, Mount, Port, Service, ServiceGroup};
use crate::model::{Declaration, Expansion, Resource as _};

fn group() -> ServiceGroup {
    let web = Service::builder()
        .name("web")
        .image("registry.example/web:1")
        .replicas(3)
        .port(Port::new(80, 8080))
        .depends_on("db")
        .build();
    let db = Service::builder().name("db").image("postgres:17").build();
    ServiceGroup::builder()
        .name("shop")
        .mode(Mode::Swarm)
        .services([web, db])
        .build()
}

fn parts(servers: usize) -> Vec<Declaration> {
    let stack = Stack::new("creo", "live").add(group());
    let replicas = BTreeMap::new();
    let around = Expansion::new(&stack, &replicas);
    let declared = stack.declarations().first().unwrap();
    let member = |number: usize| Member {
        host: json!(format!("ssh://root@192.0.2.{number}:22")),
        name: format!("web-{number}"),
        groups: vec![declared],
    };
    let members: Vec<_> = (1..=servers).map(member).collect();
    deploy_swarm(&members, &around)
}

fn of_kind<'p>(parts: &'p [Declaration], kind: &str) -> Vec<&'p Declaration> {
    parts.iter().filter(|part| part.address.kind() == kind).collect()
}

#[test]
fn an_odd_number_of_servers_manages_the_swarm() {
    for (servers, managers) in [(1, 1), (2, 1), (3, 3), (4, 3), (5, 5), (9, 5)] {
        let parts = parts(servers);
        let nodes = of_kind(&parts, SwarmNode::KIND);
        let manage = nodes.iter().filter(|node| node.spec["role"] == "manager").count();
        assert_eq!((nodes.len(), manage), (servers, managers), "{servers} servers");
    }
}

#[test]
fn a_service_is_one_of_the_swarm_and_not_one_for_each_server() {
    let parts = parts(3);
    assert_eq!(of_kind(&parts, SwarmNetwork::KIND).len(), 1);
    let services = of_kind(&parts, SwarmService::KIND);
    let names: Vec<_> = services
        .iter()
        .map(|service| service.address.to_string())
        .collect();
    assert_eq!(names, ["swarm-service.shop/web", "swarm-service.shop/db"]);
    assert_eq!(services[0].spec["service"]["replicas"], 3);
    assert_eq!(services[0].spec["managers"].as_array().map(Vec::len), Some(3));
}

#[test]
fn what_a_swarm_cannot_do_is_said_at_its_place() {
    let typed = Service::builder()
        .name("web")
        .build_from("./web")
        .env_file(".env")
        .volume(Mount::folder("./conf", "/conf"))
        .port(Port::new(80, 8080).on([127, 0, 0, 1]))
        .build();
    let group = ServiceGroup::builder()
        .name("shop")
        .mode(Mode::Swarm)
        .service(typed)
        .build();
    let places: Vec<_> = group
        .check()
        .iter()
        .map(|problem| problem.path.to_string())
        .collect();
    assert_eq!(places.len(), 4, "{places:?}");
    assert!(
        self::group().check().is_empty(),
        "replicas may share a port of the swarm"
    );
}

/// The run number `order` of a replica, in a version, as a swarm tells of it.
fn run(service: &str, slot: i64, order: usize, version: u64, state: TaskState) -> Task {
    Task {
        service_id: Some(service.to_owned()),
        slot: Some(slot),
        created_at: Some(format!("2026-01-01T00:{:02}:{:02}Z", order / 60, order % 60)),
        spec: Some(TaskSpec {
            force_update: Some(version),
            ..TaskSpec::default()
        }),
        status: Some(TaskStatus {
            state: Some(state),
            ..TaskStatus::default()
        }),
        ..Task::default()
    }
}

#[test]
fn only_runs_of_the_same_replica_and_version_that_ended_by_themselves_are_restarts() {
    // Swarms tell of them in no order.
    let tasks = [
        run("web", 1, 5, 2, TaskState::RUNNING),
        run("web", 1, 1, 1, TaskState::FAILED),
        run("web", 1, 4, 2, TaskState::COMPLETE),
        run("web", 1, 2, 1, TaskState::SHUTDOWN),
        run("web", 1, 3, 2, TaskState::REJECTED),
        run("web", 2, 6, 2, TaskState::RUNNING),
        run("db", 1, 9, 2, TaskState::RUNNING),
    ];
    assert_eq!(restarts(&tasks), [2, 0, 1, 1, 0, 0, 0]);
}

#[test]
fn restarts_of_many_replicas_take_no_longer_for_each() {
    let runs = |replica| (0..5).map(move |order| run("web", replica, order, 1, TaskState::FAILED));
    let tasks: Vec<Task> = (1..=8000).flat_map(runs).collect();
    let began = std::time::Instant::now();
    let counts = restarts(&tasks);
    // Each with each would be 1.6 billion comparisons, which take a minute.
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    assert_eq!(counts[..10], [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
}
