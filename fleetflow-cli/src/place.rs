//! Where the state of a stage is kept, and what lies beside it. It opens nothing.

use std::path::{Path, PathBuf};

use fleetflow_access::keys::DEPLOY_KEY;
use fleetflow_access::whole::{self, Readers};
use fleetflow_core::{Error, ErrorKind, Result};

use crate::project::Project;

/// The folders of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The folder that is FleetFlow's alone, which version control shall not see.
    pub(crate) private: PathBuf,
    /// The state's folder, in it; of a state in a bucket, what only this machine has.
    pub(crate) state: PathBuf,
    /// The folder of the keys, apart from the state: who loses or removes the state can still log in.
    pub(crate) keys: PathBuf,
    /// The bucket that the state is in, where it is in one.
    pub(crate) bucket: Option<BucketPlace>,
}

/// A place in a bucket: `s3://NAME/PREFIX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BucketPlace {
    pub(crate) name: String,
    pub(crate) prefix: String,
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
        if let Some(url) = option.or(declared).and_then(|place| place.strip_prefix("s3://")) {
            return Ok(Self {
                bucket: Some(bucket(url, project, stage)?),
                ..Self::below(&root.own_folder(), project, stage)
            });
        }
        let base = match (option, declared) {
            (Some(place), _) => folder(Path::new("."), place, "--state")?,
            (None, Some(place)) => folder(file_folder, place, "the `state` node")?,
            (None, None) => root.own_folder(),
        };
        Ok(Self::below(&base, project, stage))
    }

    /// The place for the emulated world.
    pub(crate) fn sandbox(root: &Project, project: &str, stage: &str) -> Self {
        let private = sandbox_folder(root);
        Self {
            private: private.clone(),
            ..Self::below(&private, project, stage)
        }
    }

    /// The private key that reaches the stage's servers.
    pub(crate) fn deploy_key(&self) -> PathBuf {
        self.keys.join(DEPLOY_KEY)
    }

    /// The host keys of the stage's servers.
    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.keys.join("known_hosts")
    }

    fn below(base: &Path, project: &str, stage: &str) -> Self {
        let private = base.join("state");
        Self {
            state: private.join(project).join(stage),
            keys: base.join("keys").join(project).join(stage),
            private,
            bucket: None,
        }
    }

    /// Makes the folder, readable by its owner only, and hides it from version control.
    pub(crate) fn make(&self) -> Result<()> {
        make_private(&self.private)?;
        make_private(&self.keys)?;
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
        whole::unwritable(format!("the folder {} cannot be made", folder.display()), &error)
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        whole::replace(&ignore, b"*\n", Readers::Others).map_err(failed)?;
    }
    Ok(())
}

fn bucket(url: &str, project: &str, stage: &str) -> Result<BucketPlace> {
    let (name, prefix) = url.split_once('/').unwrap_or((url, ""));
    if name.is_empty() {
        return Err(
            Error::new(ErrorKind::Invalid, format!("`s3://{url}` names no bucket"))
                .help("write `state \"s3://BUCKET/PREFIX\"`"),
        );
    }
    let parts = [prefix.trim_matches('/'), project, stage];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Ok(BucketPlace {
        name: name.to_owned(),
        prefix: parts.join("/"),
    })
}

fn folder(base: &Path, place: &str, said_by: &str) -> Result<PathBuf> {
    match place.split_once("://") {
        None => Ok(base.join(place)),
        Some(("file", path)) => Ok(PathBuf::from(path)),
        Some((scheme, _)) => {
            let message =
                format!("{said_by} asks for state at `{scheme}://`, which this version cannot keep");
            Err(Error::new(ErrorKind::Invalid, message)
                .help("supported: a folder (`state \"./.fleetflow\"`), or a bucket (`state \"s3://BUCKET/PREFIX\" endpoint=\"...\"`)"))
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
    fn a_bucket_holds_each_stage_under_its_own_prefix_and_other_schemes_are_refused() {
        let of = |place| Place::new(&root(), Path::new("/p"), ("creo", "dev"), Some(place), None);
        let prefix = |place| {
            of(place)
                .unwrap()
                .bucket
                .map(|bucket| (bucket.name, bucket.prefix))
        };
        let named = |prefix: &str| Some(("b".to_owned(), prefix.to_owned()));
        assert_eq!(prefix("s3://b/x/"), named("x/creo/dev"));
        assert_eq!(prefix("s3://b"), named("creo/dev"));
        assert_eq!(
            of("s3://b").unwrap().state,
            PathBuf::from("/p/.fleetflow/state/creo/dev")
        );
        for wrong in ["ftp://host/x", "s3:///x"] {
            let error = of(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(error.advice().unwrap().contains("s3://BUCKET"), "{error:?}");
        }
    }
}
