//! The nodes of a swarm: <https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Node>.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Node, Role, Seat, Swarm};
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::Call;
use crate::docker::rows::Rows;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Spec {
    #[serde(default)]
    labels: Value,
    role: Role,
    availability: String,
}

pub(super) fn list(call: &Call) -> Outcome {
    Seat::take(call, |seat| {
        let swarm = &seat.rows.swarms[seat.managed()?];
        answer::ok(
            swarm
                .nodes
                .iter()
                .map(|node| describe(seat.rows, swarm, node))
                .collect(),
        )
    })
}

pub(super) fn inspect(call: &Call, id: &str) -> Outcome {
    Seat::take(call, |seat| {
        let swarm = &seat.rows.swarms[seat.managed()?];
        let node = &swarm.nodes[place(swarm, id)?];
        answer::ok(describe(seat.rows, swarm, node))
    })
}

pub(super) fn update(call: &Call, id: &str) -> Outcome {
    let spec: Spec = call.json()?;
    let version = call.parameter("version").map(str::to_owned);
    Seat::take(call, |seat| {
        let swarm = seat.managed()?;
        let swarm = &mut seat.rows.swarms[swarm];
        let place = place(swarm, id)?;
        let managers = swarm
            .nodes
            .iter()
            .filter(|node| node.role == Role::Manager)
            .count();
        let node = &mut swarm.nodes[place];
        in_sequence(version.as_deref(), node.version)?;
        if node.role == Role::Manager && spec.role == Role::Worker && managers == 1 {
            return Err(Failure::bad(
                "rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm",
            ));
        }
        node.labels = spec.labels;
        node.role = spec.role;
        node.availability = spec.availability;
        node.version += 1;
        answer::empty(StatusCode::OK)
    })
}

/// A node that is not down, or manages the swarm, is removed by force only; a manager never.
pub(super) fn remove(call: &Call, id: &str) -> Outcome {
    Seat::take(call, |seat| {
        let swarm = seat.managed()?;
        let place = place(&seat.rows.swarms[swarm], id)?;
        let node = &seat.rows.swarms[swarm].nodes[place];
        let refused = |why: &str| {
            let message = format!("rpc error: code = FailedPrecondition desc = node {id} {why}");
            Err(Failure::bad(message))
        };
        if node.role == Role::Manager {
            return refused(
                "is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal",
            );
        }
        if Swarm::lives(seat.rows, node) && !call.flag("force") {
            return refused("is not down and can't be removed");
        }
        seat.rows.swarms[swarm].nodes.remove(place);
        answer::empty(StatusCode::OK)
    })
}

/// Who changes a row names the version that they saw.
pub(super) fn in_sequence(asked: Option<&str>, version: u64) -> Result<(), Failure> {
    match asked.and_then(|asked| asked.parse::<u64>().ok()) {
        Some(asked) if asked == version => Ok(()),
        Some(_) => Err(Failure::internal(
            "rpc error: code = Unknown desc = update out of sequence",
        )),
        None => Err(Failure::bad("invalid version")),
    }
}

fn place(swarm: &Swarm, id: &str) -> Result<usize, Failure> {
    let found = swarm.nodes.iter().position(|node| node.id == id);
    found.ok_or_else(|| Failure::not_found(format!("node {id} not found")))
}

fn describe(rows: &Rows, swarm: &Swarm, node: &Node) -> Value {
    let lives = Swarm::lives(rows, node);
    let state = if lives { "ready" } else { "down" };
    let mut row = json!({
        "ID": node.id,
        "Version": { "Index": node.version },
        "CreatedAt": node.created.to_string(),
        "UpdatedAt": node.created.to_string(),
        "Spec": { "Labels": node.labels, "Role": node.role, "Availability": node.availability },
        "Description": { "Hostname": node.engine, "Engine": { "EngineVersion": crate::docker::ENGINE_VERSION } },
        "Status": { "State": state, "Addr": node.address },
    });
    if node.role == Role::Manager {
        let mut living = swarm
            .nodes
            .iter()
            .filter(|one| one.role == Role::Manager && Swarm::lives(rows, one));
        let leads = living.next().is_some_and(|first| first.id == node.id);
        let reachability = if lives { "reachable" } else { "unreachable" };
        row["ManagerStatus"] = json!({ "Leader": leads, "Reachability": reachability, "Addr": format!("{}:2377", node.address) });
    }
    row
}
