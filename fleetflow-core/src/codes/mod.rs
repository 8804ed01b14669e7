//! Stable numbers for what can go wrong, with what each means and what to do. `flow explain FF0105` prints an entry. It
//! decides nothing: numbers are never reused, and texts may get better.

mod access;
mod answers;
mod asked;
mod declared;
mod file;
mod guards;
mod local;
mod run;

use serde::{Serialize, Serializer};

use crate::error::ErrorKind;
use access::ACCESS;
use answers::ANSWERS;
use asked::ASKED;
use declared::DECLARED;
use file::FILE;
use guards::GUARDS;
use local::LOCAL;
use run::RUN;

pub use access::{
    ACCOUNT, BAD_CREDENTIALS, HOST_KEY, NO_CREDENTIALS, PERMISSION, REFUSED_CREDENTIALS, REGISTRY_LOGIN,
    SSH_LOGIN, STATE_KEY, TLS,
};
pub use answers::{
    DECLINED, DISK_FULL, ENGINE_SILENT, IN_USE, LIMIT, MOVED_ON, NETWORK, NO_BUCKET, NO_COMMAND, NO_ENGINE,
    NO_GENERATION, NO_IMAGE, NO_ZONE, NOT_REMEMBERED, OTHER_PROCESSOR, PUBLISHED_PORT, REGISTRY_SILENT,
    SERVER_SILENT, TAKEN, TAKEN_OVER, UNEXPECTED, UNHEALTHY,
};
pub use asked::{ACCOUNT_ID, BAD_CODE, CANNOT_ASK, NO_FILE, UNKNOWN_NAME, USAGE};
pub use declared::{CHOICE, CYCLE, MISSING, OUTPUT, SECRET, TOO_LATE, TYPE, UNDECLARED};
pub use file::{DUPLICATE, REFERENCE, SERVICE_GROUP, STACK, UNKNOWN_FIELD, VALUE};
pub use guards::{DATA_LOSS, DISRUPTION, MANY_DELETIONS, NOT_EMPTY, OTHER_ACCOUNT, PROTECTED, UNCONFIRMED};
pub use local::{
    BUILD, FILE_UNWRITABLE, NO_AUTHORITIES, NO_PROGRAM, NO_SUCH_FILE, PORT_TAKEN, STATE_DAMAGED, STATE_NEWER,
    STATE_UNREACHABLE, STATE_UNWRITABLE,
};

/// A kind of mistake or failure.
///
/// ```
/// use fleetflow_core::{ErrorKind, codes};
///
/// let locked = ErrorKind::Locked.code();
/// assert_eq!(codes::find("ff0212"), Some(locked));
/// assert!(locked.next.contains("--lock-wait"));
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Its number: `FF0105`. FF01 are mistakes in what is declared, FF02 failures of a run.
    pub number: &'static str,
    /// Its name in programs: `flow::unknown_field`, `protected`, or the name of an [`ErrorKind`].
    pub name: &'static str,
    /// The kind of the errors that have it.
    pub kind: ErrorKind,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What happened, and why it is an error.
    pub meaning: &'static str,
    /// What to do next.
    pub next: &'static str,
    /// A file that has the mistake, or what is printed of a failure; empty where a small one would say nothing.
    pub example: &'static str,
}

/// It is written as its number.
impl Serialize for Code {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.number.serialize(to)
    }
}

/// Every code, in the order of their numbers.
pub fn all() -> impl Iterator<Item = &'static Code> {
    let declared = FILE.iter().chain(&DECLARED);
    let run = RUN.iter().chain(&ASKED).chain(&ACCESS).chain(&GUARDS);
    declared.chain(run).chain(&ANSWERS).chain(&LOCAL).copied()
}

/// The code with this number (in either case) or name.
pub fn find(word: &str) -> Option<&'static Code> {
    all().find(|code| code.number.eq_ignore_ascii_case(word) || code.name == word)
}

impl ErrorKind {
    /// The code of failures of this kind, where no more is known of them.
    pub fn code(self) -> &'static Code {
        let index = match self {
            Self::Invalid => 0,
            Self::Unauthorized => 1,
            Self::Guarded => 2,
            Self::NotFound => 3,
            Self::Conflict => 4,
            Self::RateLimited => 5,
            Self::Unavailable => 6,
            Self::Ambiguous => 7,
            Self::Refused => 8,
            Self::TimedOut => 9,
            Self::Cancelled => 10,
            Self::Locked => 11,
            Self::State => 12,
            Self::Partial => 13,
            Self::Unsupported => 14,
            Self::Local => 15,
            Self::Internal => 16,
        };
        RUN[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_in_order() {
        let numbers: Vec<_> = all().map(|code| code.number).collect();
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(numbers, sorted);
        let names: std::collections::BTreeSet<_> = all().map(|code| code.name).collect();
        assert_eq!(names.len(), numbers.len());
    }

    #[test]
    fn each_kind_of_error_has_the_code_of_its_name() {
        for code in RUN {
            let kind = ALL_KINDS.iter().find(|kind| kind.code() == code);
            let name = kind.map(|kind| serde_json::to_value(kind).expect("a name"));
            assert_eq!(name, Some(code.name.into()));
            assert_eq!(kind, Some(&code.kind));
        }
        assert_eq!(RUN.len(), ALL_KINDS.len());
    }

    const ALL_KINDS: [ErrorKind; 17] = [
        ErrorKind::Invalid,
        ErrorKind::Unauthorized,
        ErrorKind::Guarded,
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::RateLimited,
        ErrorKind::Unavailable,
        ErrorKind::Ambiguous,
        ErrorKind::Refused,
        ErrorKind::TimedOut,
        ErrorKind::Cancelled,
        ErrorKind::Locked,
        ErrorKind::State,
        ErrorKind::Partial,
        ErrorKind::Unsupported,
        ErrorKind::Local,
        ErrorKind::Internal,
    ];
}
