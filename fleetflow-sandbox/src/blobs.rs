//! Large bytes of the world, kept in files by their hash and not in the world itself. It does not know what they are for.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Where the bytes are: beside the world's file, or in a folder that goes with the sandbox.
#[derive(Debug)]
pub(crate) struct Blobs {
    beside: Option<PathBuf>,
    temporary: OnceLock<tempfile::TempDir>,
}

impl Blobs {
    /// For a world in memory: a folder is made once there is something to keep.
    pub(crate) fn temporary() -> Self {
        Self {
            beside: None,
            temporary: OnceLock::new(),
        }
    }

    /// For a world in a file: `world.blobs` beside `world.json`.
    pub(crate) fn beside(world: &Path) -> Self {
        Self {
            beside: Some(world.with_extension("blobs")),
            temporary: OnceLock::new(),
        }
    }

    /// Keeps these bytes and says under what name. They are written once, however often they come.
    pub(crate) fn put(&self, bytes: &[u8]) -> io::Result<String> {
        let name = blake3::hash(bytes).to_hex().to_string();
        let path = self.folder()?.join(&name);
        if !path.exists() {
            let next = path.with_extension("next");
            fs::write(&next, bytes)?;
            fs::rename(next, path)?;
        }
        Ok(name)
    }

    /// The bytes of this name.
    pub(crate) fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(io::ErrorKind::NotFound.into());
        }
        fs::read(self.folder()?.join(name))
    }

    /// The folder for what Durable Objects hold.
    pub(crate) fn objects(&self) -> io::Result<PathBuf> {
        let folder = self.folder()?.join("objects");
        fs::create_dir_all(&folder)?;
        std::path::absolute(folder)
    }

    fn folder(&self) -> io::Result<&Path> {
        if let Some(folder) = &self.beside {
            fs::create_dir_all(folder)?;
            return Ok(folder);
        }
        if let Some(folder) = self.temporary.get() {
            return Ok(folder.path());
        }
        let made = tempfile::Builder::new().prefix("fleetflow-sandbox-").tempdir()?;
        Ok(self.temporary.get_or_init(|| made).path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_by_their_name_and_nothing_else_does() {
        let blobs = Blobs::temporary();
        let name = blobs.put(b"hello").unwrap();
        assert_eq!(blobs.put(b"hello").unwrap(), name);
        assert_eq!(blobs.get(&name).unwrap(), b"hello");
        assert_eq!(blobs.get("../etc").unwrap_err().kind(), io::ErrorKind::NotFound);
        let folder = blobs.folder().unwrap().to_owned();
        drop(blobs);
        assert!(!folder.exists());
    }
}
