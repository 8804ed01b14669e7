//! Publishing ports on the host: what is asked for, what is free, what collides.

use super::row::{Container, Published};
use super::spec::{HostConfig, PortBinding};
use crate::docker::answer::Failure;
use crate::docker::rows::Engine;

/// Where Linux starts to hand out ports that nobody chose.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 32768..=60999;

/// Refuses bindings that cannot be read.
pub(super) fn check(host_config: &HostConfig) -> Result<(), Failure> {
    for (port, bindings) in &host_config.port_bindings {
        if !is_port(port) {
            return Err(Failure::bad(format!("invalid port specification: {port:?}")));
        }
        for binding in bindings.iter().flatten() {
            range(&binding.host_port).ok_or_else(|| {
                Failure::bad(format!("invalid port specification: {:?}", binding.host_port))
            })?;
        }
    }
    Ok(())
}

/// `80`, `80/tcp`, `53/udp`
fn is_port(text: &str) -> bool {
    let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    number.parse::<u16>().is_ok_and(|number| number > 0) && matches!(protocol, "tcp" | "udp" | "sctp")
}

/// The host ports a binding accepts.
fn range(text: &str) -> Option<std::ops::RangeInclusive<u16>> {
    if matches!(text, "" | "0") {
        return Some(EPHEMERAL);
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
    (first > 0 && first <= last).then_some(first..=last)
}

/// Opens the ports of a container that starts.
pub(super) fn publish(engine: &Engine, container: &Container) -> Result<Vec<Published>, Failure> {
    if matches!(container.host_config.network_mode.as_str(), "host" | "none") {
        return Ok(Vec::new());
    }
    let mut published = Vec::new();
    for (port, binding) in wanted(container) {
        published.extend(open(engine, container, &published, &port, &binding)?);
    }
    Ok(published)
}

fn wanted(container: &Container) -> Vec<(String, PortBinding)> {
    let host_config = &container.host_config;
    let mut wanted = Vec::new();
    for (port, bindings) in &host_config.port_bindings {
        let bindings = bindings.clone().filter(|bindings| !bindings.is_empty());
        let bindings = bindings.unwrap_or_else(|| vec![PortBinding::default()]);
        wanted.extend(bindings.into_iter().map(|binding| (with_protocol(port), binding)));
    }
    if host_config.publish_all_ports {
        let exposed = container
            .config
            .exposed_ports
            .keys()
            .map(|port| with_protocol(port));
        let exposed = exposed.filter(|port| !wanted.iter().any(|(other, _)| other == port));
        let exposed: Vec<_> = exposed.map(|port| (port, PortBinding::default())).collect();
        wanted.extend(exposed);
    }
    wanted
}

/// The protocol is part of a port's name.
pub(super) fn with_protocol(port: &str) -> String {
    if port.contains('/') {
        port.to_owned()
    } else {
        format!("{port}/tcp")
    }
}

/// Without an address a port is opened twice: on all IPv4 addresses and on all IPv6 addresses.
fn open(
    engine: &Engine,
    container: &Container,
    own: &[Published],
    port: &str,
    binding: &PortBinding,
) -> Result<Vec<Published>, Failure> {
    let protocol = protocol(port);
    let addresses = if binding.host_ip.is_empty() {
        vec!["0.0.0.0", "::"]
    } else {
        vec![binding.host_ip.as_str()]
    };
    let others = engine
        .containers
        .iter()
        .filter(|other| other.is_running() && other.id != container.id);
    let taken: Vec<&Published> = others.flat_map(|other| &other.run.ports).chain(own).collect();
    let is_free = |number: &u16| {
        let collides = |other: &&Published| {
            other.host_port == *number
                && self::protocol(&other.container) == protocol
                && addresses
                    .iter()
                    .any(|address| same_address(address, &other.host_ip))
        };
        !taken.iter().any(collides)
    };
    let mut numbers = range(&binding.host_port).unwrap_or(EPHEMERAL);
    let first = *numbers.start();
    let Some(number) = numbers.find(is_free) else {
        return Err(allocated(container, addresses[0], first));
    };
    let published = |address: &&str| Published {
        container: port.to_owned(),
        host_ip: (*address).to_owned(),
        host_port: number,
    };
    Ok(addresses.iter().map(published).collect())
}

fn protocol(port: &str) -> &str {
    port.split_once('/').map_or("tcp", |(_, protocol)| protocol)
}

/// An address for everything of its family meets every address of that family.
fn same_address(one: &str, other: &str) -> bool {
    let same_family = one.contains(':') == other.contains(':');
    let wide = |address: &str| matches!(address, "0.0.0.0" | "::");
    one == other || (same_family && (wide(one) || wide(other)))
}

fn allocated(container: &Container, address: &str, port: u16) -> Failure {
    Failure::internal(format!(
        "driver failed programming external connectivity on endpoint {} ({}): Bind for {address}:{port} failed: \
         port is already allocated",
        container.name, container.id
    ))
}
