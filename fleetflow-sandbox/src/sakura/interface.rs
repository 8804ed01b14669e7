//! Network interfaces of servers (API doc §5.3). An address set on one is a label; it configures nothing.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::{Call, Verb};
use super::fields::Presence;
use super::refusal::{Outcome, refuse};
use super::route::unrouted;
use super::rows::{Rows, Zonal, in_zone, parameter, path_id, row, row_mut};
use super::server::{self, MOST_INTERFACES};
use super::{address, find, monitor, packet_filter, switch};
use crate::World;

/// A network interface.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Interface {
    zone: String,
    pub(super) server: u64,
    pub(super) link: Link,
    pub(super) user_address: Option<Ipv4Addr>,
    pub(super) packet_filter: Option<u64>,
    mac_address: String,
}

/// What an interface is plugged into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Link {
    None,
    /// The shared segment, with the public address it gave.
    Shared(Ipv4Addr),
    /// A user's switch.
    Switch(u64),
}

impl Zonal for Interface {
    fn zone(&self) -> &str {
        &self.zone
    }
}

impl Interface {
    /// A new interface of a server.
    pub(super) fn new(world: &mut World, call: &Call<'_>, server: u64, link: Link) -> Self {
        let [.., x, y, z] = world.next_serial().to_be_bytes();
        Self {
            zone: call.zone.name.to_owned(),
            server,
            link,
            user_address: None,
            packet_filter: None,
            mac_address: format!("9C:A3:BA:{x:02X}:{y:02X}:{z:02X}"),
        }
    }
}

/// Answers a call under `/interface`.
pub(super) fn route(world: &mut World, call: &Call<'_>, tail: &[&str]) -> Outcome<Answer> {
    let id = tail
        .first()
        .map(|id| path_id(id))
        .transpose()?
        .unwrap_or_default();
    let rows = &mut world.sakura;
    match (call.method, tail) {
        (Verb::Get, []) => find(rows, call),
        (Verb::Post, []) => create(world, call),
        (Verb::Get, [_]) => Ok(Answer::read("Interface", seen(rows, call, id)?)),
        (Verb::Put, [_]) => update(rows, call, id),
        (Verb::Delete, [_]) => delete(rows, call, id),
        (Verb::Put, [_, "to", "switch", "shared"]) => connect(rows, call, id, None),
        (Verb::Put, [_, "to", "switch", switch]) => connect(rows, call, id, Some(path_id(switch)?)),
        (Verb::Delete, [_, "to", "switch"]) => disconnect(rows, call, id),
        (Verb::Put, [_, "to", "packetfilter", filter]) => set_filter(rows, call, id, path_id(filter)?),
        (Verb::Delete, [_, "to", "packetfilter"]) => clear_filter(rows, call, id),
        (Verb::Get, [_, "monitor"]) => {
            row(&rows.interfaces, call, id)?;
            monitor::idle(call, ["Send", "Receive"])
        }
        _ => Err(unrouted(tail)),
    }
}

/// The interfaces of a server in their order.
pub(super) fn of_server(rows: &Rows, server: u64) -> impl Iterator<Item = (u64, &Interface)> {
    rows.interfaces
        .iter()
        .filter(move |(_, interface)| interface.server == server)
        .map(|(id, interface)| (*id, interface))
}

fn find(rows: &Rows, call: &Call<'_>) -> Outcome<Answer> {
    let views = in_zone(&rows.interfaces, call).map(|(id, interface)| view(rows, id, interface, call));
    find::find("Interfaces", views.collect(), &call.query)
}

fn seen(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Value> {
    Ok(view(rows, id, row(&rows.interfaces, call, id)?, call))
}

fn create(world: &mut World, call: &Call<'_>) -> Outcome<Answer> {
    let fields = call.envelope("Interface")?;
    let Some(server) = fields.reference("Server")? else {
        return refuse("missing_param");
    };
    parameter(&world.sakura.servers, call, server)?
        .power
        .phase(call.now)
        .must_be_down()?;
    if of_server(&world.sakura, server).count() >= MOST_INTERFACES {
        return refuse("limit_count_in_zone");
    }
    let interface = Interface::new(world, call, server, Link::None);
    let id = world.next_id();
    world.sakura.interfaces.insert(id, interface);
    Ok(Answer::created("Interface", seen(&world.sakura, call, id)?))
}

fn update(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let fields = call.envelope("Interface")?;
    let interface = row_mut(&mut rows.interfaces, call, id)?;
    if fields.has("UserIPAddress") == Presence::Given {
        interface.user_address = match fields.text("UserIPAddress")? {
            None | Some("") => None,
            Some(text) => Some(text.parse().or_else(|_| refuse("invalid_format"))?),
        };
    }
    Ok(Answer::changed("Interface", seen(rows, call, id)?))
}

fn delete(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    must_be_off(rows, call, id)?;
    if row(&rows.interfaces, call, id)?.link != Link::None {
        return refuse("disconnect_b4_delete");
    }
    rows.interfaces.remove(&id);
    Ok(Answer::done())
}

/// Plugs an interface into a switch, or into the shared segment, which only takes a server's first one.
fn connect(rows: &mut Rows, call: &Call<'_>, id: u64, switch: Option<u64>) -> Outcome<Answer> {
    let interface = row(&rows.interfaces, call, id)?;
    if interface.link != Link::None {
        return refuse("res_already_connected");
    }
    must_be_off(rows, call, id)?;
    let link = match switch {
        None if of_server(rows, interface.server)
            .next()
            .is_some_and(|(first, _)| first != id) =>
        {
            return refuse("invalid_param_comb");
        }
        None => Link::Shared(address::lowest_free(rows)?),
        Some(switch) => {
            parameter(&rows.switches, call, switch)?;
            Link::Switch(switch)
        }
    };
    if of_server(rows, interface.server).any(|(_, other)| other.link == link) {
        return refuse("connect_to_same_switch");
    }
    row_mut(&mut rows.interfaces, call, id)?.link = link;
    Ok(Answer::done())
}

fn disconnect(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    if row(&rows.interfaces, call, id)?.link == Link::None {
        return refuse("res_already_disconnected");
    }
    must_be_off(rows, call, id)?;
    row_mut(&mut rows.interfaces, call, id)?.link = Link::None;
    Ok(Answer::done())
}

/// Works while the server runs.
fn set_filter(rows: &mut Rows, call: &Call<'_>, id: u64, filter: u64) -> Outcome<Answer> {
    if row(&rows.interfaces, call, id)?.packet_filter.is_some() {
        return refuse("res_already_connected");
    }
    parameter(&rows.packet_filters, call, filter)?;
    row_mut(&mut rows.interfaces, call, id)?.packet_filter = Some(filter);
    Ok(Answer::done())
}

fn clear_filter(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    match row_mut(&mut rows.interfaces, call, id)?.packet_filter.take() {
        Some(_) => Ok(Answer::done()),
        None => refuse("res_already_disconnected"),
    }
}

fn must_be_off(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<()> {
    let server = row(&rows.interfaces, call, id)?.server;
    match rows.servers.get(&server) {
        Some(server) => server.power.phase(call.now).must_be_down(),
        None => Ok(()),
    }
}

fn view(rows: &Rows, id: u64, interface: &Interface, call: &Call<'_>) -> Value {
    let mut view = brief(rows, id, interface);
    view["Server"] = server::brief(rows, interface.server, call.now);
    view
}

/// An interface as it stands inside its server.
pub(super) fn brief(rows: &Rows, id: u64, interface: &Interface) -> Value {
    let (address, switch) = match interface.link {
        Link::None => (None, Value::Null),
        Link::Shared(address) => (Some(address), address::shared_switch_view(address)),
        Link::Switch(switch) => (None, switch::brief(rows, switch)),
    };
    let filter = interface.packet_filter;
    json!({
        "ID": id,
        "MACAddress": interface.mac_address,
        "IPAddress": address,
        "UserIPAddress": interface.user_address,
        "HostName": null,
        "Switch": switch,
        "PacketFilter": filter.map(|filter| packet_filter::brief(rows, filter)),
    })
}
