//! Why a command did not do what it should: an error of the library, or mistakes in the file. Shown elsewhere.

use fleetflow_core::Error;
use fleetflow_kdl::Diagnostics;

use crate::exit::Exit;

/// The failure of a command.
pub(crate) enum Failure {
    /// An error of the library, or of this crate in its form.
    Error(Error),
    /// Mistakes in the file.
    Mistakes(Box<Diagnostics>),
    /// What a plan refused, at its places in the file.
    Located(Box<Diagnostics>, Exit),
}

impl Failure {
    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Error(error) => error.kind().into(),
            Self::Mistakes(_) => Exit::Usage,
            Self::Located(_, exit) => *exit,
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
