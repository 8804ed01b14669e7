//! The machines behind servers, as SSH endpoints need to know them. Nothing runs here.

use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::catalog;
use super::disk::Docker;
use super::interface::{self, Link};
use super::rows::Rows;
use super::server::{Server, boot_disk};
use crate::World;
use crate::ssh::Engine;

/// A server with a public address, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    /// The server's name.
    pub(crate) name: String,
    /// What it calls itself.
    pub(crate) host_name: String,
    /// Its public address.
    pub(crate) address: Ipv4Addr,
    /// When it has booted Linux; nothing while it is off or boots.
    pub(crate) up_since: Option<Timestamp>,
    /// The login name of its image: `ubuntu` on Ubuntu, `root` elsewhere.
    pub(crate) user: String,
    /// The public keys configured on its boot disk, in `authorized_keys` form.
    pub(crate) authorized_keys: Vec<String>,
    /// BLAKE3 of the user's password, if one was configured.
    pub(crate) password_digest: Option<String>,
    /// True unless logging in with passwords was switched off.
    pub(crate) takes_passwords: bool,
    /// What the start-up scripts of its boot disk make of Docker.
    pub(crate) docker: Engine,
    /// The key of its Docker Engine's rows: the id of its boot disk, which outlives a plan change. Empty without a disk.
    pub(crate) engine: String,
    /// The disk on which its host key was made; the same after its content was copied to another disk.
    pub(crate) identity: String,
}

/// The machine at a public address.
pub(crate) fn machine(world: &World, now: Timestamp, address: Ipv4Addr) -> Option<Machine> {
    let rows = &world.sakura;
    let interfaces = rows.interfaces.values();
    let mut servers = interfaces.filter(|interface| interface.link == Link::Shared(address));
    let id = servers.next()?.server;
    seen(rows, id, rows.servers.get(&id)?, now)
}

/// What people call an engine: the zone and the name of its server. An engine of no server keeps its key.
pub(crate) fn engine_name(world: &World, key: &str) -> String {
    let rows = &world.sakura;
    let disk = key.parse().ok().and_then(|id: u64| rows.disks.get(&id));
    let Some(disk) = disk else {
        return key.to_owned();
    };
    let server = disk.server.and_then(|id| rows.servers.get(&id));
    let name = server.map_or(&disk.about.name, |server| &server.about.name);
    format!("{}/{name}", disk.zone)
}

/// The key of the engine on the server with this name.
pub(crate) fn engine_key(world: &World, name: &str) -> Option<String> {
    let rows = &world.sakura;
    let mut servers = rows.servers.iter();
    let (id, _) = servers.find(|(_, server)| server.about.name == name)?;
    boot_disk(rows, *id).map(|(disk, _)| disk.to_string())
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
    let config = disk.map(|(_, disk)| disk.config.clone()).unwrap_or_default();
    Some(Machine {
        name: server.about.name.clone(),
        host_name: config.host_name.unwrap_or_else(|| "localhost".to_owned()),
        address,
        up_since: image.and_then(|_| server.power.running_since(now)),
        user: image.map_or("root", |archive| archive.user()).to_owned(),
        authorized_keys: config.ssh_keys,
        password_digest: config.password_digest,
        takes_passwords: !config.disables_passwords,
        docker: config.docker.into(),
        engine: disk.map(|(id, _)| id.to_string()).unwrap_or_default(),
        identity: disk
            .map(|(id, disk)| disk.original.unwrap_or(id).to_string())
            .unwrap_or_default(),
    })
}

impl From<Docker> for Engine {
    fn from(docker: Docker) -> Self {
        match docker {
            Docker::Absent => Self::Absent,
            Docker::ForRoot => Self::ForRoot,
            Docker::ForUser => Self::ForUser,
        }
    }
}
