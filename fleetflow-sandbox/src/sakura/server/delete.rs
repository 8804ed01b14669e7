//! Deleting a server (API doc §2.5), with some of its disks or none. Its network interfaces always go.

use crate::World;
use crate::sakura::answer::Answer;
use crate::sakura::call::Call;
use crate::sakura::disk;
use crate::sakura::fields::number;
use crate::sakura::refusal::{Outcome, refuse};
use crate::sakura::rows::{Rows, row};

pub(super) fn delete(world: &mut World, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let server = row(&world.sakura.servers, call, id)?;
    server.power.phase(call.now).must_be_down()?;
    let doomed = read_disks(&world.sakura, call, id)?;
    let rows = &mut world.sakura;
    rows.servers.remove(&id);
    rows.interfaces.retain(|_, interface| interface.server != id);
    for disk in rows.disks.values_mut().filter(|disk| disk.server == Some(id)) {
        disk.server = None;
        disk.connection_order = None;
    }
    for disk in doomed {
        disk::remove(world, disk);
    }
    Ok(Answer::done())
}

/// The disks to delete too. All of them are checked before anything happens.
fn read_disks(rows: &Rows, call: &Call<'_>, server: u64) -> Outcome<Vec<u64>> {
    let mut doomed = Vec::new();
    for item in call.bare().list("WithDisk")?.unwrap_or_default() {
        let id = number(item)?;
        match rows.disks.get(&id) {
            Some(disk) if disk.server != Some(server) => return refuse("bad_request"),
            Some(disk) if disk.job.is_running(call.now) => return refuse("disk_is_copying"),
            Some(_) => doomed.push(id),
            None => return refuse("param_res_not_found"),
        }
    }
    Ok(doomed)
}
