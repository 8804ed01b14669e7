//! Changing a server's plan (API doc §2.7): everything is carried over to a new id, and the old one is gone.

use super::create::read_plan;
use super::seen;
use crate::World;
use crate::sakura::answer::Answer;
use crate::sakura::call::Call;
use crate::sakura::refusal::{Outcome, refuse};
use crate::sakura::rows::row;

pub(super) fn change(world: &mut World, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    row(&world.sakura.servers, call, id)?
        .power
        .phase(call.now)
        .must_be_down()?;
    let plan = read_plan(call.bare())?;
    let new_id = world.next_id();
    let rows = &mut world.sakura;
    let Some(mut server) = rows.servers.remove(&id) else {
        return refuse("not_found");
    };
    server.plan = plan.id;
    server.about.modified_at = call.now;
    rows.servers.insert(new_id, server);
    for disk in rows.disks.values_mut().filter(|disk| disk.server == Some(id)) {
        disk.server = Some(new_id);
    }
    for interface in rows
        .interfaces
        .values_mut()
        .filter(|interface| interface.server == id)
    {
        interface.server = new_id;
    }
    Ok(Answer::changed("Server", seen(&world.sakura, call, new_id)?))
}
