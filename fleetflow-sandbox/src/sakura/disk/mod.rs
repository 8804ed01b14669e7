//! Disks: their rows and calls (API doc §3). There is no change of size: a bigger disk is another disk.

mod config;
mod connection;
mod create;
mod docker;
mod source;
mod view;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::about::About;
use super::answer::Answer;
use super::call::{Call, Verb};
use super::find;
use super::job::Job;
use super::monitor;
use super::refusal::{Outcome, Refusal, refuse};
use super::route::unrouted;
use super::rows::{Rows, Zonal, in_zone, path_id, row, row_mut};
use super::server::Power;
use crate::World;

pub(super) use config::Config;
pub(super) use docker::Docker;
pub(super) use source::{Content, Source, read_source, source_view};
pub(super) use view::{brief, view};

/// A disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Disk {
    pub(super) zone: String,
    pub(super) about: About,
    pub(super) connection: String,
    /// Its place among the disks of its server, from 1.
    pub(super) connection_order: Option<u64>,
    pub(super) plan: u64,
    pub(super) size_mb: u64,
    pub(super) encryption: String,
    /// The customer's key that it is encrypted with.
    #[serde(default)]
    pub(super) key: Option<u64>,
    pub(super) source: Source,
    /// The public archive that its content comes from, however many copies ago.
    pub(super) image: Option<u64>,
    pub(super) server: Option<u64>,
    pub(super) job: Job,
    /// What was configured. Never served: the API has no way to read it.
    pub(super) config: Config,
    /// The code of the last background edit's failure.
    pub(super) edit_failure: Option<String>,
    pub(super) has_booted: bool,
    /// The disk that its content was written to first, if it is a copy of a disk: what lies on a disk, such as host
    /// keys, is the same on its copies.
    #[serde(default)]
    pub(super) original: Option<u64>,
}

impl Zonal for Disk {
    fn zone(&self) -> &str {
        &self.zone
    }
}

/// How disks are attached.
const CONNECTIONS: [&str; 2] = ["virtio", "ide"];

/// Answers a call under `/disk`.
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
        (Verb::Delete, [_]) => delete(world, call, id),
        (Verb::Put, [_, "to", "server", server]) => {
            connection::connect(&mut world.sakura, call, id, path_id(server)?)
        }
        (Verb::Delete, [_, "to", "server"]) => connection::disconnect(&mut world.sakura, call, id),
        (Verb::Put, [_, "config"]) => config::edit(&mut world.sakura, call, id),
        (Verb::Put, [_, "resize-partition"]) => config::grow(&mut world.sakura, call, id),
        (Verb::Get, [_, "monitor"]) => {
            row(&world.sakura.disks, call, id)?;
            monitor::idle(call, ["Read", "Write"])
        }
        (Verb::Put, [_, "install" | "to", ..]) => Err(Refusal::not_emulated("re-installing disks")),
        _ => Err(unrouted(tail)),
    }
}

fn find(rows: &Rows, call: &Call<'_>) -> Outcome<Answer> {
    let views = in_zone(&rows.disks, call).map(|(id, disk)| view(rows, id, disk, call.now));
    find::find("Disks", views.collect(), &call.query)
}

fn read(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    Ok(Answer::read("Disk", seen(rows, call, id)?))
}

fn seen(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Value> {
    Ok(view(rows, id, row(&rows.disks, call, id)?, call.now))
}

fn update(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let disk = row(&rows.disks, call, id)?;
    let fields = call.envelope("Disk")?;
    let connection = fields.word("Connection", &CONNECTIONS)?;
    let changes = connection.is_some_and(|connection| connection != disk.connection);
    if changes && power(rows, disk).is_some_and(|power| power.phase(call.now).must_be_down().is_err()) {
        return refuse("disconnect_b4_update");
    }
    let disk = row_mut(&mut rows.disks, call, id)?;
    disk.about.update(fields, call.now)?;
    if let Some(connection) = connection {
        connection.clone_into(&mut disk.connection);
    }
    Ok(Answer::changed("Disk", seen(rows, call, id)?))
}

fn delete(world: &mut World, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let disk = row(&world.sakura.disks, call, id)?;
    if disk.server.is_some() {
        return refuse("disconnect_b4_delete");
    }
    if disk.job.is_running(call.now) {
        return refuse("disk_is_copying");
    }
    remove(world, id);
    Ok(Answer::done())
}

/// Forgets a disk, and the Docker Engine that lived on it.
pub(super) fn remove(world: &mut World, id: u64) {
    world.sakura.disks.remove(&id);
    world.docker.remove_engine(&id.to_string());
}

/// The power of the server a disk is connected to.
fn power<'a>(rows: &'a Rows, disk: &Disk) -> Option<&'a Power> {
    let server = rows.servers.get(&disk.server?)?;
    Some(&server.power)
}
