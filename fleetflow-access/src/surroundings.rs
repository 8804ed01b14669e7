//! What credentials are looked for in: variables and the home folder; and a record of every place that was looked at.

use std::path::{Path, PathBuf};

use fleetflow_core::Error;
use fleetflow_core::codes;

type Variables<'a> = Box<dyn Fn(&str) -> Option<String> + 'a>;

/// Where to look.
pub struct Surroundings<'a> {
    variables: Variables<'a>,
    pub(crate) home: Option<&'a Path>,
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings")
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

impl<'a> Surroundings<'a> {
    /// Variables as `variables` answers them, and the user's home folder.
    pub fn new(variables: impl Fn(&str) -> Option<String> + 'a, home: Option<&'a Path>) -> Self {
        Self {
            variables: Box::new(variables),
            home,
        }
    }

    /// The first of `names` that is set and not empty, with its value.
    pub(crate) fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, String)> {
        names.iter().find_map(|name| Some((*name, self.variable(name)?)))
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name).filter(|value| !value.is_empty())
    }
}

/// Every place that was looked at, for the error that nothing was found.
#[derive(Debug, Default)]
pub(crate) struct Looked(Vec<String>);

impl Looked {
    pub(crate) fn at(&mut self, place: impl Into<String>) {
        self.0.push(place.into());
    }

    /// The error that `what` is nowhere.
    pub(crate) fn nothing(self, what: &str) -> Error {
        let places: Vec<_> = self.0.iter().map(|place| format!("\n  {place}")).collect();
        let message = format!("{what}; looked at:{}", places.concat());
        Error::of(&codes::NO_CREDENTIALS, message)
    }
}

/// A path as people write it, with `~` for the home folder.
pub(crate) fn shown(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => PathBuf::from("~").join(rest).display().to_string(),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_none() {
        let around = Surroundings::new(
            |name| (name != "NONE").then(|| if name == "EMPTY" { "" } else { "x" }.to_owned()),
            None,
        );
        assert_eq!(
            around.first(&["NONE", "EMPTY", "SET"]),
            Some(("SET", "x".to_owned()))
        );
    }
}
