//! Containers on networks: connecting, disconnecting, and the addresses running containers have.

use std::net::Ipv4Addr;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Network, find};
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::{Call, null_as_default};
use crate::docker::container::{self, Container};
use crate::docker::daemon::{Daemon, digest};
use crate::docker::rows::Engine;

/// A container on a network. The address is there while the container runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::docker) struct Attachment {
    /// Known since the container first started on the network. A network of the same name made later is another one.
    pub(in crate::docker) network_id: Option<String>,
    pub(in crate::docker) endpoint_id: String,
    pub(in crate::docker) address: Option<Ipv4Addr>,
    pub(in crate::docker) gateway: Option<Ipv4Addr>,
    pub(in crate::docker) prefix: u8,
    /// What the client asked for: aliases, a fixed address.
    pub(in crate::docker) wanted: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Connect {
    container: String,
    #[serde(default, deserialize_with = "null_as_default")]
    endpoint_config: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Disconnect {
    container: String,
}

impl Attachment {
    /// What a client asked for, before the container ran.
    pub(in crate::docker) fn wanting(wanted: Map<String, Value>) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// The hardware address that follows from the IP address.
    pub(in crate::docker) fn mac(&self) -> String {
        let Some(address) = self.address else {
            return String::new();
        };
        let [a, b, c, d] = address.octets();
        format!("02:42:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
    }

    /// Gives up the address.
    pub(in crate::docker) fn leave(&mut self) {
        self.address = None;
        self.gateway = None;
        self.endpoint_id.clear();
    }

    /// As `NetworkSettings.Networks` shows it.
    pub(in crate::docker) fn describe(&self, container: &Container) -> Value {
        let text = |address: Option<Ipv4Addr>| address.map(|address| address.to_string()).unwrap_or_default();
        let names = json!([container.name, answer::short(&container.id)]);
        json!({
            "IPAMConfig": self.wanted.get("IPAMConfig"),
            "Links": self.wanted.get("Links"),
            "Aliases": self.wanted.get("Aliases"),
            "DriverOpts": self.wanted.get("DriverOpts"),
            "NetworkID": self.network_id.clone().unwrap_or_default(),
            "EndpointID": self.endpoint_id,
            "Gateway": text(self.gateway),
            "IPAddress": text(self.address),
            "IPPrefixLen": self.prefix,
            "MacAddress": self.mac(),
            "IPv6Gateway": "",
            "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0,
            "DNSNames": names,
        })
    }
}

/// The running containers on a network.
pub(super) fn endpoints<'a>(
    engine: &'a Engine,
    network: &'a Network,
) -> impl Iterator<Item = (&'a Container, &'a Attachment)> {
    let on_network = |container: &'a Container| {
        let attachment = container.attachments.values();
        let mut attachment = attachment.filter(|one| one.network_id.as_deref() == Some(&network.id));
        attachment.next().map(|attachment| (container, attachment))
    };
    engine
        .containers
        .iter()
        .filter(|container| container.is_running())
        .filter_map(on_network)
}

/// Joins a container that starts to one of its networks, and gives it an address there.
pub(in crate::docker) fn join(
    engine: &Engine,
    name: &str,
    attachment: &Attachment,
) -> Result<Attachment, Failure> {
    let network = find(engine, attachment.network_id.as_deref().unwrap_or(name))?;
    let address = address(engine, network, attachment)?;
    Ok(Attachment {
        network_id: Some(network.id.clone()),
        endpoint_id: digest(&["endpoint", &network.id, &format!("{address:?}")]),
        address,
        gateway: network.gateway,
        prefix: network.subnet.map_or(0, super::Subnet::prefix),
        wanted: attachment.wanted.clone(),
    })
}

fn address(engine: &Engine, network: &Network, attachment: &Attachment) -> Result<Option<Ipv4Addr>, Failure> {
    let Some(subnet) = network.subnet else {
        return Ok(None);
    };
    let taken: Vec<Ipv4Addr> = endpoints(engine, network)
        .filter_map(|(_, other)| other.address)
        .collect();
    let is_free = |address: &Ipv4Addr| Some(*address) != network.gateway && !taken.contains(address);
    let Some(fixed) = attachment
        .wanted
        .get("IPAMConfig")
        .and_then(|config| config["IPv4Address"].as_str())
    else {
        let address = subnet.hosts().find(is_free);
        return address
            .map(Some)
            .ok_or_else(|| Failure::internal("no available IPv4 addresses on this network's address pools"));
    };
    let fixed: Ipv4Addr = fixed
        .parse()
        .map_err(|_| Failure::bad(format!("invalid IPv4 address: {fixed}")))?;
    if !subnet.contains(fixed) {
        return Err(Failure::bad(format!(
            "no configured subnet contains IP address {fixed}"
        )));
    }
    if !is_free(&fixed) {
        return Err(Failure::forbidden("Address already in use"));
    }
    Ok(Some(fixed))
}

pub(super) fn connect(call: &Call, name: &str) -> Outcome {
    let wanted: Connect = call.json()?;
    call.daemon(|daemon| {
        let network = find(daemon.engine, name)?.name.clone();
        let at = container::position(daemon.engine, &wanted.container)?;
        attach(daemon, at, &network, Attachment::wanting(wanted.endpoint_config))?;
        answer::empty(StatusCode::OK)
    })
}

fn attach(daemon: &mut Daemon<'_>, at: usize, network: &str, attachment: Attachment) -> Result<(), Failure> {
    let container = &daemon.engine.containers[at];
    if network == "host" || container.host_config.network_mode == "host" {
        let reason =
            "container cannot be connected to host network - container must be created in host network mode";
        return Err(Failure::bad(reason));
    }
    if container.attachments.contains_key(network) {
        let reason = format!(
            "endpoint with name {} already exists in network {network}",
            container.name
        );
        return Err(Failure::forbidden(reason));
    }
    let is_running = container.is_running();
    let joined = if is_running {
        join(daemon.engine, network, &attachment)?
    } else {
        attachment
    };
    daemon.engine.containers[at]
        .attachments
        .insert(network.to_owned(), joined);
    Ok(())
}

pub(super) fn disconnect(call: &Call, name: &str) -> Outcome {
    let wanted: Disconnect = call.json()?;
    call.daemon(|daemon| {
        let network = find(daemon.engine, name)?.name.clone();
        let at = container::position(daemon.engine, &wanted.container)?;
        let container = &mut daemon.engine.containers[at];
        if container.attachments.remove(&network).is_none() {
            let reason = format!("container {} is not connected to network {network}", container.id);
            return Err(Failure::forbidden(reason));
        }
        answer::empty(StatusCode::OK)
    })
}
