//! Switching servers on and off (API doc §2.6): accepted at once, done later.

use jiff::Timestamp;
use serde_json::json;

use super::power::Phase;
use super::{boot_disk, disks};
use crate::sakura::answer::Answer;
use crate::sakura::call::Call;
use crate::sakura::refusal::{Outcome, refuse};
use crate::sakura::rows::{Rows, row, row_mut};

pub(super) fn show(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let server = row(&rows.servers, call, id)?;
    let instance = server.power.view(id, &server.zone, call.now);
    Ok(Answer::flat(json!({ "Instance": instance })))
}

pub(super) fn boot(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let server = row(&rows.servers, call, id)?;
    match server.power.phase(call.now) {
        Phase::Up | Phase::Booting => return refuse("conflict"),
        Phase::Cleaning => return refuse("server_is_cleaning"),
        Phase::Down | Phase::Scheduled => {}
    }
    let from = ready_at(rows, call.now, id);
    if from > call.now && !server.waits_for_disks {
        return refuse("still_creating");
    }
    deliver_user_data(rows, call, id)?;
    row_mut(&mut rows.servers, call, id)?
        .power
        .boot(from, call.timings.boot);
    Ok(Answer::done())
}

/// When all disks of a server can be used.
fn ready_at(rows: &Rows, now: Timestamp, server: u64) -> Timestamp {
    let moments = disks(rows, server).into_iter().map(|(_, disk)| disk.job.ready_at);
    moments.max().unwrap_or(now).max(now)
}

/// User data counts at the first boot of a disk that reads it, and is ignored otherwise (API doc §3.6).
fn deliver_user_data(rows: &mut Rows, call: &Call<'_>, server: u64) -> Outcome<()> {
    let variables = call.bare().object("UserBootVariables")?;
    let cloud_init = variables
        .map(|fields| fields.object("CloudInit"))
        .transpose()?
        .flatten();
    let text = cloud_init
        .map(|fields| fields.text("UserData"))
        .transpose()?
        .flatten();
    let boot_disk = boot_disk(rows, server).map(|(id, _)| id);
    if let Some(disk) = boot_disk.and_then(|id| rows.disks.get_mut(&id)) {
        disk.first_boot(text);
    }
    Ok(())
}

pub(super) fn stop(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let server = row(&rows.servers, call, id)?;
    let force = call.bare().flag("Force")? == Some(true);
    match server.power.phase(call.now) {
        Phase::Down | Phase::Scheduled => return refuse("conflict"),
        Phase::Cleaning => return refuse("server_is_cleaning"),
        Phase::Booting | Phase::Up => {}
    }
    // Without an operating system nobody listens to the power button: the request is accepted and nothing happens.
    let listens = boot_disk(rows, id).is_some_and(|(_, disk)| disk.image.is_some());
    if force || listens {
        let power = &mut row_mut(&mut rows.servers, call, id)?.power;
        power.stop(call.now, call.timings.shutdown);
    }
    Ok(Answer::requested())
}

pub(super) fn reset(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let power = &mut row_mut(&mut rows.servers, call, id)?.power;
    match power.phase(call.now) {
        Phase::Up | Phase::Booting => power.restart(call.now, call.timings.boot),
        Phase::Cleaning => return refuse("server_is_cleaning"),
        Phase::Down | Phase::Scheduled => return refuse("server_power_must_be_up"),
    }
    Ok(Answer::done())
}
