//! What is wrong with a declaration, as data: which resource, where in it, what, and what to do. Nothing is printed here.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::value::UNREAD;
use super::{Address, Path};
use crate::codes::{self, Code};
use crate::{Error, ErrorKind};

/// One mistake in what the user declared.
///
/// A front end turns `address` and `path` into a place of its own: a span of a KDL file, an argument of a
/// Python call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The declaration; none for what concerns the stack as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The place inside the declaration.
    #[serde(default)]
    pub path: Path,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Its entry in the register of [`codes`](crate::codes), where more is known than [`registered`](Self::registered)
    /// says of every problem.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "by_number"
    )]
    pub code: Option<&'static Code>,
    /// The field that it is about, where that is not what stands at `path`: one that is missing there, or what a misspelt
    /// one was meant to be. A mistake in that field explains this one.
    #[serde(skip)]
    pub about: Option<Path>,
    /// Whether a guard refused something that is well-formed (a protected resource, a missing approval).
    #[serde(default)]
    pub guard: bool,
}

/// A failure among others; what it is about, and what a provider said of it, is part of its message.
impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        match error.problems() {
            [only] => only.clone(),
            _ => Self {
                help: error.advice().map(str::to_owned),
                ..Self::at(Path::root(), error.to_string()).code(error.registered())
            },
        }
    }
}

impl Problem {
    /// A mistake at `path`.
    pub fn at(path: Path, message: impl Into<String>) -> Self {
        Self {
            address: None,
            path,
            message: message.into(),
            help: None,
            code: None,
            about: None,
            guard: false,
        }
    }

    /// A refusal by a guard: nothing is malformed, but it must not happen unasked.
    pub fn guard(address: &Address, message: impl Into<String>) -> Self {
        Self {
            guard: true,
            ..Self::at(Path::root(), message)
        }
        .on(address)
    }

    /// The same mistake with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same mistake, which the register of [`codes`](crate::codes) knows as `code`.
    #[must_use]
    pub fn code(mut self, code: &'static Code) -> Self {
        self.code = Some(code);
        self
    }

    /// The same mistake, which is about the field at `field`.
    #[must_use]
    pub fn about(mut self, field: Path) -> Self {
        self.about = Some(field);
        self
    }

    /// The place of the field that it is about.
    pub fn subject(&self) -> &Path {
        self.about.as_ref().unwrap_or(&self.path)
    }

    /// What tells it from other ones, to look for it among many.
    pub fn key(&self) -> (Option<&Address>, &Path, &str) {
        (self.address.as_ref(), &self.path, &self.message)
    }

    /// Whether it only says that a front end could not read what stands there, and has told so.
    pub fn is_unread(&self) -> bool {
        self.message == UNREAD
    }

    /// Its entry in the register: where none was given, that of a refusal, of a value that breaks a rule of its
    /// resource, or of a stack.
    ///
    /// ```
    /// use fleetflow_core::model::{Path, Problem};
    /// use fleetflow_core::{Address, codes};
    ///
    /// let problem = Problem::at(Path::root(), "the group has no service");
    /// assert_eq!(problem.on(&Address::new("service-group", "shop")).registered(), &codes::VALUE);
    /// ```
    pub fn registered(&self) -> &'static Code {
        match (self.code, self.guard, &self.address) {
            (Some(code), ..) => code,
            (None, true, _) => ErrorKind::Guarded.code(),
            (None, false, Some(_)) => &codes::VALUE,
            (None, false, None) => &codes::STACK,
        }
    }

    /// The kind of failure that it is by itself.
    pub(crate) fn kind(&self) -> ErrorKind {
        if self.guard {
            ErrorKind::Guarded
        } else {
            self.registered().kind
        }
    }

    /// The same mistake, in the declaration `address`.
    #[must_use]
    pub fn on(mut self, address: &Address) -> Self {
        self.address.get_or_insert_with(|| address.clone());
        self
    }
}

/// A code by its number; one that this version does not know is none.
fn by_number<'d, D: Deserializer<'d>>(from: D) -> Result<Option<&'static Code>, D::Error> {
    let number = Option::<String>::deserialize(from)?;
    Ok(number.and_then(|number| codes::find(&number)))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(address) = &self.address {
            write!(f, "{address}: ")?;
        }
        if !self.path.segments().is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// The candidate nearest to `word`, if it is near enough to be what was meant: a third of its letters may be wrong,
/// and always one.
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}
