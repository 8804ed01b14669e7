//! Who is found under the names of a service. Containers come in and leave with the connections they have: they keep their
//! address. Nothing is started or stopped here.

use std::time::Duration;

use bollard::models::{
    EndpointIpamConfig, EndpointSettings, NetworkConnectRequest, NetworkDisconnectRequest,
};

use tokio::time::Instant;

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

/// What became of a container that was attached anew.
pub(super) struct Anew {
    pub(super) address: Address,
    /// How long nothing reached it.
    pub(super) away: Duration,
}

/// How long it takes at most until who was told the address of a container has connected to it and got its answer, also on a busy
/// machine: 3 s, where a container has to run for 1.5 s to count as working.
///
/// Who sent something while it was `away` sends it again, each time after twice as long (RFC 6298, 5.5): before as long again.
pub(super) fn drain(engine: &Engine, away: Duration) -> Duration {
    engine.probation() * 2 + away * 2
}

/// Makes the container `id` known in `network` under `aliases`, and under no other names.
///
/// Engines take such names with the attachment only, so that it is attached anew. With the same addresses of both layers,
/// connections go on after a moment: nothing is sent to either end. Where only that of the network stayed, the others would go
/// on sending to the hardware address that they remember (RFC 826): engines since 28.0 draw one for each attachment
/// (`bridge_linux.go` of moby), which older ones made from the network's. They keep the one they are told with API 1.54 and later.
pub(super) async fn known_as(engine: &Engine, network: &str, id: &str, aliases: &[String]) -> Result<Anew> {
    let before = address(engine, network, id).await?;
    let leaves = Instant::now();
    detach(engine, network, id).await?;
    let settings = |place: Option<&Place>| EndpointSettings {
        ipam_config: place.map(|place| EndpointIpamConfig {
            ipv4_address: Some(place.network.clone()),
            ..EndpointIpamConfig::default()
        }),
        mac_address: place.and_then(|place| place.hardware.clone()),
        ..endpoint(aliases.to_vec())
    };
    match attach(engine, network, id, settings(before.as_ref())).await {
        // A network that the engine chose the subnet of takes no addresses: mostly the same one is free still.
        Err(error) if error.kind() == ErrorKind::Refused || error.kind() == ErrorKind::Conflict => {
            attach(engine, network, id, settings(None)).await?;
        }
        answer => answer?,
    }
    let away = leaves.elapsed();
    let after = address(engine, network, id).await?;
    let network_of = |place: Option<Place>| place.map(|place| place.network);
    let before = network_of(before);
    let kept = before.is_some() && network_of(after) == before;
    Ok(Anew {
        address: if kept { Address::Kept } else { Address::Moved },
        away,
    })
}

/// Where a container is reached in a network.
struct Place {
    /// Its IPv4 address.
    network: String,
    /// Its MAC address.
    hardware: Option<String>,
}

async fn address(engine: &Engine, network: &str, id: &str) -> Result<Option<Place>> {
    let seen = gate::inspect(engine, id).await?;
    let networks = seen.network_settings.and_then(|settings| settings.networks);
    let attachment = networks.and_then(|mut networks| networks.remove(network));
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(attachment.and_then(|attachment| {
        Some(Place {
            network: said(attachment.ip_address)?,
            hardware: said(attachment.mac_address),
        })
    }))
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
