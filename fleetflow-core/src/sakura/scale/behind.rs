//! What stands behind an address that refers to a replica: its services. A name is only given to a replica whose services
//! are healthy. Pure.

use super::{number, of};
use crate::model::{Address, Expansion, Input};
use crate::sakura::server;

/// A replica of a scaled server, behind a value that is its address.
pub(crate) struct Behind<'a> {
    around: &'a Expansion<'a>,
    first: String,
    replica: String,
}

impl<'a> Behind<'a> {
    /// The replica whose address `value` is; none where it is something else, or nothing scales the server.
    pub(crate) fn of(value: &Input<String>, around: &'a Expansion<'a>) -> Option<Self> {
        let Input::Reference(reference) = value else {
            return None;
        };
        if reference.output != "ip" || reference.address.kind() != "server" {
            return None;
        }
        let replica = reference.address.name().to_owned();
        let first = first(around, &replica)?;
        Some(Self {
            around,
            first,
            replica,
        })
    }

    /// Whether the replica is left out for now.
    pub(crate) fn is_absent(&self) -> bool {
        self.around.is_absent(&self.replica)
    }

    /// The containers that run on the replica.
    pub(crate) fn services(&self) -> Vec<Address> {
        server::services(&self.first, &self.replica, self.around)
    }
}

/// The scaled server that `replica` is one of.
fn first(around: &Expansion<'_>, replica: &str) -> Option<String> {
    let is_declared = around.declaration(&Address::new("server", replica)).is_some();
    let first = match replica.rsplit_once('-') {
        _ if is_declared => replica,
        Some((first, _)) if number(first, replica).is_some() => first,
        _ => return None,
    };
    of(around, first).map(|_| first.to_owned())
}
