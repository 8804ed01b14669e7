//! The exit codes that scripts rely on, and which failure has which. It decides nothing else.

use std::process::ExitCode;

use fleetflow_core::ErrorKind;
use fleetflow_core::converge::Outcome;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Failed.
    Failed,
    /// There are changes or drift, and `--detailed-exitcode` asked for it.
    Changes,
    /// Not authorised, or not configured.
    Unauthorized,
    /// Some steps failed; the rest is saved.
    Partial,
    /// A guard refused.
    Guarded,
    /// Somebody else has locked the state.
    Locked,
    /// The user stopped it.
    Interrupted,
    /// Wrong usage or a wrong file.
    Usage,
    /// As a command ended that was run for the user.
    Passed(u8),
}

impl Exit {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Unauthorized => 3,
            Self::Partial => 4,
            Self::Guarded => 5,
            Self::Locked => 6,
            Self::Interrupted => 8,
            Self::Usage => 64,
            Self::Passed(code) => code,
        }
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
