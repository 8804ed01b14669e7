//! Files that are there whole or not at all, also on a disk that is full, and what is told where one cannot be written. It decides
//! on no content.

use std::fs;
use std::io::{self, ErrorKind as IoKind, Write as _};
use std::path::Path;

use fleetflow_core::{Error, codes};
use tempfile::NamedTempFile;

/// Who may read a file that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone.
    Owner,
    /// As the user's mask says.
    Others,
}

/// Puts `content` where `path` is: after a failure or a crash, either the old content is there or the new one. A file that was
/// there keeps its permissions, unless only its owner may read it from now on; what is no file, such as a terminal, is written to.
pub fn replace(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let before = match fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            return fs::OpenOptions::new().write(true).open(path)?.write_all(content);
        }
        Ok(found) => Some(found.permissions()),
        Err(error) if error.kind() == IoKind::NotFound => None,
        Err(error) => return Err(error),
    };
    // What a link names is replaced, not the link.
    let path = match before {
        Some(_) => &fs::canonicalize(path)?,
        None => path,
    };
    let written = beside(path, content, readers)?;
    if let (Some(permissions), Readers::Others) = (before, readers) {
        written.as_file().set_permissions(permissions)?;
    }
    written.persist(path).map(drop).map_err(|error| error.error)
}

/// Puts `content` where `path` is, if nothing is there, also when two do it at once.
pub fn make(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let written = beside(path, content, readers)?;
    written
        .persist_noclobber(path)
        .map(drop)
        .map_err(|error| error.error)
}

fn beside(path: &Path, content: &[u8], readers: Readers) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(
        &mut options,
        match readers {
            Readers::Owner => 0o600,
            Readers::Others => 0o666,
        },
    );
    // Opened here, as what the library itself says of a failure names a file that nobody asked for.
    let mut file = tempfile::Builder::new()
        .prefix(".flow-")
        .make_in(folder.unwrap_or(Path::new(".")), |path| options.open(path))?;
    file.as_file_mut().write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// What is told of a file that cannot be written: `message` says which one it is.
pub fn unwritable(message: String, error: &io::Error) -> Error {
    let help = match error.kind() {
        IoKind::ReadOnlyFilesystem => "the disk cannot be written to: use a folder on another one",
        IoKind::StorageFull | IoKind::QuotaExceeded => "make room on the disk, then run it again",
        IoKind::PermissionDenied => "check who owns the folder, and run as that user",
        IoKind::NotFound => "make its folder first, or correct the path",
        IoKind::AlreadyExists => "somebody was quicker: run it again",
        _ => "check the file and its folder",
    };
    Error::of(&codes::FILE_UNWRITABLE, format!("{message}: {error}")).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_made_once_and_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        make(&file, b"one", Readers::Owner).unwrap();
        let again = make(&file, b"two", Readers::Owner).unwrap_err();
        assert_eq!(again.kind(), IoKind::AlreadyExists);
        assert_eq!(fs::read(&file).unwrap(), b"one");
        replace(&file, b"three", Readers::Owner).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"three");
        assert_eq!(names(folder.path()), ["f"], "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay_and_what_is_no_file_is_written_to() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["f", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "one").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"two", Readers::Others).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(
            (fs::read(&file).unwrap().as_slice(), mode(&file)),
            (b"two".as_slice(), 0o640)
        );
        replace(&file, b"three", Readers::Owner).unwrap();
        assert_eq!(mode(&file), 0o600);
        replace(Path::new("/dev/null"), b"four", Readers::Owner).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_file_in_a_folder_that_is_not_there_is_told_as_the_system_says_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = make(&folder.path().join("no/f"), b"", Readers::Owner).unwrap_err();
        assert_eq!(error.to_string(), io::Error::from_raw_os_error(2).to_string());
        assert_eq!(error.kind(), IoKind::NotFound);
    }

    #[test]
    fn what_is_told_says_what_to_do_about_it() {
        for (kind, advice) in [
            (IoKind::StorageFull, "make room"),
            (IoKind::ReadOnlyFilesystem, "on another one"),
            (IoKind::PermissionDenied, "who owns"),
        ] {
            let told = unwritable("the plan could not be saved".to_owned(), &kind.into());
            assert_eq!(told.registered().number, "FF0296", "{told:?}");
            assert!(told.advice().unwrap().contains(advice), "{told:?}");
        }
    }
}
