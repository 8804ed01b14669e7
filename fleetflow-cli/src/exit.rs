//! The exit codes that scripts rely on, and which failure has which. It decides nothing else.

use std::process::ExitCode;

use fleetflow_core::ErrorKind;
use fleetflow_core::converge::Outcome;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// There are changes or drift, and `--detailed-exitcode` asked for it.
    Changes = 2,
    /// Not authorised, or not configured.
    Unauthorized = 3,
    /// Some steps failed; the rest is saved.
    Partial = 4,
    /// A guard refused.
    Guarded = 5,
    /// Somebody else has locked the state.
    Locked = 6,
    /// The user stopped it.
    Interrupted = 8,
    /// Wrong usage or a wrong file.
    Usage = 64,
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Invalid => Self::Usage,
            ErrorKind::Unauthorized => Self::Unauthorized,
            ErrorKind::Guarded => Self::Guarded,
            ErrorKind::Cancelled => Self::Interrupted,
            ErrorKind::Locked => Self::Locked,
            ErrorKind::Partial => Self::Partial,
            _ => Self::Failed,
        }
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Converged => Self::Done,
            Outcome::Failed => Self::Partial,
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}
