//! Where the state of a stage is kept, and what lies beside it. It opens nothing.

use std::path::{Path, PathBuf};

use fleetflow_core::{Error, ErrorKind, Result};

use crate::project::Project;

/// The folders of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The folder that is FleetFlow's alone, which version control shall not see.
    pub(crate) private: PathBuf,
    /// The state's folder, in it.
    pub(crate) state: PathBuf,
}

impl Place {
    /// The place for `stage` of `project`: what the user said on the command line, what the file says, or the default.
    pub(crate) fn new(
        root: &Project,
        file_folder: &Path,
        (project, stage): (&str, &str),
        option: Option<&str>,
        declared: Option<&str>,
    ) -> Result<Self> {
        let base = match (option, declared) {
            (Some(place), _) => folder(Path::new("."), place, "--state")?,
            (None, Some(place)) => folder(file_folder, place, "the `state` node")?,
            (None, None) => root.own_folder(),
        };
        Ok(Self::below(base.join("state"), project, stage))
    }

    /// The place for the emulated world.
    pub(crate) fn sandbox(root: &Project, project: &str, stage: &str) -> Self {
        let private = sandbox_folder(root);
        let state = private.join("state").join(project).join(stage);
        Self { private, state }
    }

    /// The private key that reaches the stage's servers.
    pub(crate) fn deploy_key(&self) -> PathBuf {
        self.state.join("deploy_key")
    }

    /// The host keys of the stage's servers.
    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.state.join("known_hosts")
    }

    fn below(private: PathBuf, project: &str, stage: &str) -> Self {
        let state = private.join(project).join(stage);
        Self { private, state }
    }

    /// Makes the folder, readable by its owner only, and hides it from version control.
    pub(crate) fn make(&self) -> Result<()> {
        make_private(&self.private)?;
        make_private(&self.state)
    }
}

/// The folder of the emulated world.
pub(crate) fn sandbox_folder(root: &Project) -> PathBuf {
    root.own_folder().join("sandbox")
}

/// Makes `folder` for its owner only; git is told to leave it alone.
pub(crate) fn make_private(folder: &Path) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::new(
            ErrorKind::Local,
            format!("the folder {} cannot be made: {error}", folder.display()),
        )
        .help("check who owns its parent")
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, "*\n").map_err(failed)?;
    }
    Ok(())
}

fn folder(base: &Path, place: &str, said_by: &str) -> Result<PathBuf> {
    match place.split_once("://") {
        None => Ok(base.join(place)),
        Some(("file", path)) => Ok(PathBuf::from(path)),
        Some((scheme, _)) => {
            let message =
                format!("{said_by} asks for state at `{scheme}://`, which this version cannot keep");
            Err(Error::new(ErrorKind::Invalid, message)
                .help("supported: a folder, for example `state \"./.fleetflow\"` or `--state ./folder`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Project {
        Project {
            file: "flow.kdl".into(),
            root: "/p".into(),
        }
    }

    #[test]
    fn the_option_comes_before_the_file_and_the_file_before_the_default() {
        let of = |option, declared| {
            Place::new(&root(), Path::new("/p"), ("creo", "dev"), option, declared)
                .unwrap()
                .state
                .display()
                .to_string()
        };
        assert_eq!(of(None, None), "/p/.fleetflow/state/creo/dev");
        assert_eq!(of(None, Some("./kept")), "/p/./kept/state/creo/dev");
        assert_eq!(
            of(Some("/elsewhere"), Some("./kept")),
            "/elsewhere/state/creo/dev"
        );
    }

    #[test]
    fn a_bucket_is_refused_and_the_error_names_what_is_supported() {
        let error = Place::new(
            &root(),
            Path::new("/p"),
            ("creo", "dev"),
            Some("s3://bucket/x"),
            None,
        )
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("s3://"));
        assert!(error.advice().unwrap().contains("a folder"));
    }
}
