//! Making a disk (API doc §3.3): blank or a copy, connected and configured in the same request if wanted.

use std::time::Duration;

use super::config::{self, Edit};
use super::connection::next_order;
use super::{CONNECTIONS, Config, Content, Disk, Source, read_source, seen};
use crate::World;
use crate::sakura::about::About;
use crate::sakura::answer::Answer;
use crate::sakura::call::Call;
use crate::sakura::catalog::{DiskPlan, disk_plan};
use crate::sakura::fields::{Fields, number};
use crate::sakura::job::{End, Job, Work, edit_time};
use crate::sakura::refusal::{Outcome, refuse};
use crate::sakura::rows::{Rows, parameter};

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Outcome<Answer> {
    let rows = &world.sakura;
    let (mut disk, edit) = read(rows, call)?;
    let boots = call.bare().flag("BootAtAvailable")? == Some(true);
    if boots && disk.server.is_none() {
        return refuse("invalid_param_comb");
    }
    if let Source::Disk(id) = disk.source
        && let Some(source) = rows.disks.get(&id)
    {
        disk.config = source.config.clone();
        disk.has_booted = source.has_booted;
        disk.original = Some(source.original.unwrap_or(id));
    }
    if let Some(edit) = edit {
        config::apply(&mut disk, edit);
    }
    let is_copy = disk.source != Source::Blank;
    let fails = is_copy && world.sakura.failing_copies > 0;
    if fails {
        world.sakura.failing_copies -= 1;
        disk.job = disk.job.clone().failing();
    }
    if boots {
        disk.first_boot(None);
    }
    let (ready_at, server) = (disk.job.ready_at, disk.server);
    let id = world.next_id();
    if let Source::Disk(source) = disk.source {
        world.docker.copy_engine(&source.to_string(), &id.to_string());
    }
    world.sakura.disks.insert(id, disk);
    if let Some(server) = server
        // A disk whose copy fails is never available.
        .filter(|_| boots && !fails)
        .and_then(|id| world.sakura.servers.get_mut(&id))
    {
        server.power.boot(ready_at, call.timings.boot);
    }
    let view = seen(&world.sakura, call, id)?;
    Ok(if is_copy {
        Answer::accepted("Disk", view)
    } else {
        Answer::created("Disk", view)
    })
}

fn read(rows: &Rows, call: &Call<'_>) -> Outcome<(Disk, Option<Edit>)> {
    let fields = call.envelope("Disk")?;
    let about = About::create(fields, call.now)?;
    let plan = read_plan(fields)?;
    let content = read_source(rows, call, fields)?;
    let size_mb = read_size(fields, plan, content)?;
    let server = read_server(rows, call, fields)?;
    check_placement(rows, call)?;
    let config = call.bare().object("Config")?;
    let edit = config.map(|config| config::read(rows, config)).transpose()?;
    let encryption = fields.word("EncryptionAlgorithm", &["none", "aes256_xts"])?;
    let key = call.bare().reference("KMSKey")?;
    let disk = Disk {
        zone: call.zone.name.to_owned(),
        about,
        connection: fields
            .word("Connection", &CONNECTIONS)?
            .unwrap_or("virtio")
            .to_owned(),
        connection_order: server.map(|server| next_order(rows, server)),
        plan: plan.id,
        size_mb,
        encryption: encryption.unwrap_or("none").to_owned(),
        key,
        source: content.map(|content| content.source).unwrap_or_default(),
        image: content.and_then(|content| content.image),
        server,
        job: job(call, content, size_mb, edit.as_ref()),
        config: Config::default(),
        edit_failure: None,
        has_booted: false,
        original: None,
    };
    Ok((disk, edit))
}

fn read_plan(fields: Fields<'_>) -> Outcome<&'static DiskPlan> {
    match fields.reference("Plan")? {
        None => refuse("missing_param"),
        Some(id) => disk_plan(id).map_or_else(|| refuse("param_res_not_found"), Ok),
    }
}

/// One of the plan's sizes, and no smaller than what is copied. Only a copy may leave it out.
fn read_size(fields: Fields<'_>, plan: &DiskPlan, content: Option<Content>) -> Outcome<u64> {
    let least = content.map(|content| content.size_mb);
    let Some(size) = fields.integer("SizeMB")?.or(least) else {
        return refuse("missing_param");
    };
    if least.is_some_and(|least| size < least) {
        return refuse("cant_resize_smaller");
    }
    if plan.offers(size) {
        Ok(size)
    } else {
        refuse("invalid_range")
    }
}

fn read_server(rows: &Rows, call: &Call<'_>, fields: Fields<'_>) -> Outcome<Option<u64>> {
    let Some(id) = fields.reference("Server")? else {
        return Ok(None);
    };
    let server = parameter(&rows.servers, call, id)?;
    server.power.phase(call.now).must_be_down()?;
    Ok(Some(id))
}

/// Storage is not modelled: that the disks exist is all there is to check. Nor is the management of keys: any is taken.
fn check_placement(rows: &Rows, call: &Call<'_>) -> Outcome<()> {
    for item in call.bare().list("DistantFrom")?.unwrap_or_default() {
        parameter(&rows.disks, call, number(item)?)?;
    }
    match call.bare().reference("TargetDedicatedStorageContract")? {
        Some(_) => refuse("param_res_not_found"),
        None => Ok(()),
    }
}

/// A copy takes its time, a blank disk a little, an edit a little more.
fn job(call: &Call<'_>, content: Option<Content>, size_mb: u64, edit: Option<&Edit>) -> Job {
    let editing = edit.map_or(Duration::ZERO, |_| edit_time(call.timings));
    let (copying, copy_mb) = match content {
        Some(content) => (call.timings.disk_copy, content.size_mb),
        None => (edit_time(call.timings), size_mb),
    };
    Job::start(Work::Copy, copy_mb, call.now, copying + editing, End::Available)
}
