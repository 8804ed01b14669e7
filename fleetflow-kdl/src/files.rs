//! How the loader reaches files: the real folder, or texts in memory. It does not interpret what it reads.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Read access to the files a stack is written in.
pub trait Files {
    /// The whole text of a file.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// Whether something is there: a file of any kind, or a folder.
    fn exists(&self, path: &Path) -> bool {
        self.read(path).is_ok()
    }
}

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct FolderFiles;

impl Files for FolderFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }
}

/// Texts in memory, by path. For tests, and for editors that hold unsaved text.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    texts: BTreeMap<PathBuf, String>,
}

impl MemoryFiles {
    /// No file at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a file.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.texts.insert(normal(&path.into()), text.into());
        self
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.texts
            .get(&normal(path))
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The same path without `.` and without `name/..`, so that two spellings of one file compare equal.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_a_path_are_one_file() {
        let files = MemoryFiles::new().with("a/flow.kdl", "x");
        assert_eq!(files.read(Path::new("./a/b/../flow.kdl")).unwrap(), "x");
        assert_eq!(
            files.read(Path::new("flow.kdl")).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        assert_eq!(normal(Path::new("../x/./y")), PathBuf::from("../x/y"));
    }
}
