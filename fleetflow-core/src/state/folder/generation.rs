//! What is read of the folder: two generations of journal and snapshot, of which what is whole is used.

use super::files::read;
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

/// Everything in the folder.
#[derive(Debug)]
pub(super) struct Generation {
    /// Everything remembered.
    pub(super) state: State,
    old: Journal,
    pub(super) journal: Journal,
    /// The newest lease that the snapshot knows of.
    lease: u64,
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
        let old = self::journal(store, OLD_JOURNAL)?;
        let mut damage = [&journal, &old]
            .iter()
            .flat_map(|journal| journal.damage.clone())
            .collect();
        let newest = snapshot(store, SNAPSHOT, &mut damage)?;
        let snapshot = match newest {
            Some(newest) => Some(newest),
            None => snapshot(store, OLD_SNAPSHOT, &mut damage)?,
        };
        let lease = snapshot.as_ref().map_or(0, |snapshot| snapshot.lease);
        let records = old.records.iter().chain(&journal.records);
        let state = State::folded(snapshot, records, damage).expecting(promised);
        Ok(Self {
            state,
            old,
            journal,
            lease,
        })
    }

    /// The events that are kept, oldest first.
    pub(super) fn history(self) -> Vec<Event> {
        let mut last = 0;
        let records = self.old.records.into_iter().chain(self.journal.records);
        records
            .filter(|record| {
                let later = record.serial > last;
                last = last.max(record.serial);
                later
            })
            .map(|record| record.event)
            .collect()
    }

    /// The newest lease that wrote something.
    pub(super) fn newest_lease(&self) -> u64 {
        let records = self.old.records.iter().chain(&self.journal.records);
        let newest = records.map(|record| record.lease).max().unwrap_or_default();
        newest.max(self.lease).max(self.journal.header.lease)
    }

    /// Whether the journal is written in a form that is not written any more.
    pub(super) fn is_of_an_older_format(&self) -> bool {
        (1..STATE_FORMAT).contains(&self.journal.format)
    }
}

fn journal(store: &FolderStore, name: &str) -> Result<Journal> {
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
