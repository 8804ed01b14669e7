//! Why a command did not do what it should: an error of the library, or mistakes in the file. Shown elsewhere.

use fleetflow_core::Error;
use fleetflow_kdl::{Diagnostics, Loaded};

use crate::exit::Exit;

/// The failure of a command.
pub(crate) enum Failure {
    /// An error of the library, or of this crate in its form.
    Error(Error),
    /// Mistakes in the file.
    Mistakes(Box<Diagnostics>),
    /// An error that is about places in the file, with these places.
    Located(Box<Diagnostics>, Error),
}

impl Failure {
    /// `error` about what was loaded; problems of declarations at their places in the file.
    pub(crate) fn of(loaded: &Loaded, error: Error) -> Self {
        match loaded.locate(error.problems()) {
            Some(located) if located.len() >= error.problems().len() => {
                Self::Located(Box::new(located), error)
            }
            _ => Self::Error(error),
        }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Error(error) | Self::Located(_, error) => error.kind().into(),
            Self::Mistakes(_) => Exit::Usage,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Diagnostics> for Failure {
    fn from(mistakes: Diagnostics) -> Self {
        Self::Mistakes(Box::new(mistakes))
    }
}
