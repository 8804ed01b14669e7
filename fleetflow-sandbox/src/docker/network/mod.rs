//! Networks: their rows and requests. No packet moves between containers.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::{self, Failure, Outcome};
use super::call::Call;
use super::daemon::digest;
use super::filter::Filters;
use super::rows::Engine;

mod attach;
mod create;
mod subnet;

pub(super) use attach::{Attachment, join};
pub(super) use subnet::Subnet;

/// A network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Network {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) driver: String,
    pub(super) origin: Origin,
    pub(super) subnet: Option<Subnet>,
    pub(super) gateway: Option<Ipv4Addr>,
    pub(super) internal: bool,
    pub(super) attachable: bool,
    pub(super) enable_ipv6: bool,
    pub(super) options: BTreeMap<String, String>,
    pub(super) labels: BTreeMap<String, String>,
}

/// Who made a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Origin {
    /// Every engine has it.
    Predefined,
    /// Somebody asked for it.
    User,
}

/// The requests below `/networks`.
pub(super) fn route(call: &Call, path: &[&str]) -> Outcome {
    match (&call.method, path) {
        (&Method::GET, []) => list(call),
        (&Method::POST, ["create"]) => create::create(call),
        (&Method::POST, ["prune"]) => prune(call),
        (&Method::GET, [name]) => call.daemon(|daemon| inspect(daemon.engine, name)),
        (&Method::DELETE, [name]) => call.daemon(|daemon| remove(daemon.engine, name)),
        (&Method::POST, [name, "connect"]) => attach::connect(call, name),
        (&Method::POST, [name, "disconnect"]) => attach::disconnect(call, name),
        _ => Err(Failure::no_page()),
    }
}

/// The networks every engine has.
pub(super) fn predefined(key: &str) -> Vec<Network> {
    let bridge = Subnet::pools().next();
    let row = |name: &str, driver: &str, subnet: Option<Subnet>| Network {
        id: digest(&["network", key, name]),
        name: name.to_owned(),
        created: Timestamp::UNIX_EPOCH,
        driver: driver.to_owned(),
        origin: Origin::Predefined,
        subnet,
        gateway: subnet.map(Subnet::first),
        internal: false,
        attachable: false,
        enable_ipv6: false,
        options: BTreeMap::new(),
        labels: BTreeMap::new(),
    };
    vec![
        row("bridge", "bridge", bridge),
        row("host", "host", None),
        row("none", "null", None),
    ]
}

/// A network by id, name, or the beginning of its id.
pub(super) fn find<'a>(engine: &'a Engine, wanted: &str) -> Result<&'a Network, Failure> {
    let networks = &engine.networks;
    let exact = networks
        .iter()
        .find(|network| network.id == wanted || network.name == wanted);
    if let Some(network) = exact {
        return Ok(network);
    }
    let mut by_prefix = networks
        .iter()
        .filter(|network| !wanted.is_empty() && network.id.starts_with(wanted));
    match (by_prefix.next(), by_prefix.next()) {
        (Some(network), None) => Ok(network),
        (Some(_), Some(_)) => Err(Failure::bad(format!(
            "network {wanted} is ambiguous (2 matches found on ID prefix)"
        ))),
        (None, _) => Err(Failure::not_found(format!("network {wanted} not found"))),
    }
}

fn list(call: &Call) -> Outcome {
    let filters = call.filters(&["name", "id", "label", "driver", "type", "scope", "dangling"])?;
    let of_swarm = super::swarm::known_networks(call);
    call.daemon(|daemon| {
        let engine = &*daemon.engine;
        let networks = engine
            .networks
            .iter()
            .chain(&of_swarm)
            .filter(|network| listed(engine, network, &filters));
        answer::ok(
            networks
                .map(|network| network.describe(&Value::Object(Map::new())))
                .collect(),
        )
    })
}

fn listed(engine: &Engine, network: &Network, filters: &Filters) -> bool {
    let kind = if network.origin == Origin::User {
        "custom"
    } else {
        "builtin"
    };
    let dangling = network.origin == Origin::User && attach::endpoints(engine, network).next().is_none();
    filters.any("name", |wanted| network.name.contains(wanted))
        && filters.any("id", |wanted| network.id.starts_with(wanted))
        && filters.any("driver", |wanted| network.driver == wanted)
        && filters.any("type", |wanted| wanted == kind)
        && filters.any("scope", |wanted| wanted == network.scope())
        && filters.any("dangling", |wanted| matches!(wanted, "1" | "true") == dangling)
        && filters.labels(&network.labels)
}

fn inspect(engine: &Engine, wanted: &str) -> Outcome {
    let network = find(engine, wanted)?;
    let prefix = network.subnet.map_or(0, Subnet::prefix);
    let describe = |(container, attachment): (&super::container::Container, &Attachment)| {
        let endpoint = json!({
            "Name": container.name,
            "EndpointID": attachment.endpoint_id,
            "MacAddress": attachment.mac(),
            "IPv4Address": attachment.address.map(|address| format!("{address}/{prefix}")).unwrap_or_default(),
            "IPv6Address": "",
        });
        (container.id.clone(), endpoint)
    };
    let containers: Map<String, Value> = attach::endpoints(engine, network).map(describe).collect();
    answer::ok(network.describe(&Value::Object(containers)))
}

impl Network {
    /// Networks of a swarm are made by its managers, and are the same on all of its nodes.
    fn scope(&self) -> &'static str {
        if self.driver == "overlay" {
            "swarm"
        } else {
            "local"
        }
    }

    pub(super) fn describe(&self, containers: &Value) -> Value {
        let config: Vec<Value> = self.subnet.iter().map(|subnet| self.pool(*subnet)).collect();
        json!({
            "Name": self.name,
            "Id": self.id,
            "Created": self.created.to_string(),
            "Scope": self.scope(),
            "Driver": self.driver,
            "EnableIPv4": true,
            "EnableIPv6": self.enable_ipv6,
            "IPAM": { "Driver": "default", "Options": {}, "Config": config },
            "Internal": self.internal,
            "Attachable": self.attachable,
            "Ingress": false,
            "ConfigFrom": { "Network": "" },
            "ConfigOnly": false,
            "Containers": containers,
            "Options": self.options,
            "Labels": self.labels,
        })
    }

    fn pool(&self, subnet: Subnet) -> Value {
        json!({ "Subnet": subnet.to_string(), "Gateway": self.gateway.map(|address| address.to_string()) })
    }
}

/// Only running containers keep a network; a stopped one is left with a network that is gone.
fn remove(engine: &mut Engine, wanted: &str) -> Outcome {
    let network = find(engine, wanted)?;
    if network.origin == Origin::Predefined {
        let reason = "is a pre-defined network and cannot be removed";
        return Err(Failure::forbidden(format!("{} {reason}", network.name)));
    }
    if attach::endpoints(engine, network).next().is_some() {
        let network = format!("network {} id {}", network.name, network.id);
        return Err(Failure::forbidden(format!(
            "error while removing network: {network} has active endpoints"
        )));
    }
    let id = network.id.clone();
    engine.networks.retain(|network| network.id != id);
    answer::empty(StatusCode::NO_CONTENT)
}

fn prune(call: &Call) -> Outcome {
    let filters = call.filters(&["label"])?;
    call.daemon(|daemon| {
        let engine = &*daemon.engine;
        let unused = |network: &&Network| {
            network.origin == Origin::User
                && !engine
                    .containers
                    .iter()
                    .any(|container| container.attachments.contains_key(&network.name))
                && filters.labels(&network.labels)
        };
        let gone: Vec<String> = engine
            .networks
            .iter()
            .filter(unused)
            .map(|network| network.name.clone())
            .collect();
        daemon
            .engine
            .networks
            .retain(|network| !gone.contains(&network.name));
        answer::ok(json!({ "NetworksDeleted": gone }))
    })
}
