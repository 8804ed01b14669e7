//! Creating a network: names, drivers and address pools.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::Deserialize;
use serde_json::json;

use super::{Network, Origin, Subnet};
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::{Call, null_as_default};
use crate::docker::daemon::Daemon;
use crate::docker::rows::Engine;

/// The body. `CheckDuplicate` is read by nobody since API 1.44: names are always unique.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "the shape of the API")]
struct Wanted {
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    driver: String,
    #[serde(deserialize_with = "null_as_default")]
    internal: bool,
    #[serde(deserialize_with = "null_as_default")]
    attachable: bool,
    #[serde(deserialize_with = "null_as_default")]
    ingress: bool,
    #[serde(rename = "EnableIPv6", deserialize_with = "null_as_default")]
    enable_ipv6: bool,
    #[serde(rename = "IPAM", deserialize_with = "null_as_default")]
    ipam: Ipam,
    #[serde(deserialize_with = "null_as_default")]
    options: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_as_default")]
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Ipam {
    #[serde(deserialize_with = "null_as_default")]
    config: Vec<Pool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Pool {
    #[serde(deserialize_with = "null_as_default")]
    subnet: String,
    #[serde(deserialize_with = "null_as_default")]
    gateway: String,
}

pub(super) fn create(call: &Call) -> Outcome {
    let wanted: Wanted = call.json()?;
    check(&wanted)?;
    call.daemon(|daemon| {
        let id = place(daemon, wanted)?;
        answer::created(json!({ "Id": id, "Warning": "" }))
    })
}

fn check(wanted: &Wanted) -> Result<(), Failure> {
    if wanted.name.trim().is_empty() {
        return Err(Failure::bad("invalid network name: name is empty"));
    }
    if matches!(wanted.name.as_str(), "default" | "container") {
        return Err(Failure::forbidden(format!(
            "operation is not permitted on predefined {} network ",
            wanted.name
        )));
    }
    if wanted.ingress || wanted.driver == "overlay" {
        return Err(Failure::new(
            http::StatusCode::SERVICE_UNAVAILABLE,
            "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this \
             node to swarm and try again.",
        ));
    }
    match wanted.driver.as_str() {
        "" | "bridge" | "macvlan" | "ipvlan" => Ok(()),
        "host" | "null" => Err(Failure::forbidden(format!(
            "only one instance of \"{}\" network is allowed",
            wanted.driver
        ))),
        other => Err(Failure::not_found(format!(
            "could not find plugin {other} in v1 plugin registry: plugin not found"
        ))),
    }
}

fn place(daemon: &mut Daemon<'_>, wanted: Wanted) -> Result<String, Failure> {
    if daemon
        .engine
        .networks
        .iter()
        .any(|network| network.name == wanted.name)
    {
        return Err(Failure::conflict(format!(
            "network with name {} already exists",
            wanted.name
        )));
    }
    let (subnet, gateway) = addresses(daemon.engine, &wanted.ipam.config)?;
    let driver = if wanted.driver.is_empty() {
        "bridge".to_owned()
    } else {
        wanted.driver
    };
    let network = Network {
        id: daemon.fresh_id("network"),
        name: wanted.name,
        created: daemon.now,
        driver,
        origin: Origin::User,
        subnet: Some(subnet),
        gateway: Some(gateway),
        internal: wanted.internal,
        attachable: wanted.attachable,
        enable_ipv6: wanted.enable_ipv6,
        options: wanted.options,
        labels: wanted.labels,
    };
    let id = network.id.clone();
    daemon.engine.networks.push(network);
    Ok(id)
}

fn addresses(engine: &Engine, pools: &[Pool]) -> Result<(Subnet, Ipv4Addr), Failure> {
    let taken: Vec<Subnet> = engine
        .networks
        .iter()
        .filter_map(|network| network.subnet)
        .collect();
    let is_free = |subnet: &Subnet| !taken.iter().any(|other| other.overlaps(*subnet));
    let Some(pool) = pools
        .iter()
        .find(|pool| !pool.subnet.is_empty() && !pool.subnet.contains("::"))
    else {
        let full = "all predefined address pools have been fully subnetted";
        let subnet = Subnet::pools().find(is_free).ok_or_else(|| Failure::bad(full))?;
        return Ok((subnet, subnet.first()));
    };
    let subnet = Subnet::parse(&pool.subnet).ok_or_else(|| {
        Failure::bad(format!(
            "invalid subnet {0} : invalid CIDR address: {0}",
            pool.subnet
        ))
    })?;
    if !is_free(&subnet) {
        return Err(Failure::forbidden(
            "Pool overlaps with other one on this address space",
        ));
    }
    Ok((subnet, gateway(subnet, &pool.gateway)?))
}

fn gateway(subnet: Subnet, text: &str) -> Result<Ipv4Addr, Failure> {
    if text.is_empty() {
        return Ok(subnet.first());
    }
    let address = text.parse().ok().filter(|address| subnet.contains(*address));
    address.ok_or_else(|| Failure::bad(format!("invalid gateway {text}: parent subnet is {subnet}")))
}
