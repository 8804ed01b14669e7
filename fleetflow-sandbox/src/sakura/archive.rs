//! Archives: the public ones, and copies that users make of disks (API doc §4). Uploads are not emulated.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::about::{About, extend};
use super::answer::Answer;
use super::call::{Call, Verb};
use super::disk::{Source, read_source, source_view};
use super::job::{End, Job, Work};
use super::refusal::{Outcome, Refusal, refuse};
use super::route::unrouted;
use super::rows::{Rows, Zonal, in_zone, path_id, row, row_mut};
use super::{catalog, find};
use crate::World;

/// An archive of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Archive {
    pub(super) zone: String,
    pub(super) about: About,
    pub(super) size_mb: u64,
    pub(super) source: Source,
    /// The public archive that its content comes from.
    pub(super) image: Option<u64>,
    pub(super) job: Job,
}

impl Zonal for Archive {
    fn zone(&self) -> &str {
        &self.zone
    }
}

/// Answers a call under `/archive`.
pub(super) fn route(world: &mut World, call: &Call<'_>, tail: &[&str]) -> Outcome<Answer> {
    let id = tail
        .first()
        .map(|id| path_id(id))
        .transpose()?
        .unwrap_or_default();
    match (call.method, tail) {
        (Verb::Get, []) => find(&world.sakura, call),
        (Verb::Get, [_]) => read(&world.sakura, call, id),
        (Verb::Put | Verb::Delete, [_]) if catalog::archive(id).is_some() => refuse("forbidden"),
        (Verb::Post, []) => create(world, call),
        (Verb::Put, [_]) => update(&mut world.sakura, call, id),
        (Verb::Delete, [_]) => delete(&mut world.sakura, call, id),
        (_, [_, "ftp"]) => Err(Refusal::not_emulated("uploads of archives")),
        _ => Err(unrouted(tail)),
    }
}

fn find(rows: &Rows, call: &Call<'_>) -> Outcome<Answer> {
    let mut public: Vec<_> = catalog::archives(call.zone)
        .map(|(id, archive)| archive.view(id, call.zone))
        .collect();
    public.sort_by_key(|view| view["DisplayOrder"].as_u64());
    let own = in_zone(&rows.archives, call).map(|(id, archive)| view(rows, id, archive, call.now));
    public.extend(own);
    find::find("Archives", public, &call.query)
}

fn read(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    match catalog::archive(id) {
        Some((zone, archive)) if zone == call.zone => Ok(Answer::read("Archive", archive.view(id, zone))),
        _ => Ok(Answer::read("Archive", seen(rows, call, id)?)),
    }
}

fn seen(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Value> {
    Ok(view(rows, id, row(&rows.archives, call, id)?, call.now))
}

fn create(world: &mut World, call: &Call<'_>) -> Outcome<Answer> {
    let fields = call.envelope("Archive")?;
    let about = About::create(fields, call.now)?;
    let Some(content) = read_source(&world.sakura, call, fields)? else {
        return Err(Refusal::not_emulated("uploads of archives"));
    };
    let takes = call.timings.disk_copy;
    let archive = Archive {
        zone: call.zone.name.to_owned(),
        about,
        size_mb: content.size_mb,
        source: content.source,
        image: content.image,
        job: Job::start(Work::Copy, content.size_mb, call.now, takes, End::Available),
    };
    let id = world.next_id();
    world.sakura.archives.insert(id, archive);
    Ok(Answer::accepted("Archive", seen(&world.sakura, call, id)?))
}

fn update(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let archive = row_mut(&mut rows.archives, call, id)?;
    archive.about.update(call.envelope("Archive")?, call.now)?;
    Ok(Answer::changed("Archive", seen(rows, call, id)?))
}

fn delete(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    if row(&rows.archives, call, id)?.job.is_running(call.now) {
        return refuse("archive_is_incomplete");
    }
    rows.archives.remove(&id);
    Ok(Answer::done())
}

fn view(rows: &Rows, id: u64, archive: &Archive, now: Timestamp) -> Value {
    let (source_archive, source_disk) = source_view(rows, archive.source, now);
    let image = archive.image.and_then(catalog::archive);
    let members = json!({
        "DisplayOrder": 0,
        "Scope": "user",
        "Availability": archive.job.availability(now),
        "SizeMB": archive.size_mb,
        "MigratedMB": archive.job.migrated_mb(now),
        "WaitingJobCount": null,
        "JobStatus": archive.job.status(now, None),
        "OriginalArchive": { "ID": archive.image.unwrap_or(id) },
        "SourceInfo": null,
        "ServiceClass": format!("cloud/archive/{}g", archive.size_mb / 1024),
        "Plan": catalog::disk_plan(2).map(catalog::DiskPlan::brief),
        "SourceArchive": source_archive,
        "SourceDisk": source_disk,
        "BundleInfo": image.map(|(_, archive)| archive.bundle()),
        "Storage": catalog::zone_named(&archive.zone).map(catalog::archive_storage),
    });
    extend(archive.about.view(id), members)
}
