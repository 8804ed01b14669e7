//! Files that only their owner reads, replaced as a whole or not at all, and errors that say what to do about the disk.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind as IoKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::codes;
use crate::error::{Error, Result};
use crate::state::store::random_key;

/// The content of `path`; none where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == IoKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// The last `length` bytes of `path`, or all of it where it is shorter; none where there is no such file.
pub(super) fn read_end(path: &Path, length: u64) -> Result<Option<Vec<u8>>> {
    let end = || -> std::io::Result<Vec<u8>> {
        let mut file = fs::File::open(path)?;
        let whole = file.metadata()?.len();
        file.seek(SeekFrom::Start(whole.saturating_sub(length)))?;
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match end() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == IoKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// Puts `content` where `path` is: after a crash at any moment, either the old content is there or the new one.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    written(folder, content)
        .and_then(|file| file.persist(path).map_err(|error| error.error))
        .and_then(|_| sync_folder(folder))
        .map_err(|error| failed("write", path, &error))
}

/// Gives `from` the name `to`, durably; nothing happens where there is no `from`.
pub(super) fn rename(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Ok(()) => sync_folder(to.parent().unwrap_or(Path::new("."))),
        Err(error) if error.kind() == IoKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
    .map_err(|error| failed("rename", from, &error))
}

/// Removes `path`, if it is there.
pub(super) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != IoKind::NotFound => Err(failed("remove", path, &error)),
        _ => Ok(()),
    }
}

/// A temporary file beside its future place, its content on the disk. It is made for its owner only.
fn written(folder: &Path, content: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Makes the names in `folder` durable.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    // Windows opens no folders as files, and makes names durable by itself.
    if cfg!(unix) {
        fs::File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// How files of the state are opened: they may name hosts and fingerprints, so nobody else reads them.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes `folder`, for its owner only.
pub(super) fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| failed("make", folder, &error))
}

/// The key of the fingerprints of secrets in `path`, which is made where there is none.
pub(super) fn key(folder: &Path, path: &Path) -> Result<[u8; 32]> {
    if let Some(bytes) = read(path)? {
        return bytes.try_into().map_err(|_| {
            Error::of(
                &codes::STATE_DAMAGED,
                format!("{} does not hold a key", path.display()),
            )
            .help("delete it: every secret then counts as changed once")
        });
    }
    make_folder(folder)?;
    let made = random_key()?;
    let placed = written(folder, &made)
        .and_then(|file| file.persist_noclobber(path).map_err(|error| error.error))
        .and_then(|_| sync_folder(folder));
    match placed {
        Ok(()) => Ok(made),
        // Another process was quicker: its key is the key.
        Err(error) if error.kind() == IoKind::AlreadyExists => key(folder, path),
        Err(error) => Err(failed("write", path, &error)),
    }
}

/// What went wrong with `path`, and what to do about it.
pub(super) fn failed(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    let help = match error.kind() {
        IoKind::PermissionDenied => "check who owns the folder, and run as that user",
        IoKind::ReadOnlyFilesystem => {
            "the disk cannot be written to: keep the state elsewhere with `--state`"
        }
        IoKind::StorageFull | IoKind::QuotaExceeded => {
            "make room on the disk, then run the same command again: it goes on from here"
        }
        _ => "check the folder, then run the same command again",
    };
    Error::of(
        &codes::STATE_UNWRITABLE,
        format!("could not {verb} {}: {error}", path.display()),
    )
    .help(help)
}
