//! What the caller says about a load: which file, which stage, and everything the loader would otherwise have to ask
//! the machine for.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::convert::Missing;
use crate::files::Files;

/// How to load a file.
pub struct LoadOptions<'a> {
    pub(crate) path: PathBuf,
    pub(crate) files: &'a dyn Files,
    pub(crate) stage: Option<String>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) home: Option<PathBuf>,
    pub(crate) shown_from: Option<PathBuf>,
    /// What is missing for the chosen stage.
    pub(crate) missing: Missing,
}

impl<'a> LoadOptions<'a> {
    /// Loads `path`. Give it with its folder: a project without a name is called like that.
    pub fn new(path: impl Into<PathBuf>, files: &'a dyn Files) -> Self {
        Self {
            path: path.into(),
            files,
            stage: None,
            variables: BTreeMap::new(),
            environment: BTreeMap::new(),
            home: None,
            shown_from: None,
            missing: Missing::Reported,
        }
    }

    /// Which stage; may be left out where the file has only one.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stage = Some(stage.into());
        self
    }

    /// Sets a variable, over what the file says.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The process environment. Without it only the `.env` files count.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables);
        self
    }

    /// The home folder, for `~`.
    #[must_use]
    pub fn home(mut self, folder: impl Into<PathBuf>) -> Self {
        self.home = Some(folder.into());
        self
    }

    /// The folder that the reader of diagnostics is in: paths below it are shown without it.
    #[must_use]
    pub fn shown_from(mut self, folder: impl Into<PathBuf>) -> Self {
        self.shown_from = Some(folder.into());
        self
    }

    /// The stage is only checked: a variable that is not set, or a file that is not there, is worth a warning.
    #[must_use]
    pub fn only_checked(mut self) -> Self {
        self.missing = Missing::Warned;
        self
    }

    /// Nothing is compared with a cloud: a variable that is not set counts as absent, but where the state needs it.
    #[must_use]
    pub fn without_clouds(mut self) -> Self {
        self.missing = Missing::Tolerated;
        self
    }

    /// Only how declarations hang together is looked at: a variable that is not set is a mistake where that depends on it.
    #[must_use]
    pub fn only_drawn(mut self) -> Self {
        self.missing = Missing::Withheld;
        self
    }

    /// `path` as it is shown.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let folder = self.shown_from.as_deref();
        let below = folder.and_then(|folder| path.strip_prefix(folder).ok());
        below.unwrap_or(path).display().to_string()
    }
}

/// The environment holds secrets: only how many variables there are is shown.
impl fmt::Debug for LoadOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadOptions")
            .field("path", &self.path)
            .field("stage", &self.stage)
            .field("variables", &self.variables.keys())
            .field("environment", &self.environment.len())
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}
