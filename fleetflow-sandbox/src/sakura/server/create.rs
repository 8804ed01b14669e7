//! Making a server (API doc §2.1): powered off, without disks, with the network interfaces that were asked for.

use serde_json::Value;

use super::{DRIVERS, MOST_INTERFACES, Power, Server, seen};
use crate::World;
use crate::sakura::about::About;
use crate::sakura::address;
use crate::sakura::answer::Answer;
use crate::sakura::call::Call;
use crate::sakura::catalog::{PlanWish, ServerPlan, wanted_plan};
use crate::sakura::fields::Fields;
use crate::sakura::interface::{Interface, Link};
use crate::sakura::refusal::{Outcome, refuse};
use crate::sakura::rows::{Rows, parameter};

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Outcome<Answer> {
    let fields = call.envelope("Server")?;
    refuse_private_host(fields)?;
    let Some(plan) = fields.object("ServerPlan")? else {
        return refuse("missing_param");
    };
    let server = Server {
        zone: call.zone.name.to_owned(),
        about: About::create(fields, call.now)?,
        interface_driver: fields
            .word("InterfaceDriver", &DRIVERS)?
            .unwrap_or("virtio")
            .to_owned(),
        plan: read_plan(plan)?.id,
        power: Power::off(call.now),
        waits_for_disks: fields.flag("WaitDiskMigration")?.unwrap_or(false),
        load: Vec::new(),
    };
    let links = read_links(&world.sakura, call, fields)?;
    let id = world.next_id();
    world.sakura.servers.insert(id, server);
    for link in links {
        let interface = Interface::new(world, call, id, link);
        let interface_id = world.next_id();
        world.sakura.interfaces.insert(interface_id, interface);
    }
    Ok(Answer::created("Server", seen(&world.sakura, call, id)?))
}

/// Finds the plan by cores and memory. Choosing it by id is a thing of the past.
pub(super) fn read_plan(fields: Fields<'_>) -> Outcome<ServerPlan> {
    let (Some(cpu), Some(memory_mb)) = (fields.integer("CPU")?, fields.integer("MemoryMB")?) else {
        return refuse("missing_param");
    };
    let commitment = fields.word("Commitment", &["standard", "dedicatedcpu"])?;
    let has_gpu = fields.integer("GPU")?.is_some_and(|count| count > 0);
    let is_particular = |key, plain: &str| {
        let model = fields
            .text(key)?
            .filter(|model| !model.is_empty() && *model != plain);
        Ok(model.is_some())
    };
    if has_gpu
        || is_particular("GPUModel", "none")?
        || is_particular("CPUModel", "uncategorized")?
        || fields.flag("ConfidentialVM")? == Some(true)
    {
        return refuse("param_res_not_found");
    }
    let wish = PlanWish {
        cpu,
        memory_mb,
        commitment: commitment.unwrap_or("standard"),
        generation: fields
            .integer("Generation")?
            .filter(|generation| *generation != 0),
    };
    wanted_plan(wish).map_or_else(|| refuse("param_res_not_found"), Ok)
}

/// There are no private hosts here, so none can be named; 0 means none.
pub(super) fn refuse_private_host(fields: Fields<'_>) -> Outcome<()> {
    match fields.reference("PrivateHost")? {
        Some(_) => refuse("param_res_not_found"),
        None => Ok(()),
    }
}

/// The order is the interfaces' order. The shared segment is for the first one only.
fn read_links(rows: &Rows, call: &Call<'_>, fields: Fields<'_>) -> Outcome<Vec<Link>> {
    let wanted = fields.list("ConnectedSwitches")?.unwrap_or_default();
    if wanted.len() > MOST_INTERFACES {
        return refuse("invalid_range");
    }
    let mut links: Vec<Link> = Vec::new();
    for item in wanted {
        let link = read_link(rows, call, item)?;
        match &link {
            Link::Shared(_) if !links.is_empty() => return refuse("invalid_param_comb"),
            Link::Switch(_) if links.contains(&link) => return refuse("connect_to_same_switch"),
            _ => links.push(link),
        }
    }
    Ok(links)
}

fn read_link(rows: &Rows, call: &Call<'_>, item: &Value) -> Outcome<Link> {
    if item.is_null() {
        return Ok(Link::None);
    }
    let item = Fields(item);
    if item.word("Scope", &["shared", "user"])? == Some("shared") {
        return Ok(Link::Shared(address::lowest_free(rows)?));
    }
    match item.integer("ID")? {
        Some(id) => parameter(&rows.switches, call, id).map(|_| Link::Switch(id)),
        None => refuse("missing_param"),
    }
}
