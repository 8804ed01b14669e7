//! Switches of users (API doc §5.4). Routers and bridges are not emulated.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::about::{About, extend};
use super::answer::Answer;
use super::call::{Call, Verb};
use super::catalog::{zone_named, zone_view};
use super::fields::Fields;
use super::interface::Link;
use super::refusal::{Outcome, Refusal, refuse};
use super::route::unrouted;
use super::rows::{Rows, Zonal, in_zone, path_id, row, row_mut};
use super::{find, server};
use crate::World;

/// A switch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Switch {
    zone: String,
    pub(super) about: About,
    pub(super) subnet: Option<Subnet>,
}

/// What a user said about the addresses on a switch. A label: it configures nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::sakura) struct Subnet {
    gateway: Ipv4Addr,
    mask_length: u64,
}

impl Zonal for Switch {
    fn zone(&self) -> &str {
        &self.zone
    }
}

/// Answers a call under `/switch`.
pub(super) fn route(world: &mut World, call: &Call<'_>, tail: &[&str]) -> Outcome<Answer> {
    let id = tail
        .first()
        .map(|id| path_id(id))
        .transpose()?
        .unwrap_or_default();
    let rows = &mut world.sakura;
    match (call.method, tail) {
        (Verb::Get, []) => {
            let views = in_zone(&rows.switches, call).map(|(id, switch)| view(rows, id, switch));
            find::find("Switches", views.collect(), &call.query)
        }
        (Verb::Post, []) => create(world, call),
        (Verb::Get, [_]) => Ok(Answer::read("Switch", seen(rows, call, id)?)),
        (Verb::Put, [_]) => update(rows, call, id),
        (Verb::Delete, [_]) => delete(rows, call, id),
        (Verb::Get, [_, "server"]) => find_servers(rows, call, id),
        (_, [_, "to", "bridge", ..]) => Err(Refusal::not_emulated("bridges")),
        _ => Err(unrouted(tail)),
    }
}

fn seen(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Value> {
    Ok(view(rows, id, row(&rows.switches, call, id)?))
}

fn create(world: &mut World, call: &Call<'_>) -> Outcome<Answer> {
    let fields = call.envelope("Switch")?;
    let switch = Switch {
        zone: call.zone.name.to_owned(),
        about: About::create(fields, call.now)?,
        subnet: match read_subnet(fields)? {
            Wish::Set(subnet) => subnet,
            Wish::Keep => None,
        },
    };
    let id = world.next_id();
    world.sakura.switches.insert(id, switch);
    Ok(Answer::created("Switch", seen(&world.sakura, call, id)?))
}

fn update(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let switch = row_mut(&mut rows.switches, call, id)?;
    let fields = call.envelope("Switch")?;
    let subnet = read_subnet(fields)?;
    switch.about.update(fields, call.now)?;
    if let Wish::Set(subnet) = subnet {
        switch.subnet = subnet;
    }
    Ok(Answer::changed("Switch", seen(rows, call, id)?))
}

fn delete(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    row(&rows.switches, call, id)?;
    if connected(rows, id).next().is_some() {
        return refuse("disconnect_b4_delete");
    }
    rows.switches.remove(&id);
    Ok(Answer::done())
}

fn find_servers(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    row(&rows.switches, call, id)?;
    let servers = connected(rows, id).filter_map(|id| {
        let server = rows.servers.get(&id)?;
        Some(server::view(rows, id, server, call.now))
    });
    find::find("Servers", servers.collect(), &call.query)
}

/// The servers on a switch.
fn connected(rows: &Rows, switch: u64) -> impl Iterator<Item = u64> + '_ {
    rows.interfaces
        .values()
        .filter(move |interface| interface.link == Link::Switch(switch))
        .map(|interface| interface.server)
}

/// What a request wants of the subnet.
pub(in crate::sakura) enum Wish {
    Keep,
    Set(Option<Subnet>),
}

impl Wish {
    /// The subnet that it names.
    pub(in crate::sakura) fn set(self) -> Option<Subnet> {
        match self {
            Self::Keep => None,
            Self::Set(subnet) => subnet,
        }
    }
}

/// Nothing given keeps the subnet; an empty one takes it away.
pub(in crate::sakura) fn read_subnet(fields: Fields<'_>) -> Outcome<Wish> {
    let Some(fields) = fields.object("UserSubnet")? else {
        return Ok(Wish::Keep);
    };
    let gateway = fields.text("DefaultRoute")?.unwrap_or_default();
    let mask_length = fields.integer("NetworkMaskLen")?.unwrap_or(0);
    match (gateway, mask_length) {
        ("", 0) => Ok(Wish::Set(None)),
        (_, 1..=32) => {
            let gateway = if gateway.is_empty() { "0.0.0.0" } else { gateway };
            let gateway = gateway.parse().or_else(|_| refuse("invalid_format"))?;
            Ok(Wish::Set(Some(Subnet { gateway, mask_length })))
        }
        _ => refuse("invalid_range"),
    }
}

impl Subnet {
    fn view(self) -> Value {
        json!({ "DefaultRoute": self.gateway, "NetworkMaskLen": self.mask_length })
    }
}

fn view(rows: &Rows, id: u64, switch: &Switch) -> Value {
    let members = json!({
        "Scope": "user",
        "ServiceClass": "cloud/switch/default",
        "ServerCount": connected(rows, id).count(),
        "ApplianceCount": 0,
        "UserSubnet": switch.subnet.map(Subnet::view),
        "Subnets": [],
        "IPv6Nets": [],
        "Internet": null,
        "Bridge": null,
        "HybridConnection": null,
        "Zone": zone_named(&switch.zone).map(zone_view),
    });
    extend(switch.about.view(id), members)
}

/// A switch as it stands inside an interface.
pub(super) fn brief(rows: &Rows, id: u64) -> Value {
    let Some(switch) = rows.switches.get(&id) else {
        return Value::Null;
    };
    json!({
        "ID": id,
        "Name": switch.about.name,
        "Scope": "user",
        "Subnet": null,
        "UserSubnet": switch.subnet.map(Subnet::view),
    })
}
