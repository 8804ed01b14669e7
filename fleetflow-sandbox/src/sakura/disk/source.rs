//! What disks and archives are copied from: an archive or a disk of the same zone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sakura::call::Call;
use crate::sakura::catalog;
use crate::sakura::fields::Fields;
use crate::sakura::job::Job;
use crate::sakura::refusal::{Outcome, refuse};
use crate::sakura::rows::{Rows, parameter};

/// Where a content was copied from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sakura) enum Source {
    #[default]
    Blank,
    Archive(u64),
    Disk(u64),
}

/// A content that can be copied.
#[derive(Clone, Copy, Debug)]
pub(in crate::sakura) struct Content {
    pub(in crate::sakura) source: Source,
    pub(in crate::sakura) size_mb: u64,
    /// The public archive it goes back to.
    pub(in crate::sakura) image: Option<u64>,
}

/// Reads `SourceArchive` or `SourceDisk`; without either the content is blank.
pub(in crate::sakura) fn read_source(
    rows: &Rows,
    call: &Call<'_>,
    fields: Fields<'_>,
) -> Outcome<Option<Content>> {
    match (
        fields.reference("SourceArchive")?,
        fields.reference("SourceDisk")?,
    ) {
        (Some(_), Some(_)) => refuse("invalid_param_comb"),
        (Some(id), None) => archive(rows, call, id).map(Some),
        (None, Some(id)) => disk(rows, call, id).map(Some),
        (None, None) => Ok(None),
    }
}

fn archive(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Content> {
    let source = Source::Archive(id);
    match catalog::archive(id) {
        Some((zone, _)) if zone != call.zone => refuse("must_be_of_same_zone"),
        Some((_, archive)) => Ok(Content {
            source,
            size_mb: archive.size_mb(),
            image: Some(id),
        }),
        None => {
            let archive = parameter(&rows.archives, call, id)?;
            ready(&archive.job, call, "archive_is_incomplete")?;
            Ok(Content {
                source,
                size_mb: archive.size_mb,
                image: archive.image,
            })
        }
    }
}

fn disk(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Content> {
    let disk = parameter(&rows.disks, call, id)?;
    ready(&disk.job, call, "disk_is_not_available")?;
    Ok(Content {
        source: Source::Disk(id),
        size_mb: disk.size_mb,
        image: disk.image,
    })
}

fn ready(job: &Job, call: &Call<'_>, otherwise: &'static str) -> Outcome<()> {
    if job.is_available(call.now) {
        Ok(())
    } else {
        refuse(otherwise)
    }
}

/// `SourceArchive` and `SourceDisk`. Of a source that was deleted only the id is left.
pub(in crate::sakura) fn source_view(rows: &Rows, source: Source, now: Timestamp) -> (Value, Value) {
    match source {
        Source::Blank => (Value::Null, Value::Null),
        Source::Archive(id) => (archive_view(rows, id, now), Value::Null),
        Source::Disk(id) => {
            let disk = rows.disks.get(&id).map(|disk| super::brief(id, disk, now));
            (Value::Null, disk.unwrap_or_else(|| gone(id)))
        }
    }
}

fn archive_view(rows: &Rows, id: u64, now: Timestamp) -> Value {
    if let Some((_, archive)) = catalog::archive(id) {
        return archive.brief(id);
    }
    match rows.archives.get(&id) {
        Some(archive) => json!({
            "ID": id,
            "Name": archive.about.name,
            "Availability": archive.job.availability(now),
            "Scope": "user",
            "SizeMB": archive.size_mb,
        }),
        None => gone(id),
    }
}

fn gone(id: u64) -> Value {
    json!({ "ID": id, "Name": "", "Availability": "discontinued" })
}
