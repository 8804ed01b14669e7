//! Writing under the lock: appends, snapshots, and setting aside what is damaged.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::files::{failed, private, remove, rename, replace, sync_folder};
use super::generation::{Generation, JOURNAL, OLD_JOURNAL, OLD_SNAPSHOT, SNAPSHOT};
use super::lock::{self, Held, Lock};
use super::{FolderStore, LONG};
use crate::error::Result;
use crate::state::format::{Header, Snapshot, encode, encode_header};
use crate::state::store::fenced;
use crate::state::{Event, Holder, State};

/// The holder of the lock. The lock goes with the last clone.
#[derive(Clone, Debug)]
pub(in crate::state) struct Writer {
    pub(super) number: u64,
    lock: Arc<Held>,
    cursor: Arc<Mutex<Cursor>>,
}

/// Where the journal goes on.
#[derive(Debug)]
struct Cursor {
    file: Option<File>,
    /// The end of what is whole; what follows is overwritten.
    end: u64,
    /// How many events there are.
    serial: u64,
    /// How many of them are in the journal's file.
    length: usize,
}

impl Writer {
    /// Takes the lock, and makes a snapshot where the journal has become long.
    pub(super) fn begin(store: &FolderStore, holder: Holder) -> Result<Self> {
        let (file, last) = lock::take(store)?;
        let found = Generation::read(store)?;
        let writer = Self {
            number: last.number.max(found.lease) + 1,
            lock: Arc::new(file),
            cursor: Arc::new(Mutex::new(Cursor {
                file: None,
                end: found.whole as u64,
                serial: found.state.serial(),
                length: found.length,
            })),
        };
        writer.sign(store, Some(holder), found.state.serial())?;
        if found.is_of_an_older_format() || found.length > LONG {
            writer.snapshot(store, found.state)?;
        }
        Ok(writer)
    }

    fn cursor(&self) -> MutexGuard<'_, Cursor> {
        self.cursor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign(&self, store: &FolderStore, holder: Option<Holder>, serial: u64) -> Result<()> {
        let number = self.number;
        lock::write(
            store,
            &self.lock,
            &Lock {
                number,
                holder,
                serial,
            },
        )
    }

    pub(super) fn still_held(&self, store: &FolderStore) -> Result<()> {
        if lock::look(store)?.number == self.number {
            Ok(())
        } else {
            Err(fenced())
        }
    }

    pub(super) fn append(&self, store: &FolderStore, events: &[Event]) -> Result<()> {
        let mut cursor = self.cursor();
        self.still_held(store)?;
        let mut text = String::new();
        if cursor.end == 0 {
            text = encode_header(&Header::new(0, self.number, cursor.serial))?;
        }
        text += &encode(events, cursor.serial + 1, self.number)?;
        cursor
            .write(store, &text)
            .map_err(|error| failed("write", &store.file(JOURNAL), &error))?;
        cursor.serial += events.len() as u64;
        cursor.length += events.len();
        Ok(())
    }

    /// Gives the lock back.
    pub(super) fn end(&self, store: &FolderStore) -> Result<()> {
        let (serial, length) = {
            let cursor = self.cursor();
            (cursor.serial, cursor.length)
        };
        if length > LONG {
            // The snapshot only saves time. If it fails now, the next run makes it, and says what stands in its way.
            let _ = Generation::read(store).and_then(|found| self.snapshot(store, found.state));
        }
        self.sign(store, None, serial)
    }

    /// Begins a new generation. After a crash at any moment everything is still there, perhaps twice.
    fn snapshot(&self, store: &FolderStore, state: State) -> Result<()> {
        // What is damaged is not covered up: it is told until it is repaired.
        if !state.damage().is_empty() {
            return Ok(());
        }
        let text = Snapshot::new(0, self.number, state).encode()?;
        rename(&store.file(SNAPSHOT), &store.file(OLD_SNAPSHOT))?;
        replace(&store.file(SNAPSHOT), text.as_bytes())?;
        rename(&store.file(JOURNAL), &store.file(OLD_JOURNAL))?;
        self.cursor().start_afresh();
        Ok(())
    }

    /// Keeps copies of the damaged files, and goes on from a snapshot of what is whole.
    pub(super) fn repair(&self, store: &FolderStore) -> Result<Vec<String>> {
        self.still_held(store)?;
        let state = Generation::read(store)?.state;
        let damage = state.damage().to_vec();
        if damage.is_empty() {
            return Ok(damage);
        }
        let files = [SNAPSHOT, JOURNAL, OLD_SNAPSHOT, OLD_JOURNAL];
        for name in files.iter().filter(|name| store.file(name).exists()) {
            let copy = store.file(&format!("damaged-{}-{name}", self.number));
            std::fs::copy(store.file(name), &copy).map_err(|error| failed("write", &copy, &error))?;
        }
        let text = Snapshot::new(0, self.number, state).encode()?;
        replace(&store.file(SNAPSHOT), text.as_bytes())?;
        for name in &files[1..] {
            remove(&store.file(name))?;
        }
        self.cursor().start_afresh();
        Ok(damage)
    }
}

impl Cursor {
    fn start_afresh(&mut self) {
        self.file = None;
        self.end = 0;
        self.length = 0;
    }

    /// Writes `text` behind what is whole. Fails it half-way, the next write begins at the same place.
    fn write(&mut self, store: &FolderStore, text: &str) -> std::io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => private().open(store.file(JOURNAL))?,
        };
        if file.metadata()?.len() > self.end {
            file.set_len(self.end)?;
        }
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        if self.end == 0 {
            sync_folder(&store.folder)?;
        }
        self.end += text.len() as u64;
        self.file = Some(file);
        Ok(())
    }
}
