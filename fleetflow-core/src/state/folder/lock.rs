//! The file that is locked while somebody writes, and names them. A process that dies lets go of it by dying.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use serde::{Deserialize, Serialize};

use super::FolderStore;
use super::files::{failed, make_folder, private, read};
use crate::error::{Error, ErrorKind, Result};
use crate::state::Holder;
use crate::state::store::locked;

/// The name of the file.
const LOCK: &str = "lock";

/// What the file says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Lock {
    /// The number of the newest lease.
    pub(super) number: u64,
    /// Who has it.
    pub(super) holder: Option<Holder>,
    /// How many events there were when it was taken or given back: so many there must be at least.
    #[serde(default)]
    pub(super) serial: u64,
}

/// The locked file.
#[derive(Debug)]
pub(super) struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // To close it is not enough: a process that is just being started by another thread has all open files of this one
        // until its own program runs, and with them the lock (flock(2)). Where it cannot be let go, closing does what it can.
        let _ = self.0.unlock();
    }
}

/// What the file says. Unreadable, it says nothing: the journal knows the numbers too.
pub(super) fn look(store: &FolderStore) -> Result<Lock> {
    let text = read(&store.file(LOCK))?.unwrap_or_default();
    Ok(serde_json::from_slice(&text).unwrap_or_default())
}

/// Locks the file; an error of kind `Locked` says who has it.
pub(super) fn take(store: &FolderStore) -> Result<(Held, Lock)> {
    make_folder(&store.folder)?;
    let path = store.file(LOCK);
    let file = private()
        .open(&path)
        .map_err(|error| failed("open", &path, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(refused(store)),
        Err(TryLockError::Error(error)) => return Err(failed("lock", &path, &error)),
    }
    let mut held = Held(file);
    let mut text = String::new();
    held.0
        .read_to_string(&mut text)
        .map_err(|error| failed("read", &path, &error))?;
    Ok((held, serde_json::from_str(&text).unwrap_or_default()))
}

/// Writes `lock` into the locked `file`.
pub(super) fn write(store: &FolderStore, held: &Held, lock: &Lock) -> Result<()> {
    let mut file = &held.0;
    let mut put = || -> std::io::Result<()> {
        let text = serde_json::to_string(lock)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        file.sync_data()
    };
    put().map_err(|error| failed("write", &store.file(LOCK), &error))
}

/// Takes the name of a holder away whose process is gone.
pub(super) fn unlock(store: &FolderStore) -> Result<Option<Holder>> {
    let (file, mut lock) = take(store).map_err(|error| {
        if error.kind() == ErrorKind::Locked {
            Error::new(ErrorKind::Locked, error.message())
                .help("its process still runs on this machine: stop it, and the lock goes with it")
        } else {
            error
        }
    })?;
    let holder = lock.holder.take();
    write(store, &file, &lock)?;
    Ok(holder)
}

fn refused(store: &FolderStore) -> Error {
    match look(store).ok().and_then(|lock| lock.holder) {
        Some(holder) => locked(&holder),
        None => Error::new(ErrorKind::Locked, "the state is locked by another process")
            .help("wait for that run to end, or give `--lock-wait 15m`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_goes_though_a_process_that_is_being_started_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = FolderStore::new(folder.path());
        let (held, _) = take(&store).unwrap();
        assert_eq!(take(&store).unwrap_err().kind(), ErrorKind::Locked);
        let inherited = held.0.try_clone().unwrap();
        drop(held);
        let again = take(&store).unwrap();
        drop((again, inherited));
    }
}
