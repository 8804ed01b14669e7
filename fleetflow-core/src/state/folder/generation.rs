//! What is read of the folder: two generations of journal and snapshot, of which what is whole is used.

use super::files::{read, read_end};
use super::{FolderStore, lock};
use crate::error::Result;
use crate::state::format::{Journal, Snapshot};
use crate::state::{Event, STATE_FORMAT, State};

/// The names of the files.
pub(super) const JOURNAL: &str = "journal.jsonl";
pub(super) const OLD_JOURNAL: &str = "journal.old.jsonl";
pub(super) const SNAPSHOT: &str = "snapshot.json";
pub(super) const OLD_SNAPSHOT: &str = "snapshot.old.json";

/// How often a damaged folder is looked at: somebody may be making a snapshot meanwhile.
const LOOKS: usize = 3;

/// How much of the end of the generation before is read, to see whether the snapshot has all of it.
const END: u64 = 64 * 1024;

/// Everything in the folder that is not in the snapshot, and the state that it comes to.
#[derive(Debug)]
pub(super) struct Generation {
    /// Everything remembered.
    pub(super) state: State,
    /// Where what is whole of the journal ends.
    pub(super) whole: usize,
    /// How many events the journal has.
    pub(super) length: usize,
    /// The newest lease that wrote something.
    pub(super) lease: u64,
    /// The version of the form that the journal is written in; 0 where nothing is written.
    format: u32,
}

impl Generation {
    /// Reads everything. The lock comes first, because it promises what is found afterwards; then files in the order
    /// opposite to that of a snapshot in the making, so that no event is missed between two files.
    pub(super) fn read(store: &FolderStore) -> Result<Self> {
        let mut found = Self::once(store)?;
        for _ in 1..LOOKS {
            if found.state.damage().is_empty() {
                break;
            }
            found = Self::once(store)?;
        }
        Ok(found)
    }

    fn once(store: &FolderStore) -> Result<Self> {
        let promised = lock::look(store)?.serial;
        let journal = journal(store, JOURNAL)?;
        let ended = last_of_the_old(store)?;
        let mut damage = Vec::new();
        let newest = snapshot(store, SNAPSHOT, &mut damage)?;
        match newest {
            // What the generation before holds is told by `history`; here it would only be passed over.
            Some(newest) if ended.is_some_and(|ended| ended <= newest.state.serial()) => Ok(Self::of(
                promised,
                Journal::default(),
                journal,
                Some(newest),
                damage,
            )),
            // From the beginning, as the order of the files matters.
            _ => Self::from_all(store),
        }
    }

    /// With the generation before, which is in no snapshot, or may not be.
    fn from_all(store: &FolderStore) -> Result<Self> {
        let promised = lock::look(store)?.serial;
        let journal = journal(store, JOURNAL)?;
        let old = self::journal(store, OLD_JOURNAL)?;
        let mut damage = Vec::new();
        let newest = snapshot(store, SNAPSHOT, &mut damage)?;
        let snapshot = match newest {
            Some(newest) => Some(newest),
            None => snapshot(store, OLD_SNAPSHOT, &mut damage)?,
        };
        Ok(Self::of(promised, old, journal, snapshot, damage))
    }

    fn of(
        promised: u64,
        old: Journal,
        journal: Journal,
        snapshot: Option<Snapshot>,
        damage: Vec<String>,
    ) -> Self {
        let records = || old.records.iter().chain(&journal.records);
        let newest = records().map(|record| record.lease).max().unwrap_or_default();
        let lease = snapshot.as_ref().map_or(0, |snapshot| snapshot.lease);
        let lease = newest.max(lease).max(journal.header.lease);
        let (whole, length, format) = (journal.whole, journal.records.len(), journal.format);
        let damage = [journal.damage, old.damage, damage].concat();
        let records = old.records.into_iter().chain(journal.records);
        Self {
            state: State::folded(snapshot, records, damage).expecting(promised),
            whole,
            length,
            lease,
            format,
        }
    }

    /// Whether the journal is written in a form that is not written any more.
    pub(super) fn is_of_an_older_format(&self) -> bool {
        (1..STATE_FORMAT).contains(&self.format)
    }
}

/// The events that are kept, oldest first.
pub(super) fn history(store: &FolderStore) -> Result<Vec<Event>> {
    let journal = journal(store, JOURNAL)?;
    let old = self::journal(store, OLD_JOURNAL)?;
    let mut last = 0;
    let records = old.records.into_iter().chain(journal.records);
    let kept = records.filter(|record| {
        let later = record.serial > last;
        last = last.max(record.serial);
        later
    });
    Ok(kept.map(|record| record.event).collect())
}

/// The number of the last event of the generation before, 0 where there is none; none where it cannot be told.
fn last_of_the_old(store: &FolderStore) -> Result<Option<u64>> {
    let end = read_end(&store.file(OLD_JOURNAL), END)?;
    Ok(end.map_or(Some(0), |end| Journal::last_serial(&end)))
}

/// A journal of the folder, as far as it is whole.
pub(super) fn journal(store: &FolderStore, name: &str) -> Result<Journal> {
    let path = store.file(name);
    let bytes = read(&path)?.unwrap_or_default();
    Journal::decode(&path.display().to_string(), &bytes)
}

fn snapshot(store: &FolderStore, name: &str, damage: &mut Vec<String>) -> Result<Option<Snapshot>> {
    let path = store.file(name);
    let Some(bytes) = read(&path)? else {
        return Ok(None);
    };
    let shown = path.display().to_string();
    let snapshot = Snapshot::decode(&shown, &bytes)?;
    if snapshot.is_none() {
        damage.push(format!("{shown} is damaged"));
    }
    Ok(snapshot)
}
