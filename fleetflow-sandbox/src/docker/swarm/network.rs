//! Overlay networks: those of the swarm, which every manager knows and makes.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Seat, Swarm};
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::Call;
use crate::docker::network::{Network, Origin};

/// The requests about networks that a swarm answers; nothing for those that concern one engine alone.
pub(in crate::docker) fn route(call: &Call, path: &[&str]) -> Option<Outcome> {
    match (&call.method, path) {
        (&Method::POST, ["create"]) => {
            let body: Value = call.json().ok()?;
            (body["Driver"] == "overlay").then(|| create(call, &body))
        }
        (&Method::GET | &Method::DELETE, [name]) => Seat::take(call, |seat| {
            let swarm = seat.managed().ok()?;
            let swarm = &mut seat.rows.swarms[swarm];
            let is_it = |network: &Network| network.id == *name || network.name == *name;
            let place = swarm.networks.iter().position(is_it)?;
            Some(match call.method {
                Method::GET => answer::ok(swarm.networks[place].describe(&json!({}))),
                _ => remove(swarm, place),
            })
        }),
        _ => None,
    }
}

/// The rows that the list of an engine has besides its own.
pub(in crate::docker) fn known(call: &Call) -> Vec<Network> {
    Seat::take(call, |seat| {
        let swarm = seat.managed().ok();
        swarm
            .map(|swarm| seat.rows.swarms[swarm].networks.clone())
            .unwrap_or_default()
    })
}

/// What users made, without ids.
pub(in crate::docker) fn inventory(swarm: &Swarm) -> Vec<Value> {
    let mut networks: Vec<Value> = swarm
        .networks
        .iter()
        .map(|one| json!({ "name": one.name, "driver": one.driver, "labels": one.labels, "options": one.options }))
        .collect();
    networks.sort_by_cached_key(Value::to_string);
    networks
}

fn create(call: &Call, body: &Value) -> Outcome {
    Seat::take(call, |mut seat| {
        let swarm = seat.managed()?;
        let name = body["Name"].as_str().unwrap_or_default().to_owned();
        if seat.rows.swarms[swarm]
            .networks
            .iter()
            .any(|one| one.name == name)
        {
            return Err(Failure::conflict(format!(
                "network with name {name} already exists"
            )));
        }
        let id = seat.fresh_id("network");
        let network = Network {
            id: id.clone(),
            name,
            created: seat.now,
            driver: "overlay".to_owned(),
            origin: Origin::User,
            subnet: None,
            gateway: None,
            internal: body["Internal"] == true,
            attachable: body["Attachable"] == true,
            enable_ipv6: false,
            options: serde_json::from_value(body["Options"].clone()).unwrap_or_default(),
            labels: serde_json::from_value(body["Labels"].clone()).unwrap_or_default(),
        };
        seat.rows.swarms[swarm].networks.push(network);
        answer::created(json!({ "Id": id, "Warning": "" }))
    })
}

fn remove(swarm: &mut Swarm, place: usize) -> Outcome {
    let network = &swarm.networks[place];
    let uses = |service: &super::Service| {
        let targets = service.spec["TaskTemplate"]["Networks"].as_array();
        let mut targets = targets
            .into_iter()
            .flatten()
            .filter_map(|one| one["Target"].as_str());
        targets.any(|target| target == network.id || target == network.name)
    };
    if let Some(service) = swarm.services.iter().find(|service| uses(service)) {
        let message = format!(
            "rpc error: code = FailedPrecondition desc = network {} is in use by service {}",
            network.id, service.id
        );
        return Err(Failure::bad(message));
    }
    swarm.networks.remove(place);
    answer::empty(StatusCode::NO_CONTENT)
}
