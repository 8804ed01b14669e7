//! The file a world is kept in: one owner at a time, and every save either happened completely or not at all.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::{Error, World};

/// A world file that this sandbox owns.
#[derive(Debug)]
pub(crate) struct WorldFile {
    path: PathBuf,
    /// Held for as long as the sandbox runs; the system releases it when the process dies, however it dies.
    lock: File,
}

impl Drop for WorldFile {
    fn drop(&mut self) {
        // To close it is not enough: a process that is just being started has all open files of this one, and the lock with
        // them, until its own program runs (flock(2)).
        let _ = self.lock.unlock();
    }
}

impl WorldFile {
    /// Takes the file for this sandbox. The file itself may not exist yet.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let failed = |source| Error::WorldFile {
            action: "open",
            path: path.clone(),
            source,
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.with_extension("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, lock }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { path }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The saved world, if there is one.
    pub(crate) fn load(&self) -> Result<Option<World>, Error> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(self.failed("read", source)),
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| Error::WorldFormat {
                path: self.path.clone(),
                source,
            })
    }

    /// Replaces the file. It is readable by its owner only, because worlds hold what users put into them.
    pub(crate) fn store(&self, world: serde_json::Result<Vec<u8>>) -> Result<(), Error> {
        let bytes = world.map_err(|error| self.failed("save", error.into()))?;
        self.replace(&self.path, &bytes)
            .map_err(|error| self.failed("save", error))
    }

    /// The saved texts of secrets, if there are any.
    pub(crate) fn load_secrets(&self) -> Result<Option<Vec<u8>>, Error> {
        match fs::read(self.secrets()) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.failed("read", source)),
        }
    }

    /// Replaces the file of secrets, or takes it away where there are none. One that is as it shall be stays.
    pub(crate) fn store_secrets(&self, texts: Option<serde_json::Result<Vec<u8>>>) -> Result<(), Error> {
        let texts = texts
            .transpose()
            .map_err(|error| self.failed("save", error.into()))?;
        let saved = match (self.load_secrets()?, texts) {
            (old, Some(new)) if old.as_ref() != Some(&new) => self.replace(&self.secrets(), &new),
            (Some(_), None) => fs::remove_file(self.secrets()),
            _ => Ok(()),
        };
        saved.map_err(|error| self.failed("save", error))
    }

    fn secrets(&self) -> PathBuf {
        self.path.with_extension("secrets")
    }

    /// Writes beside the file and renames: whoever dies in between leaves the old world, and a rest that the next save
    /// overwrites. The system writes to the disk when it likes; only a machine that dies can lose something.
    fn replace(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let next = self.path.with_extension("next");
        let mut options = File::options();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&next)?.write_all(bytes)?;
        fs::rename(&next, path)
    }

    fn failed(&self, action: &'static str, source: std::io::Error) -> Error {
        Error::WorldFile {
            action,
            path: self.path.clone(),
            source,
        }
    }
}
