//! The journal as numbered pages, and the snapshot of those before: read, whatever is damaged or missing.

use futures::{StreamExt as _, TryStreamExt as _};
use object_store::UpdateVersion;

use super::lease;
use super::objects::{Found, Objects};
use crate::error::{Error, ErrorKind, Result};
use crate::state::format::{Journal, Snapshot};
use crate::state::{Event, State};

/// The names of the objects.
pub(super) const SNAPSHOT: &str = "snapshot.json";
pub(super) const OLD_SNAPSHOT: &str = "snapshot.old.json";
/// The folder of the pages.
pub(super) const FOLDER: &str = "journal";

/// How many pages are got at once.
const AT_ONCE: usize = 16;
/// How often reading begins again because pages went into a snapshot meanwhile, or something seemed damaged.
const LOOKS: usize = 3;

/// Everything that was read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) state: State,
    /// The last page that there is; 0 before the first.
    pub(super) page: u64,
    /// The newest lease that wrote something.
    pub(super) lease: u64,
    /// The version of `snapshot.json`, whether or not it is whole.
    pub(super) snapshot: Option<UpdateVersion>,
    /// The last page in the snapshot that was used.
    pub(super) covered: u64,
}

/// The name of a page.
pub(super) fn page(number: u64) -> String {
    format!("{FOLDER}/{number:012}.jsonl")
}

fn number(name: &str) -> Option<u64> {
    name.strip_suffix(".jsonl")?.parse().ok()
}

/// A page as it was found.
pub(super) fn decode(objects: &Objects, name: &str, bytes: &[u8]) -> Result<Journal> {
    let shown = objects.name(name);
    let mut journal = Journal::decode(&shown, bytes)?;
    // Objects are put whole, unlike lines: an end that is missing was there.
    if journal.whole < bytes.len() || bytes.is_empty() {
        journal.damage.push(format!("{shown} is cut short"));
    }
    Ok(journal)
}

impl Reading {
    pub(super) async fn read(objects: &Objects) -> Result<Self> {
        let mut last = None;
        for _ in 0..LOOKS {
            match Self::once(objects).await? {
                Some(reading) if reading.state.damage().is_empty() => return Ok(reading),
                Some(reading) => last = Some(reading),
                None => {}
            }
        }
        last.ok_or_else(|| {
            Error::new(
                ErrorKind::State,
                format!("{} changes faster than it can be read", objects.place()),
            )
            .help("try again when nobody else is busy with it")
        })
    }

    /// One look; none when a page vanished during it.
    async fn once(objects: &Objects) -> Result<Option<Self>> {
        let promised = lease::serial(objects).await?;
        let mut damage = Vec::new();
        let newest = objects.get(SNAPSHOT).await?;
        let snapshot = match decoded(objects, SNAPSHOT, newest.as_ref(), &mut damage)? {
            Some(snapshot) => Some(snapshot),
            None => {
                let old = objects.get(OLD_SNAPSHOT).await?;
                decoded(objects, OLD_SNAPSHOT, old.as_ref(), &mut damage)?
            }
        };
        let covered = snapshot.as_ref().map_or(0, |snapshot| snapshot.page);
        let Some(pages) = pages_after(objects, covered).await? else {
            return Ok(None);
        };
        let mut page = covered;
        let mut events = promised;
        let mut lease = snapshot.as_ref().map_or(0, |snapshot| snapshot.lease);
        for (number, journal) in &pages {
            if *number != page + 1 {
                damage.push(format!("{} is missing", objects.name(&self::page(page + 1))));
            }
            damage.extend(journal.damage.iter().cloned());
            page = *number;
            events = events.max(journal.header.after);
            lease = lease.max(journal.header.lease);
        }
        let records = pages.into_iter().flat_map(|(_, journal)| journal.records);
        let state = State::folded(snapshot, records, damage).expecting(events);
        Ok(Some(Self {
            state,
            page,
            lease,
            snapshot: newest.map(|found| found.version),
            covered,
        }))
    }
}

/// The events that are kept, oldest first.
pub(super) async fn history(objects: &Objects) -> Result<Vec<Event>> {
    let pages = pages_after(objects, 0).await?.unwrap_or_default();
    let records = pages.into_iter().flat_map(|(_, journal)| journal.records);
    Ok(records.map(|record| record.event).collect())
}

/// The numbers of the pages after `page`.
pub(super) async fn numbers_after(objects: &Objects, page: u64) -> Result<Vec<u64>> {
    let names = objects.list(FOLDER, &format!("{page:012}.jsonl")).await?;
    Ok(names.iter().filter_map(|name| number(name)).collect())
}

/// The pages after `page`; none when one vanished before it was got.
async fn pages_after(objects: &Objects, page: u64) -> Result<Option<Vec<(u64, Journal)>>> {
    let numbers = numbers_after(objects, page).await?;
    let got = numbers.into_iter().map(async |number| {
        let name = self::page(number);
        let Some(found) = objects.get(&name).await? else {
            return Ok(None);
        };
        Ok::<_, Error>(Some((number, decode(objects, &name, &found.bytes)?)))
    });
    let pages: Vec<_> = futures::stream::iter(got).buffered(AT_ONCE).try_collect().await?;
    Ok(pages.into_iter().collect())
}

fn decoded(
    objects: &Objects,
    name: &str,
    found: Option<&Found>,
    damage: &mut Vec<String>,
) -> Result<Option<Snapshot>> {
    let Some(found) = found else {
        return Ok(None);
    };
    let shown = objects.name(name);
    let snapshot = Snapshot::decode(&shown, &found.bytes)?;
    if snapshot.is_none() {
        damage.push(format!("{shown} is damaged"));
    }
    Ok(snapshot)
}
