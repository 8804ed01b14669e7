//! A further network interface of a server: its switch, its static address, its packet filter. Declared values only.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Server;
use super::check::object;
use crate::model::{Expansion, Input, Path, Problem, Segment};
use crate::plan::Change;

/// How many interfaces a server can have (API doc "Limits").
const MOST_INTERFACES: usize = 10;

/// A network interface on a switch.
///
/// ```
/// use fleetflow_core::sakura::Nic;
///
/// let lan = Nic::on("lan").ip("192.168.0.11/24").packet_filter("inside");
/// assert_ne!(lan, Nic::on("lan"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["switch"]))]
pub struct Nic {
    /// The switch that it is plugged into: the name of a declared one, or an id.
    pub(super) switch: Input<String>,
    /// Its static address with the length of the network's prefix, `192.168.0.11/24`; without one, it is left to the
    /// server. Each further replica takes the next address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ip: Option<String>,
    /// The gateway: needed where the server has no internet interface, on the first interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gateway: Option<Ipv4Addr>,
    /// A packet filter before it: the name of a declared one, or an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) packet_filter: Option<Input<String>>,
}

impl Nic {
    /// An interface on `switch`: the name of a declared one, an id, or the `id()` of a [`super::super::Switch`].
    pub fn on(switch: impl Into<Input<String>>) -> Self {
        Self {
            switch: switch.into(),
            ip: None,
            gateway: None,
            packet_filter: None,
        }
    }

    /// With a static address, as `192.168.0.11/24`.
    #[must_use]
    pub fn ip(mut self, ip: impl Into<String>) -> Self {
        self.ip = Some(ip.into());
        self
    }

    /// With this gateway: for the first interface of a server without an internet interface.
    #[must_use]
    pub const fn gateway(mut self, gateway: Ipv4Addr) -> Self {
        self.gateway = Some(gateway);
        self
    }

    /// Behind `filter`: the name of a declared one, or an id.
    #[must_use]
    pub fn packet_filter(mut self, filter: impl Into<Input<String>>) -> Self {
        self.packet_filter = Some(filter.into());
        self
    }

    /// Its static address.
    pub(super) fn address(&self) -> Option<Ipv4Net> {
        self.ip.as_deref().and_then(host_in_network)
    }

    /// The same for the replica number `index`, counted from 0.
    pub(super) fn of_replica(&self, index: usize) -> Self {
        let next = |ip: &String| match (host_in_network(ip), u32::try_from(index)) {
            (Some(net), Ok(index)) => after(net, index).to_string(),
            _ => ip.clone(),
        };
        Self {
            ip: self.ip.as_ref().map(next),
            ..self.clone()
        }
    }
}

/// Reads `192.168.0.11/24`: an address that a machine can have in a network of at least two of them.
fn host_in_network(text: &str) -> Option<Ipv4Net> {
    let net: Ipv4Net = text.parse().ok()?;
    let is_host = net.addr() != net.network() && net.addr() != net.broadcast();
    ((1..=30).contains(&net.prefix_len()) && is_host).then_some(net)
}

/// The address that comes `count` after that of `net`, with the same prefix.
fn after(net: Ipv4Net, count: u32) -> Ipv4Net {
    let address = Ipv4Addr::from_bits(net.addr().to_bits().wrapping_add(count));
    Ipv4Net::new(address, net.prefix_len()).unwrap_or(net)
}

/// Everything that is wrong with the interfaces of `server` by themselves.
pub(super) fn check(server: &Server) -> Vec<Problem> {
    let path = Path::root().key("nic");
    let mut problems: Vec<_> = if server.internet {
        Vec::new()
    } else {
        check_private(server)
    };
    let mut switches: BTreeSet<&String> = server.switch.iter().filter_map(Input::known).collect();
    for (index, nic) in server.nic.iter().enumerate() {
        let path = path.index(index);
        if nic.switch.known().is_some_and(|switch| !switches.insert(switch)) {
            let problem = Problem::at(path.key("switch"), "two interfaces are on one switch");
            problems.push(problem.help("a server can be plugged into a switch only once"));
        }
        problems.extend(check_address(nic, &path));
        problems.extend(check_gateway(nic, index == 0 && !server.internet, &path));
    }
    let count = server.leading() + server.nic.len();
    if count > MOST_INTERFACES {
        let problem = Problem::at(path, format!("{count} interfaces are too many"));
        problems.push(problem.help(format!("at most {MOST_INTERFACES} are possible")));
    }
    problems
}

/// Without an internet interface the first one of the list is the first of the server.
fn check_private(server: &Server) -> Vec<Problem> {
    let mut problems = Vec::new();
    let first = server.nic.first();
    if first.is_none_or(|nic| nic.ip.is_none() || nic.gateway.is_none()) {
        let path = Path::root().key("internet");
        let problem = Problem::at(path, "without it, the first `nic` needs an `ip` and a `gateway`");
        problems.push(problem.help(
            "write `nic \"lan\" ip=\"192.168.0.11/24\" gateway=\"192.168.0.1\"`, or take `internet` away",
        ));
    }
    for (field, is_there) in [
        ("packet_filter", server.packet_filter.is_some()),
        ("switch", server.switch.is_some()),
    ] {
        if is_there {
            let path = Path::root().key(field);
            let problem = Problem::at(path, "it belongs to the internet interface, which is left out");
            problems.push(problem.help("write it at the `nic`"));
        }
    }
    problems
}

fn check_address(nic: &Nic, path: &Path) -> Option<Problem> {
    let text = nic.ip.as_deref().filter(|text| host_in_network(text).is_none())?;
    let message = format!("`{text}` is not an address in a network");
    Some(
        Problem::at(path.key("ip"), message)
            .help("write it with the length of the prefix: `192.168.0.11/24`"),
    )
}

fn check_gateway(nic: &Nic, is_first: bool, path: &Path) -> Option<Problem> {
    let gateway = nic.gateway?;
    if !is_first {
        let message = "the gateway of the server is that of its first interface";
        return Some(Problem::at(path.key("gateway"), message).help("leave it out"));
    }
    let net = nic.address().filter(|net| !net.contains(&gateway))?;
    let message = format!("the gateway {gateway} is not in the network of {net}");
    Some(Problem::at(path.key("gateway"), message).help("it is an address of the same network"))
}

/// Everything that is wrong with the interfaces of `server` among the other declarations.
pub(super) fn check_in(server: &Server, replicas: usize, around: &Expansion<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, nic) in server.nic.iter().enumerate() {
        let path = Path::root().key("nic").index(index);
        let filter = nic.packet_filter.as_ref();
        problems.extend(object("switch", Some(&nic.switch), &path.key("switch"), around));
        problems.extend(object(
            "packet-filter",
            filter,
            &path.key("packet_filter"),
            around,
        ));
        problems.extend(check_last(nic, replicas, &path));
        problems.extend(check_unique(server, nic, &path, around));
    }
    problems
}

/// The last replica's address has to be in the network as well.
fn check_last(nic: &Nic, replicas: usize, path: &Path) -> Option<Problem> {
    let first = nic.address()?;
    let last = after(first, u32::try_from(replicas.saturating_sub(1)).ok()?);
    if first.contains(&last.addr()) && host_in_network(&last.to_string()).is_some() {
        return None;
    }
    let message = format!("{replicas} replicas from {first} on need more addresses than its network has");
    Some(Problem::at(path.key("ip"), message).help("begin with a lower address, or take a larger network"))
}

/// No other server has the address on the same switch.
fn check_unique(server: &Server, nic: &Nic, path: &Path, around: &Expansion<'_>) -> Option<Problem> {
    let address = nic.address()?.addr();
    let others = around
        .of_kind("server")
        .filter(|other| other.address.name() < server.name.as_str());
    for other in others {
        let theirs = other.spec.get("nic").map(Vec::<Nic>::deserialize);
        let has = |theirs: &Nic| {
            theirs.switch == nic.switch && theirs.address().is_some_and(|net| net.addr() == address)
        };
        if theirs.is_some_and(|nics| nics.is_ok_and(|nics| nics.iter().any(has))) {
            let message = format!("{} has the address {address} on the same switch", other.address);
            return Some(Problem::at(path.key("ip"), message).help("give each server an address of its own"));
        }
    }
    None
}

/// Whether `change` is one of interfaces that needs the power off. Packet filters change while the server runs.
pub(super) fn needs_power_off(change: &Change) -> bool {
    change.field() == "nic" && !is_of_filter(change)
}

fn is_of_filter(change: &Change) -> bool {
    matches!(change.path.segments(), [_, _, Segment::Key(field), ..] if field == "packet_filter")
}

/// The numbers of the declared interfaces that `change` gives another address, which the server has to be told.
pub(super) fn readdressed(change: &Change) -> Vec<usize> {
    if change.field() != "nic" {
        return Vec::new();
    }
    let (before, after) = (&change.before, &change.after);
    match change.path.segments() {
        [_, Segment::Index(at), Segment::Key(field), ..] if field == "ip" || field == "gateway" => vec![*at],
        [_, Segment::Index(at)] if address(Some(before)) != address(Some(after)) => vec![*at],
        [_, Segment::Index(_), ..] => Vec::new(),
        _ => {
            let (before, after) = (list(before), list(after));
            let places = 0..before.len().max(after.len());
            places
                .filter(|at| address(before.get(*at)) != address(after.get(*at)))
                .collect()
        }
    }
}

/// Whether `change` gives the first declared interface another address.
pub(super) fn readdresses_first(change: &Change) -> bool {
    readdressed(change).contains(&0)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn address(nic: Option<&Value>) -> Option<(&Value, &Value)> {
    let nic = nic?;
    Some((nic.get("ip")?, nic.get("gateway").unwrap_or(&Value::Null)))
}
