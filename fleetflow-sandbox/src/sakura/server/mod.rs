//! Servers: their rows and calls (API doc §2). Their disks and network interfaces are rows of their own.

mod create;
mod delete;
mod plan;
mod power;
mod switching;
mod view;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::about::About;
use super::answer::Answer;
use super::call::{Call, Verb};
use super::disk::Disk;
use super::find;
use super::monitor::{self, Load};
use super::refusal::{Outcome, Refusal};
use super::route::unrouted;
use super::rows::{Rows, Zonal, in_zone, path_id, row, row_mut};
use crate::World;

pub(super) use power::Power;
pub(super) use view::{brief, view};

/// A server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Server {
    pub(super) zone: String,
    pub(super) about: About,
    pub(super) interface_driver: String,
    pub(super) plan: u64,
    pub(super) power: Power,
    /// A boot waits for disks that are being copied.
    pub(super) waits_for_disks: bool,
    /// The CPU time that control requests have set.
    pub(super) load: Vec<Load>,
}

impl Zonal for Server {
    fn zone(&self) -> &str {
        &self.zone
    }
}

/// The drivers of network interfaces.
const DRIVERS: [&str; 2] = ["virtio", "e1000"];

/// Network interfaces of one server, at most.
pub(super) const MOST_INTERFACES: usize = 10;

/// Answers a call under `/server`.
pub(super) fn route(world: &mut World, call: &Call<'_>, tail: &[&str]) -> Outcome<Answer> {
    let id = tail
        .first()
        .map(|id| path_id(id))
        .transpose()?
        .unwrap_or_default();
    match (call.method, tail) {
        (Verb::Get, []) => find(&world.sakura, call),
        (Verb::Post, []) => create::create(world, call),
        (Verb::Get, [_]) => read(&world.sakura, call, id),
        (Verb::Put, [_]) => update(&mut world.sakura, call, id),
        (Verb::Delete, [_]) => delete::delete(world, call, id),
        (Verb::Put, [_, "plan"]) => plan::change(world, call, id),
        (Verb::Get, [_, "power"]) => switching::show(&world.sakura, call, id),
        (Verb::Put, [_, "power"]) => switching::boot(&mut world.sakura, call, id),
        (Verb::Delete, [_, "power"]) => switching::stop(&mut world.sakura, call, id),
        (Verb::Put, [_, "reset"]) => switching::reset(&mut world.sakura, call, id),
        (Verb::Get, [_, "monitor"]) => monitor::server(row(&world.sakura.servers, call, id)?, call),
        (_, [_, "cdrom" | "keyboard" | "qemu" | "vnc" | "to" | "mouse", ..]) => Err(Refusal::not_emulated(
            "consoles, ISO images and plan changes by plan id",
        )),
        _ => Err(unrouted(tail)),
    }
}

fn find(rows: &Rows, call: &Call<'_>) -> Outcome<Answer> {
    let views = in_zone(&rows.servers, call).map(|(id, server)| view(rows, id, server, call.now));
    find::find("Servers", views.collect(), &call.query)
}

fn read(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    Ok(Answer::read("Server", seen(rows, call, id)?))
}

/// A server as the API shows it now.
fn seen(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Value> {
    Ok(view(rows, id, row(&rows.servers, call, id)?, call.now))
}

fn update(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let server = row_mut(&mut rows.servers, call, id)?;
    let fields = call.envelope("Server")?;
    let driver = fields.word("InterfaceDriver", &DRIVERS)?;
    create::refuse_private_host(fields)?;
    if let Some(driver) = driver.filter(|driver| *driver != server.interface_driver) {
        server.power.phase(call.now).must_be_down()?;
        server.about.update(fields, call.now)?;
        driver.clone_into(&mut server.interface_driver);
    } else {
        server.about.update(fields, call.now)?;
    }
    Ok(Answer::changed("Server", seen(rows, call, id)?))
}

/// The disks of a server in boot order.
pub(super) fn disks(rows: &Rows, server: u64) -> Vec<(u64, &Disk)> {
    let mut disks: Vec<_> = rows
        .disks
        .iter()
        .filter(|(_, disk)| disk.server == Some(server))
        .map(|(id, disk)| (*id, disk))
        .collect();
    disks.sort_by_key(|(_, disk)| disk.connection_order);
    disks
}

/// The disk a server boots from.
pub(super) fn boot_disk(rows: &Rows, server: u64) -> Option<(u64, &Disk)> {
    disks(rows, server).into_iter().next()
}
