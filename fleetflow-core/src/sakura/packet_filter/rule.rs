//! One rule of a packet filter, and what can be wrong with it. Declared values only.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Path, Problem};

/// One rule: the packets it fits, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["protocol", "port"]))]
pub struct PacketRule {
    /// What kind of packet.
    pub(super) protocol: Protocol,
    /// What becomes of it.
    #[serde(default)]
    pub(super) action: PacketAction,
    /// Where it comes from: `192.0.2.0/24`; from anywhere without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    /// The port it comes from: `1024-65535`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source_port: Option<String>,
    /// The port it goes to: `443`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) port: Option<String>,
    /// A description for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
}

/// What kind of packet a rule fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTP.
    Http,
    /// HTTPS.
    Https,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// Fragments of packets.
    Fragment,
    /// Everything.
    Ip,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PacketAction {
    /// It passes.
    #[default]
    Allow,
    /// It is dropped.
    Deny,
}

impl PacketRule {
    /// Lets packets of `protocol` pass.
    pub const fn allow(protocol: Protocol) -> Self {
        Self {
            protocol,
            action: PacketAction::Allow,
            source: None,
            source_port: None,
            port: None,
            description: None,
        }
    }

    /// Drops packets of `protocol`.
    pub fn deny(protocol: Protocol) -> Self {
        Self {
            action: PacketAction::Deny,
            ..Self::allow(protocol)
        }
    }

    /// Only those from `network`: `192.0.2.0/24`.
    #[must_use]
    pub fn from(mut self, network: impl Into<String>) -> Self {
        self.source = Some(network.into());
        self
    }

    /// Only those to `ports`: `443`, `8000-8100`.
    #[must_use]
    pub fn ports(mut self, ports: impl Into<String>) -> Self {
        self.port = Some(ports.into());
        self
    }

    /// Only those from `ports`.
    #[must_use]
    pub fn source_ports(mut self, ports: impl Into<String>) -> Self {
        self.source_port = Some(ports.into());
        self
    }

    /// With words for people.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// What is wrong with it as the rule at `path`.
    pub(super) fn check(&self, path: &Path) -> Vec<Problem> {
        let ports = [("port", &self.port), ("source_port", &self.source_port)];
        let mut problems: Vec<_> = ports
            .into_iter()
            .filter_map(|(field, ports)| check_ports(self.protocol, ports.as_deref()?, &path.key(field)))
            .collect();
        problems.extend(
            self.source
                .as_deref()
                .and_then(|source| check_network(source, &path.key("source"))),
        );
        problems
    }
}

fn check_ports(protocol: Protocol, ports: &str, path: &Path) -> Option<Problem> {
    if !matches!(protocol, Protocol::Tcp | Protocol::Udp) {
        let problem = Problem::at(path.clone(), "only tcp and udp have ports");
        return Some(problem.help("remove the port, or choose another protocol"));
    }
    let numbers: Option<Vec<u16>> = ports.splitn(2, '-').map(|number| number.parse().ok()).collect();
    let legal = numbers.is_some_and(|numbers| numbers.first() <= numbers.last() && !numbers.contains(&0));
    (!legal).then(|| {
        Problem::at(path.clone(), format!("`{ports}` is no port"))
            .help("write `443`, or a range: `8000-8100`")
    })
}

/// An address, a network with a prefix length, or one with a mask (API doc "Packet filter").
fn check_network(network: &str, path: &Path) -> Option<Problem> {
    let (address, suffix) = network
        .split_once('/')
        .map_or((network, None), |(a, s)| (a, Some(s)));
    let suffix_legal = suffix.is_none_or(|suffix| {
        suffix.parse::<u8>().is_ok_and(|length| length <= 32) || suffix.parse::<Ipv4Addr>().is_ok()
    });
    let legal = address.parse::<Ipv4Addr>().is_ok() && suffix_legal;
    (!legal).then(|| {
        Problem::at(
            path.clone(),
            format!("`{network}` is not a network of IPv4 addresses"),
        )
        .help("write `192.0.2.7` or `192.0.2.0/24`")
    })
}
