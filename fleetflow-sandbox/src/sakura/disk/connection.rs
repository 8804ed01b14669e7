//! Connecting disks to servers and taking them off again. Both need the server to be off.

use super::seen;
use crate::sakura::answer::Answer;
use crate::sakura::call::Call;
use crate::sakura::refusal::{Outcome, refuse};
use crate::sakura::rows::{Rows, parameter, row, row_mut};
use crate::sakura::server;

pub(super) fn connect(rows: &mut Rows, call: &Call<'_>, id: u64, server: u64) -> Outcome<Answer> {
    if row(&rows.disks, call, id)?.server.is_some() {
        return refuse("res_already_connected");
    }
    parameter(&rows.servers, call, server)?
        .power
        .phase(call.now)
        .must_be_down()?;
    let order = next_order(rows, server);
    let disk = row_mut(&mut rows.disks, call, id)?;
    disk.server = Some(server);
    disk.connection_order = Some(order);
    Ok(Answer::changed("Disk", seen(rows, call, id)?))
}

pub(super) fn disconnect(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let Some(server) = row(&rows.disks, call, id)?.server else {
        return refuse("res_already_disconnected");
    };
    if let Some(server) = rows.servers.get_mut(&server) {
        server.power.phase(call.now).must_be_down()?;
        // What it was to boot from is gone.
        server.power.cancel_schedule(call.now);
    }
    let disk = row_mut(&mut rows.disks, call, id)?;
    disk.server = None;
    disk.connection_order = None;
    Ok(Answer::changed("Disk", seen(rows, call, id)?))
}

/// The place behind the disks a server has.
pub(super) fn next_order(rows: &Rows, server: u64) -> u64 {
    let last = server::disks(rows, server)
        .last()
        .and_then(|(_, disk)| disk.connection_order);
    last.unwrap_or(0) + 1
}
