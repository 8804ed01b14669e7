//! Who is found under the names of a service. Containers come in and leave with the connections they have: they keep their
//! address. Nothing is started or stopped here.

use std::time::Duration;

use bollard::models::{
    EndpointIpamConfig, EndpointSettings, NetworkConnectRequest, NetworkDisconnectRequest,
};

use super::body::endpoint;
use super::gate;
use crate::docker::engines::Engine;
use crate::error::{Error, ErrorKind, Result};

/// Whether a container kept its address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    Kept,
    Moved,
}

/// How long it takes at most until who was told an address has connected to it, also on a busy machine: 3 s, where a
/// container has to run for 1.5 s to count as working.
pub(super) fn drain(engine: &Engine) -> Duration {
    engine.probation() * 2
}

/// Makes the container `id` known in `network` under `aliases`, and under no other names.
///
/// Engines take such names with the attachment only, so that it is attached anew. With the same address, connections go on
/// after a moment: nothing is sent to either end.
pub(super) async fn known_as(
    engine: &Engine,
    network: &str,
    id: &str,
    aliases: &[String],
) -> Result<Address> {
    let before = address(engine, network, id).await?;
    detach(engine, network, id).await?;
    let settings = |address: Option<&String>| EndpointSettings {
        ipam_config: address.map(|address| EndpointIpamConfig {
            ipv4_address: Some(address.clone()),
            ..EndpointIpamConfig::default()
        }),
        ..endpoint(aliases.to_vec())
    };
    match attach(engine, network, id, settings(before.as_ref())).await {
        // A network that the engine chose the subnet of takes no addresses: mostly the same one is free still.
        Err(error) if error.kind() == ErrorKind::Refused || error.kind() == ErrorKind::Conflict => {
            attach(engine, network, id, settings(None)).await?;
        }
        answer => answer?,
    }
    let kept = before.is_some() && address(engine, network, id).await? == before;
    Ok(if kept { Address::Kept } else { Address::Moved })
}

async fn address(engine: &Engine, network: &str, id: &str) -> Result<Option<String>> {
    let seen = gate::inspect(engine, id).await?;
    let networks = seen.network_settings.and_then(|settings| settings.networks);
    let attachment = networks.and_then(|mut networks| networks.remove(network));
    let address = attachment.and_then(|attachment| attachment.ip_address);
    Ok(address.filter(|address| !address.is_empty()))
}

async fn detach(engine: &Engine, network: &str, id: &str) -> Result<()> {
    let left = engine
        .repeat("detach the container from its network", |docker| {
            let leave = NetworkDisconnectRequest {
                container: id.to_owned(),
                force: None,
            };
            async move { docker.disconnect_network(network, leave).await }
        })
        .await;
    match left {
        Err(error) if says(&error, "is not connected to") => Ok(()),
        answer => answer,
    }
}

async fn attach(engine: &Engine, network: &str, id: &str, settings: EndpointSettings) -> Result<()> {
    let joined = engine
        .repeat("attach the container to its network", |docker| {
            let join = NetworkConnectRequest {
                container: id.to_owned(),
                endpoint_config: Some(settings.clone()),
            };
            async move { docker.connect_network(network, join).await }
        })
        .await;
    match joined {
        Err(error) if says(&error, "already exists in network") => Ok(()),
        answer => answer,
    }
}

fn says(error: &Error, text: &str) -> bool {
    error.message().contains(text)
}
