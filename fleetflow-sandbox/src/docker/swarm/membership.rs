//! Forming, joining and leaving a swarm, and what an engine says about it.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Node, Role, Seat, Swarm};
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::Call;
use crate::docker::daemon::digest;
use crate::docker::rows::Rows;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Wanted {
    advertise_addr: Option<String>,
    join_token: String,
    remote_addrs: Vec<String>,
    spec: Value,
}

/// The part `Swarm` of `GET /info`.
pub(in crate::docker) fn info(rows: &Rows, engine: &str) -> Value {
    let found = rows.swarms.iter().find_map(|swarm| {
        let mut nodes = swarm.nodes.iter();
        nodes.find(|node| node.engine == engine).map(|node| (swarm, node))
    });
    let Some((swarm, node)) = found else {
        return json!({ "NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": false,
                       "Error": "", "RemoteManagers": Value::Null });
    };
    let managers = swarm.nodes.iter().filter(|node| node.role == Role::Manager);
    let managers: Vec<Value> = managers
        .map(|node| json!({ "NodeID": node.id, "Addr": format!("{}:2377", node.address) }))
        .collect();
    json!({
        "NodeID": node.id,
        "NodeAddr": node.address,
        "LocalNodeState": "active",
        "ControlAvailable": node.role == Role::Manager,
        "Error": "",
        "RemoteManagers": managers,
        "Nodes": swarm.nodes.len(),
        "Managers": managers.len(),
        "Cluster": { "ID": swarm.id, "CreatedAt": swarm.created.to_string() },
    })
}

/// The one answer that has the join tokens in it.
pub(super) fn inspect(call: &Call) -> Outcome {
    Seat::take(call, |seat| {
        let swarm = &seat.rows.swarms[seat.managed()?];
        answer::ok(json!({
            "ID": swarm.id,
            "CreatedAt": swarm.created.to_string(),
            "UpdatedAt": swarm.created.to_string(),
            "Version": { "Index": 1 },
            "Spec": { "Name": "default", "Labels": swarm.labels },
            "JoinTokens": { "Worker": swarm.worker_token, "Manager": swarm.manager_token },
        }))
    })
}

pub(super) fn init(call: &Call) -> Outcome {
    let wanted: Wanted = call.json()?;
    Seat::take(call, |mut seat| {
        refuse_members(&seat)?;
        let address = address(&wanted)?;
        let id = seat.fresh_id("swarm");
        let token = |role: &str| format!("SWMTKN-1-{}-{role}", &digest(&["token", &id, role])[..50]);
        let swarm = Swarm {
            worker_token: token("worker"),
            manager_token: token("manager"),
            id,
            created: seat.now,
            labels: wanted.spec.get("Labels").cloned().unwrap_or_default(),
            nodes: Vec::new(),
            services: Vec::new(),
            networks: Vec::new(),
        };
        seat.rows.swarms.push(swarm);
        let place = seat.rows.swarms.len() - 1;
        let node = enlist(&mut seat, place, address, Role::Manager);
        answer::ok(json!(node))
    })
}

pub(super) fn join(call: &Call) -> Outcome {
    let wanted: Wanted = call.json()?;
    Seat::take(call, |mut seat| {
        refuse_members(&seat)?;
        let address = address(&wanted)?;
        let reaches = |swarm: &Swarm| {
            let managers = swarm.nodes.iter().filter(|node| node.role == Role::Manager);
            let mut managers = managers.filter(|node| Swarm::lives(seat.rows, node));
            managers.any(|node| wanted.remote_addrs.contains(&format!("{}:2377", node.address)))
        };
        let place = seat.rows.swarms.iter().position(reaches).ok_or_else(|| {
            Failure::internal(
                "rpc error: code = Unavailable desc = connection error: no manager answers there",
            )
        })?;
        let swarm = &seat.rows.swarms[place];
        let role = match wanted.join_token.as_str() {
            token if token == swarm.manager_token => Role::Manager,
            token if token == swarm.worker_token => Role::Worker,
            _ => return Err(Failure::bad("invalid join token")),
        };
        enlist(&mut seat, place, address, role);
        answer::empty(StatusCode::OK)
    })
}

/// A manager leaves by force only; with the last one the swarm is gone.
pub(super) fn leave(call: &Call) -> Outcome {
    Seat::take(call, |seat| {
        let is_member = |swarm: &Swarm| swarm.nodes.iter().any(|node| node.engine == seat.engine);
        let Some(place) = seat.rows.swarms.iter().position(is_member) else {
            let message = "This node is not part of a swarm";
            return Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, message));
        };
        let swarm = &seat.rows.swarms[place];
        let managers = swarm.nodes.iter().filter(|node| node.role == Role::Manager);
        let is_manager = seat.managed().is_ok();
        if is_manager && !call.flag("force") {
            let message = "You are attempting to leave the swarm on a node that is participating as a manager. \
                           Use `--force` to suppress this message.";
            return Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, message));
        }
        if is_manager && managers.count() == 1 {
            seat.rows.swarms.remove(place);
        } else {
            // Managers keep the row of a node that left until somebody removes it.
            let engine = seat.engine;
            for node in &mut seat.rows.swarms[place].nodes {
                if node.engine == engine {
                    node.engine = format!("{engine}, left");
                }
            }
        }
        answer::empty(StatusCode::OK)
    })
}

fn refuse_members(seat: &Seat<'_>) -> Result<(), Failure> {
    let mut nodes = seat.rows.swarms.iter().flat_map(|swarm| &swarm.nodes);
    if nodes.any(|node| node.engine == seat.engine) {
        let message = "This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join \
                       another one.";
        return Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, message));
    }
    Ok(())
}

fn address(wanted: &Wanted) -> Result<String, Failure> {
    let address = wanted
        .advertise_addr
        .clone()
        .filter(|address| !address.is_empty());
    address.ok_or_else(|| {
        Failure::bad("could not choose an IP address to advertise: specify one with --advertise-addr")
    })
}

fn enlist(seat: &mut Seat<'_>, place: usize, address: String, role: Role) -> String {
    let id = seat.fresh_id("node");
    let node = Node {
        id: id.clone(),
        engine: seat.engine.to_owned(),
        address,
        labels: json!({}),
        role,
        availability: "active".to_owned(),
        version: 1,
        created: seat.now,
    };
    seat.rows.swarms[place].nodes.push(node);
    id
}
