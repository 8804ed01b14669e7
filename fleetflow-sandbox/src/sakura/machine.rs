//! The machines behind servers, as SSH endpoints need to know them.

use std::net::Ipv4Addr;

use jiff::Timestamp;

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
    /// True once it has booted an operating system, until it is switched off.
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
    machines(world, now)
        .into_iter()
        .find(|machine| machine.address == address)
}

/// All machines with a public address.
pub(crate) fn machines(world: &World, now: Timestamp) -> Vec<Machine> {
    let _ = (world, now);
    Vec::new()
}
