//! The machines behind servers, as SSH endpoints need to know them. Nothing runs here.

use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::catalog;
use super::interface::{self, Link};
use super::rows::Rows;
use super::server::{Server, boot_disk};
use crate::World;

/// A server with a public address, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    /// The server's id; a plan change gives it a new one.
    pub(crate) server_id: String,
    /// The server's name.
    pub(crate) name: String,
    /// The zone it is in.
    pub(crate) zone: String,
    /// Its public address.
    pub(crate) address: Ipv4Addr,
    /// True once it has booted Linux, until it is switched off.
    pub(crate) up: bool,
    /// The login name of its image: `ubuntu` on Ubuntu, `root` elsewhere.
    pub(crate) user: String,
    /// The public keys configured on its boot disk, in `authorized_keys` form.
    pub(crate) authorized_keys: Vec<String>,
    /// The key of its Docker Engine's rows: the id of its boot disk, which outlives a plan change. Empty without a disk.
    pub(crate) engine: String,
}

/// The machine at a public address.
pub(crate) fn machine(world: &World, now: Timestamp, address: Ipv4Addr) -> Option<Machine> {
    let rows = &world.sakura;
    let interfaces = rows.interfaces.values();
    let mut servers = interfaces.filter(|interface| interface.link == Link::Shared(address));
    let id = servers.next()?.server;
    seen(rows, id, rows.servers.get(&id)?, now)
}

/// All machines with a public address.
pub(crate) fn machines(world: &World, now: Timestamp) -> Vec<Machine> {
    let rows = &world.sakura;
    let servers = rows.servers.iter();
    servers
        .filter_map(|(id, server)| seen(rows, *id, server, now))
        .collect()
}

fn seen(rows: &Rows, id: u64, server: &Server, now: Timestamp) -> Option<Machine> {
    let address = interface::of_server(rows, id).find_map(|(_, interface)| match interface.link {
        Link::Shared(address) => Some(address),
        _ => None,
    })?;
    let disk = boot_disk(rows, id);
    let image = disk.and_then(|(_, disk)| disk.image).and_then(catalog::archive);
    let image = image
        .map(|(_, archive)| archive)
        .filter(catalog::Archive::is_editable);
    Some(Machine {
        server_id: id.to_string(),
        name: server.about.name.clone(),
        zone: server.zone.clone(),
        address,
        up: image.is_some() && server.power.is_running(now),
        user: image.map_or("root", |archive| archive.user()).to_owned(),
        authorized_keys: disk
            .map(|(_, disk)| disk.config.ssh_keys.clone())
            .unwrap_or_default(),
        engine: disk.map(|(id, _)| id.to_string()).unwrap_or_default(),
    })
}
