//! Swarms of emulated engines: <https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Swarm>. A task is a row:
//! nothing is run, and no leader is voted for.

use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Failure, Outcome};
use super::call::Call;
use super::daemon::digest;
use super::rows::Rows;
use crate::World;

mod membership;
mod network;
mod node;
mod service;
mod task;

pub(super) use membership::info;
pub(super) use network::{known as known_networks, route as network_route};
pub(super) use service::Service;

/// A swarm, with everything that its managers know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Swarm {
    pub(super) id: String,
    created: Timestamp,
    labels: Value,
    worker_token: String,
    manager_token: String,
    pub(super) nodes: Vec<Node>,
    pub(super) services: Vec<Service>,
    pub(super) networks: Vec<super::network::Network>,
}

/// A member of a swarm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Node {
    pub(super) id: String,
    /// The key of its engine.
    pub(super) engine: String,
    address: String,
    labels: Value,
    role: Role,
    availability: String,
    version: u64,
    created: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Manager,
    Worker,
}

/// The world as seen by the engine that was asked, for the length of one request.
struct Seat<'w> {
    rows: &'w mut Rows,
    serial: &'w mut u64,
    now: Timestamp,
    engine: &'w str,
}

impl Seat<'_> {
    /// Locks the world and does `work`.
    fn take<T>(call: &Call, work: impl FnOnce(Seat<'_>) -> T) -> T {
        let now = call.target.shared.clock.now();
        let mut world = call.target.shared.world();
        let World { docker, serial, .. } = &mut *world;
        // An engine that nobody used yet is there as well.
        docker.engine(&call.target.engine);
        work(Seat {
            rows: docker,
            serial,
            now,
            engine: &call.target.engine,
        })
    }

    /// Swarms have ids of 25 letters and digits.
    fn fresh_id(&mut self, kind: &str) -> String {
        *self.serial += 1;
        digest(&[kind, &self.serial.to_string()])[..25].to_owned()
    }

    /// The place of the swarm that this engine manages.
    fn managed(&self) -> Result<usize, Failure> {
        let manages = |swarm: &Swarm| {
            let mut nodes = swarm.nodes.iter();
            nodes.any(|node| node.engine == self.engine && node.role == Role::Manager)
        };
        self.rows.swarms.iter().position(manages).ok_or_else(|| {
            let message = "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to \
                           connect this node to swarm and try again.";
            Failure::new(http::StatusCode::SERVICE_UNAVAILABLE, message)
        })
    }
}

impl Swarm {
    /// Whether the engine of a node is still there: it goes with the disk of its server.
    fn lives(rows: &Rows, node: &Node) -> bool {
        rows.engines.contains_key(&node.engine)
    }
}

/// The requests about swarms, nodes, services and tasks.
pub(super) fn route(call: &Call, path: &[&str]) -> Outcome {
    match (&call.method, path) {
        (&Method::GET, ["swarm"]) => membership::inspect(call),
        (&Method::POST, ["swarm", "init"]) => membership::init(call),
        (&Method::POST, ["swarm", "join"]) => membership::join(call),
        (&Method::POST, ["swarm", "leave"]) => membership::leave(call),
        (&Method::GET, ["nodes"]) => node::list(call),
        (&Method::GET, ["nodes", id]) => node::inspect(call, id),
        (&Method::POST, ["nodes", id, "update"]) => node::update(call, id),
        (&Method::DELETE, ["nodes", id]) => node::remove(call, id),
        (&Method::GET, ["services"]) => service::list(call),
        (&Method::POST, ["services", "create"]) => service::create(call),
        (&Method::GET, ["services", id]) => service::inspect(call, id),
        (&Method::POST, ["services", id, "update"]) => service::update(call, id),
        (&Method::DELETE, ["services", id]) => service::remove(call, id),
        (&Method::GET, ["tasks"]) => task::list(call),
        _ => Err(Failure::no_page()),
    }
}

/// What users made in swarms, canonically: no ids and no tokens.
pub(super) fn inventory(rows: &Rows, named: impl Fn(&str) -> String) -> Vec<Value> {
    let swarm = |swarm: &Swarm| {
        let mut nodes: Vec<Value> = swarm
            .nodes
            .iter()
            .map(|node| {
                json!({ "engine": named(&node.engine), "role": node.role, "labels": node.labels,
                        "availability": node.availability })
            })
            .collect();
        nodes.sort_by_cached_key(Value::to_string);
        let mut services: Vec<Value> = swarm.services.iter().map(|one| one.spec.clone()).collect();
        services.sort_by_cached_key(Value::to_string);
        json!({ "nodes": nodes, "services": services, "networks": network::inventory(swarm) })
    };
    let mut swarms: Vec<Value> = rows.swarms.iter().map(swarm).collect();
    swarms.sort_by_cached_key(Value::to_string);
    swarms
}
