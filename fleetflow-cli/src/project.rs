//! Where a project is: its file, its root folder, and the folder that FleetFlow keeps its own things in.

use std::path::{Path, PathBuf};

use fleetflow_core::{Error, Result, codes};

/// The names that are looked for, in this order.
pub(crate) const NAMES: [&str; 2] = ["flow.kdl", ".fleetflow/flow.kdl"];

/// A project on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    /// The file, as it is shown.
    pub(crate) file: PathBuf,
    /// The folder that names the project and holds `.fleetflow`.
    pub(crate) root: PathBuf,
}

impl Project {
    /// The project of `file`, or of the first file found in `folder` and its parents.
    pub(crate) fn find(folder: &Path, file: Option<&Path>) -> Result<Self> {
        let found = match file {
            Some(file) => given(folder, file)?,
            None => search(folder)?,
        };
        let root = root_of(&found);
        // Shown as the user would write it: relative where it lies below the working folder.
        let file = found.strip_prefix(folder).map(Path::to_owned).unwrap_or(found);
        Ok(Self { file, root })
    }

    /// FleetFlow's own folder.
    pub(crate) fn own_folder(&self) -> PathBuf {
        self.root.join(".fleetflow")
    }
}

fn given(folder: &Path, file: &Path) -> Result<PathBuf> {
    let path = folder.join(file);
    if path.is_dir() {
        let named = NAMES
            .iter()
            .map(|name| path.join(name))
            .find(|candidate| candidate.is_file());
        return named.ok_or_else(|| {
            Error::of(
                &codes::NO_FILE,
                format!("there is no flow.kdl in {}", file.display()),
            )
            .help("name the file itself")
        });
    }
    if path.is_file() {
        return Ok(path);
    }
    if path.exists() {
        let message = format!("{} is no regular file", file.display());
        let help = "write it to a file: what FleetFlow keeps, and what the file names, lies beside it";
        return Err(Error::of(&codes::NO_FILE, message).help(help));
    }
    Err(
        Error::of(&codes::NO_FILE, format!("there is no file {}", file.display()))
            .help("check the path after -f"),
    )
}

fn search(folder: &Path) -> Result<PathBuf> {
    folder
        .ancestors()
        .flat_map(|ancestor| NAMES.iter().map(|name| ancestor.join(name)))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| {
            if folder.join(NAMES[0]).is_dir() {
                let message = format!(
                    "flow.kdl in {} is a folder, and should be a file",
                    folder.display()
                );
                return Error::of(&codes::NO_FILE, message)
                    .help("move it out of the way, or name the file with -f FILE");
            }
            let message = format!(
                "there is no flow.kdl in {} or a folder above it",
                folder.display()
            );
            Error::of(&codes::NO_FILE, message)
                .help("go to your project's folder, or give -f FILE; `flow init` begins a new one")
        })
}

/// The folder of the file, or its parent when the file lies in `.fleetflow`.
fn root_of(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new("."));
    match (folder.file_name(), folder.parent()) {
        (Some(name), Some(parent)) if name == ".fleetflow" => parent.to_owned(),
        _ => folder.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleetflow_core::ErrorKind;

    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    #[test]
    fn the_nearest_file_is_found_from_below_and_its_folder_is_the_root() {
        let folder = folder_with(&["flow.kdl", "a/.fleetflow/flow.kdl", "a/b/c/x"]);
        let found = Project::find(&folder.path().join("a/b/c"), None).unwrap();
        assert_eq!(found.root, folder.path().join("a"));
        assert_eq!(found.file, folder.path().join("a/.fleetflow/flow.kdl"));
        let top = Project::find(folder.path(), None).unwrap();
        assert_eq!(
            top,
            Project {
                file: "flow.kdl".into(),
                root: folder.path().to_owned()
            }
        );
    }

    #[test]
    fn a_folder_called_like_the_file_is_told() {
        let folder = folder_with(&["flow.kdl/x"]);
        let error = Project::find(folder.path(), None).unwrap_err();
        assert!(
            error.message().ends_with("is a folder, and should be a file"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_file_is_wrong_usage() {
        let folder = folder_with(&["x"]);
        for file in [None, Some(Path::new("other.kdl"))] {
            assert_eq!(
                Project::find(folder.path(), file).unwrap_err().kind(),
                ErrorKind::Invalid
            );
        }
    }
}
