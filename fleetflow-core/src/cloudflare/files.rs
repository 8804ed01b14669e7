//! The files of a site on this machine: paths, hashes, media types. It sends nothing, and holds no file in memory.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::codes;
use crate::error::{Error, ErrorKind, Result};

/// Larger files are refused (API doc §4.13, §5.6).
const LARGEST: u64 = 25 * 1024 * 1024;
/// Bytes that are read at once: a multiple of three, so that pieces of Base64 fit together.
const PIECE: usize = 3 * 64 * 1024;

/// A file of a site.
#[derive(Clone, Debug)]
pub(crate) struct SiteFile {
    /// Its path in the site: `/index.html`.
    pub(crate) path: String,
    /// Where it lies.
    pub(crate) place: PathBuf,
    /// The key that it is stored under.
    pub(crate) hash: String,
    /// Its size in bytes.
    pub(crate) size: u64,
}

impl SiteFile {
    /// Its media type, by its extension.
    pub(crate) fn media_type(&self) -> Option<String> {
        mime_guess::from_path(&self.place).first_raw().map(str::to_owned)
    }

    /// Its content in Base64.
    pub(crate) fn base64(&self) -> Result<String> {
        let bytes = std::fs::read(&self.place).map_err(|error| unreadable(&self.place, &error))?;
        Ok(STANDARD.encode(bytes))
    }
}

/// The files below `folder`, in the order of their paths, without those that `left_out` says by path in the site.
pub(crate) fn walk(folder: &Path, left_out: impl Fn(&str) -> bool) -> Result<Vec<SiteFile>> {
    if !folder.is_dir() {
        let message = format!("there is no folder {}", folder.display());
        return Err(Error::of(&codes::NO_SUCH_FILE, message)
            .during("read the files of the site")
            .help("paths are relative to the folder of the stack's file; with a `build`, see that it makes this one"));
    }
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        let entries = std::fs::read_dir(&current).map_err(|error| unreadable(&current, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&current, &error))?;
            let kind = entry
                .file_type()
                .map_err(|error| unreadable(&entry.path(), &error))?;
            let path = in_site(folder, &entry.path());
            if kind.is_symlink() || left_out(&path) {
                continue;
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(site_file(path, entry.path())?);
            }
        }
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(found)
}

/// A digest that is another one when any path or content is.
pub(crate) fn digest(files: &[SiteFile]) -> String {
    let mut hasher = blake3::Hasher::new();
    for file in files {
        hasher.update(file.path.as_bytes());
        hasher.update(&[0]);
        hasher.update(file.hash.as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

fn in_site(folder: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(folder).unwrap_or(path).components();
    let parts: Vec<_> = parts
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    format!("/{}", parts.join("/"))
}

fn site_file(path: String, place: PathBuf) -> Result<SiteFile> {
    let size = std::fs::metadata(&place)
        .map_err(|error| unreadable(&place, &error))?
        .len();
    if size > LARGEST {
        let message = format!(
            "{} has {size} bytes; a file of a site has at most {LARGEST}",
            place.display()
        );
        return Err(Error::new(ErrorKind::Invalid, message).help("serve it from a bucket of R2 instead"));
    }
    let hash = hash(&place).map_err(|error| unreadable(&place, &error))?;
    Ok(SiteFile {
        path,
        place,
        hash,
        size,
    })
}

/// BLAKE3 of the content in Base64 and the extension, as wrangler does it: clients of one account have to agree, or the
/// same file is stored twice (API doc §4.13).
fn hash(place: &Path) -> std::io::Result<String> {
    let mut file = File::open(place)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE];
    loop {
        let mut filled = 0;
        while filled < PIECE {
            match file.read(&mut piece[filled..])? {
                0 => break,
                more => filled += more,
            }
        }
        if filled == 0 {
            break;
        }
        hasher.update(STANDARD.encode(&piece[..filled]).as_bytes());
    }
    let extension = place.extension().unwrap_or_default().to_string_lossy();
    hasher.update(extension.as_bytes());
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::of(&codes::NO_SUCH_FILE, error.to_string()).during(format!("read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_wrangler() {
        // API doc §4.13: vectors checked with two implementations.
        let folder = tempfile::tempdir().unwrap();
        for (name, content, hash) in [
            ("a.txt", "", "f9bc91770fa5e997cbd47fba833629fc"),
            ("a.html", "hello\n", "051240d22ab9086ec5997a6d1ad35ec1"),
            ("a", "hello\n", "a304da4b4a88dc5288e58ab9307a3e3e"),
            ("a.css", "body{}\n", "aa42bba514e8ddfea838ec1a715ca332"),
        ] {
            std::fs::write(folder.path().join(name), content).unwrap();
            assert_eq!(super::hash(&folder.path().join(name)).unwrap(), hash, "{name}");
        }
    }

    #[test]
    fn a_long_file_is_hashed_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("long.bin");
        let content = vec![7; PIECE * 2 + 5];
        std::fs::write(&place, &content).unwrap();
        let whole = blake3::hash(format!("{}bin", STANDARD.encode(&content)).as_bytes());
        assert_eq!(hash(&place).unwrap(), whole.to_hex()[..32]);
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/x"), "").unwrap();
        let paths: Vec<_> = walk(folder.path(), |path| path == "/long.bin").unwrap();
        assert_eq!(
            paths.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
            ["/sub/x"]
        );
    }
}
