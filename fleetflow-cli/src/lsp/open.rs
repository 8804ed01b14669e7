//! The texts that the editor holds, over the files on disk.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use fleetflow_kdl::editor::Workspace;
use fleetflow_kdl::{Files, FolderFiles};

use crate::project::NAMES;

/// Open texts by path.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    texts: BTreeMap<PathBuf, String>,
}

impl Files for Open {
    fn read(&self, path: &Path) -> io::Result<String> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone()),
            None => FolderFiles.read(path),
        }
    }
}

impl Open {
    pub(super) fn set(&mut self, path: PathBuf, text: String) {
        self.texts.insert(path, text);
    }

    pub(super) fn close(&mut self, path: &Path) {
        self.texts.remove(path);
    }

    /// The open files.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.texts.keys().cloned().collect()
    }

    /// The project that `path` belongs to: of the file above it that includes it, or else of itself.
    pub(super) fn workspace(&self, path: &Path) -> Workspace {
        let folders = path.ancestors().skip(1);
        let mains = folders.flat_map(|folder| NAMES.iter().map(|name| folder.join(name)));
        let belongs = |main: PathBuf| {
            let workspace = Workspace::read(&main, self);
            let has = workspace.paths().any(|found| found == path);
            has.then_some(workspace)
        };
        mains
            .into_iter()
            .find_map(belongs)
            .unwrap_or_else(|| Workspace::read(path, self))
    }
}
