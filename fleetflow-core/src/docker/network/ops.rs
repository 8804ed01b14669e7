//! How networks come about: one list an engine, one call for each change.

use std::collections::HashMap;

use bollard::models::{Ipam, IpamConfig, Network as Row, NetworkCreateRequest};
use bollard::query_parameters::{InspectNetworkOptions, ListNetworksOptions};
use serde_json::{Value, json};

use super::Network;
use crate::codes;
use crate::converge::Context;
use crate::docker::container::image;
use crate::docker::engines::{Engine, Engines};
use crate::docker::look::{engine_of, host_of, look};
use crate::docker::{Host, marks};
use crate::error::{ErrorKind, Result};
use crate::model::{
    Address, Existing, Found, Lifecycle, Made, Observed, Ownership, Resource as _, Scope, Wanted,
};
use crate::plan::Change;

/// The networks that every engine has.
const PREDEFINED: [&str; 3] = ["bridge", "host", "none"];

impl Lifecycle for Network {
    type Cloud = Engines;

    async fn observe(engines: &Engines, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        look(engines, scope, wanted, |engine, wanted| async move {
            let rows = list(&engine, None).await?;
            Ok(sort(rows, engine.host(), scope, &wanted))
        })
        .await
    }

    async fn create(engines: &Engines, context: &Context, spec: &Self, _: Option<&Existing>) -> Result<Made> {
        let engine = engines.ready(host_of(&spec.host, context)?, context).await?;
        let owned = list(&engine, Some(marks::filter(&context.owner))).await?;
        let ours = owned
            .into_iter()
            .find(|row| row.name.as_deref() == Some(&spec.name));
        let id = match ours.and_then(|row| row.id) {
            Some(id) => id,
            None => make(&engine, context, spec).await?,
        };
        let made = Made::new(&id, &outputs(&id, engine.host()));
        context.checkpoint(id, made.outputs.clone()).await?;
        Ok(made)
    }

    /// Only the way to the engine changes in place, and that is nothing to be done there.
    async fn update(
        _: &Engines,
        context: &Context,
        was: &Existing,
        spec: &Self,
        _: &[Change],
    ) -> Result<Made> {
        Ok(Made::new(
            &was.id,
            &outputs(&was.id, host_of(&spec.host, context)?),
        ))
    }

    /// What was built for the group and never came to run goes with it.
    async fn delete(engines: &Engines, context: &Context, was: &Existing) -> Result<()> {
        let engine = engine_of(engines, was).await?;
        image::forget_unused(&engine, &context.owner).await?;
        match remove(&engine, &was.id).await {
            Err(error) if error.message().contains("active endpoints") => Err(error
                .with_kind(ErrorKind::Conflict)
                .number(&codes::IN_USE)
                .help("containers that are not FleetFlow's use it: `docker network inspect` names them")),
            answer => answer,
        }
    }
}

async fn list(engine: &Engine, filters: Option<HashMap<String, Vec<String>>>) -> Result<Vec<Row>> {
    let options = ListNetworksOptions { filters };
    engine
        .repeat("list the networks", |docker| {
            let options = options.clone();
            async move { docker.list_networks(Some(options)).await }
        })
        .await
}

/// Makes the network with the subnet that the engine would choose: only where it was asked for, containers keep their
/// addresses when they are attached anew.
///
/// The engine chooses what nothing on its machine uses. Somebody else may be faster the second time: then it stays with
/// what the engine chooses next, and a release may cost a container the connections that it opened before it is found.
async fn make(engine: &Engine, context: &Context, spec: &Network) -> Result<String> {
    let chosen = request(engine, context, spec, None).await?;
    let Some(subnet) = subnet_of(engine, &chosen).await? else {
        return Ok(chosen);
    };
    remove(engine, &chosen).await?;
    match request(engine, context, spec, Some(subnet)).await {
        Err(error) if error.is_without_effect() || error.kind() == ErrorKind::Conflict => {
            request(engine, context, spec, None).await
        }
        answer => answer,
    }
}

async fn request(
    engine: &Engine,
    context: &Context,
    spec: &Network,
    subnet: Option<IpamConfig>,
) -> Result<String> {
    let request = NetworkCreateRequest {
        name: spec.name.clone(),
        driver: Some("bridge".to_owned()),
        labels: Some(marks::of(&context.owner)),
        ipam: subnet.map(|subnet| Ipam {
            config: Some(vec![subnet]),
            ..Ipam::default()
        }),
        ..NetworkCreateRequest::default()
    };
    let made = engine
        .once("create the network", |docker| async move {
            docker.create_network(request).await
        })
        .await?;
    Ok(made.id)
}

/// The subnet that the engine chose, if it says so in the usual way: one of IPv4.
async fn subnet_of(engine: &Engine, id: &str) -> Result<Option<IpamConfig>> {
    let seen = engine
        .repeat("look at the network", |docker| async move {
            docker.inspect_network(id, None::<InspectNetworkOptions>).await
        })
        .await?;
    let pools = seen.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let [pool] = pools.as_slice() else {
        return Ok(None);
    };
    Ok(pool.subnet.as_ref().map(|subnet| IpamConfig {
        subnet: Some(subnet.clone()),
        gateway: pool.gateway.clone(),
        ..IpamConfig::default()
    }))
}

async fn remove(engine: &Engine, id: &str) -> Result<()> {
    let removed = engine
        .repeat("remove the network", |docker| async move {
            docker.remove_network(id).await
        })
        .await;
    match removed {
        Err(error) if error.is_not_found() => Ok(()),
        answer => answer,
    }
}

fn sort(rows: Vec<Row>, host: &Host, scope: &Scope, wanted: &[Wanted]) -> Found {
    let mut found = Found::default();
    for row in rows {
        let labels = row.labels.clone().unwrap_or_default();
        let name = row.name.as_deref().unwrap_or_default();
        let namesake = || {
            wanted
                .iter()
                .find(|one| one.spec.get("name").and_then(Value::as_str) == Some(name))
        };
        if let Some(owner) = marks::ours(&labels, scope, Network::KIND) {
            found.resources.push(observed(owner.address, &row, host));
        } else if let Some(one) = namesake() {
            found.resources.push(Observed {
                ownership: marks::foreign(&labels),
                ..observed(one.address.clone(), &row, host)
            });
        } else if !PREDEFINED.contains(&name) {
            found.foreign += 1;
        }
    }
    prefer_ours(&mut found.resources);
    found
}

/// Engines before API 1.44 allow two networks of one name: ours counts then.
fn prefer_ours(resources: &mut Vec<Observed>) {
    let ours: Vec<Address> = resources
        .iter()
        .filter(|found| found.ownership == Ownership::Marked)
        .map(|found| found.address.clone())
        .collect();
    resources.retain(|found| found.ownership == Ownership::Marked || !ours.contains(&found.address));
}

fn observed(address: Address, row: &Row, host: &Host) -> Observed {
    let id = row.id.clone().unwrap_or_default();
    let live = json!({"host": host, "name": row.name, "place": address.name()});
    let status = json!({"driver": row.driver});
    Observed {
        outputs: Made::new("", &outputs(&id, host)).outputs,
        status: status.as_object().cloned().unwrap_or_default(),
        ..Observed::marked(address, id).showing(live)
    }
}

fn outputs(id: &str, host: &Host) -> Value {
    json!({"id": id, "host": host})
}
