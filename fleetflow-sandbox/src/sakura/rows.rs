//! Everything the emulated SAKURA Cloud holds for its users, as plain data, and how rows are looked up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::archive::Archive;
use super::call::Call;
use super::disk::Disk;
use super::interface::Interface;
use super::note::Note;
use super::packet_filter::PacketFilter;
use super::refusal::{Outcome, refuse};
use super::server::Server;
use super::ssh_key::SshKey;
use super::switch::Switch;
use crate::World;

/// Everything this cloud holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rows {
    pub(super) servers: BTreeMap<u64, Server>,
    pub(super) disks: BTreeMap<u64, Disk>,
    pub(super) archives: BTreeMap<u64, Archive>,
    pub(super) interfaces: BTreeMap<u64, Interface>,
    pub(super) switches: BTreeMap<u64, Switch>,
    pub(super) packet_filters: BTreeMap<u64, PacketFilter>,
    pub(super) ssh_keys: BTreeMap<u64, SshKey>,
    pub(super) notes: BTreeMap<u64, Note>,
    /// So many of the next copies end as `failed`.
    pub(super) failing_copies: u64,
}

/// A row that belongs to one zone.
pub(super) trait Zonal {
    /// The zone's name.
    fn zone(&self) -> &str;
}

impl World {
    /// An id for a new row: twelve digits, larger than all before it.
    pub(super) fn next_id(&mut self) -> u64 {
        113_900_000_000 + self.next_serial()
    }
}

/// The id in a path.
pub(super) fn path_id(segment: &str) -> Outcome<u64> {
    segment.parse().or_else(|_| refuse("not_found"))
}

/// A row that a path names. Rows of other zones cannot be seen from here.
pub(super) fn row<'a, R: Zonal>(rows: &'a BTreeMap<u64, R>, call: &Call<'_>, id: u64) -> Outcome<&'a R> {
    match rows.get(&id) {
        Some(row) if row.zone() == call.zone.name => Ok(row),
        _ => refuse("not_found"),
    }
}

/// The same, to be changed.
pub(super) fn row_mut<'a, R: Zonal>(
    rows: &'a mut BTreeMap<u64, R>,
    call: &Call<'_>,
    id: u64,
) -> Outcome<&'a mut R> {
    match rows.get_mut(&id) {
        Some(row) if row.zone() == call.zone.name => Ok(row),
        _ => refuse("not_found"),
    }
}

/// A row that a parameter names, which is refused differently from one that a path names.
pub(super) fn parameter<'a, R: Zonal>(
    rows: &'a BTreeMap<u64, R>,
    call: &Call<'_>,
    id: u64,
) -> Outcome<&'a R> {
    match rows.get(&id) {
        Some(row) if row.zone() == call.zone.name => Ok(row),
        Some(_) => refuse("must_be_of_same_zone"),
        None => refuse("param_res_not_found"),
    }
}

/// The rows of a zone, by id.
pub(super) fn in_zone<'a, R: Zonal>(
    rows: &'a BTreeMap<u64, R>,
    call: &'a Call<'_>,
) -> impl Iterator<Item = (u64, &'a R)> {
    rows.iter()
        .filter(|(_, row)| row.zone() == call.zone.name)
        .map(|(id, row)| (*id, row))
}
