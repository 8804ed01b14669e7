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

    /// The project that `path` belongs to: of the file above it that includes it, or of an open one that does, or else of itself.
    pub(super) fn workspace(&self, path: &Path) -> Workspace {
        let folders = path.ancestors().skip(1);
        let above = folders.flat_map(|folder| NAMES.iter().map(|name| folder.join(name)));
        // A folder beside has what several projects share: which of them is meant, the editor shows by what is open.
        let others = self.texts.keys().filter(|open| *open != path).cloned();
        let mains = above.chain(others);
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
