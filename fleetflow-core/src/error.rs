//! The one public error: what kind, what was attempted, on which resource, what the provider said, what to do next.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::codes::Code;
use crate::model::{Address, Problem};
use crate::veil::Veil;

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is. It decides about retries, exit codes and exception classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The declaration is wrong.
    Invalid,
    /// Credentials or settings are missing or refused.
    Unauthorized,
    /// A guard refused something that is well-formed: a protected resource, a missing approval.
    Guarded,
    /// What was to be read or changed is not there.
    NotFound,
    /// It exists already, is in use, or is in a state that does not allow this now.
    Conflict,
    /// The provider asks for fewer requests.
    RateLimited,
    /// The provider failed, or could not be reached; another try may help.
    Unavailable,
    /// It is not known whether the request took effect.
    Ambiguous,
    /// The provider refused the request for good.
    Refused,
    /// It took longer than it may.
    TimedOut,
    /// The user stopped the run.
    Cancelled,
    /// Somebody else holds the state's lease.
    Locked,
    /// The state cannot be read or written.
    State,
    /// Some steps of a run failed; the rest is done and saved.
    Partial,
    /// This version cannot do it.
    Unsupported,
    /// A local file or process failed.
    Local,
    /// A mistake of FleetFlow itself.
    Internal,
}

/// An error with its context. Cheap to clone; never holds a secret.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    number: Option<&'static Code>,
    message: String,
    address: Option<Address>,
    operation: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
    help: Option<String>,
    retry_after: Option<std::time::Duration>,
    permissions: Vec<String>,
    problems: Vec<Problem>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` says what went wrong, without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            number: None,
            message: message.into(),
            address: None,
            operation: None,
            code: None,
            request_id: None,
            help: None,
            retry_after: None,
            permissions: Vec::new(),
            problems: Vec::new(),
            source: None,
        }))
    }

    /// An error that the register of [`codes`](crate::codes) knows as `code`, and of that one's kind.
    pub fn of(code: &'static Code, message: impl Into<String>) -> Self {
        Self::new(code.kind, message).number(code)
    }

    /// The error for a stack with mistakes, of the kind of its problems. Where they differ, a mistake in what is declared
    /// counts before what the clouds hold against it, and that before a guard's refusal.
    pub fn from_problems(problems: Vec<Problem>) -> Self {
        let kind = kind_of(&problems);
        let message = match problems.as_slice() {
            [only] => only.to_string(),
            several => {
                let lines: Vec<_> = several.iter().map(|problem| format!("\n  {problem}")).collect();
                format!("{} problems:{}", several.len(), lines.concat())
            }
        };
        let number = problems.first().map(Problem::registered);
        let number = number.filter(|number| problems.iter().all(|problem| problem.registered() == *number));
        Self::new(kind, message).change(|inner| {
            inner.number = number;
            inner.problems = problems;
        })
    }

    /// What `errors` say, as one: each of them is to be mended, and all are told. Credentials come before everything else, as
    /// nothing works without them. None where there are none.
    pub fn together(errors: Vec<Self>) -> Option<Self> {
        let mut errors: Vec<Self> = errors.into_iter().flat_map(Self::each).collect();
        // What all of them need can be missing: that is one failure.
        errors.dedup_by(|one, before| one.to_string() == before.to_string());
        if errors.len() < 2 {
            return errors.pop();
        }
        let kinds = || errors.iter().map(Self::kind);
        let kind = kinds().find(|kind| *kind == ErrorKind::Unauthorized);
        let kind = kind.or_else(|| kinds().next())?;
        let told = errors.iter().map(Problem::from).collect();
        Some(Self::from_problems(told).with_kind(kind))
    }

    /// The failures that it was put together of.
    fn each(self) -> Vec<Self> {
        let alone = |problem: &Problem| Self::from_problems(vec![problem.clone()]);
        match self.problems() {
            [] => vec![self],
            several => several.iter().map(alone).collect(),
        }
    }

    /// The same error, whose problems are mistakes of the declaration at `address`.
    pub(crate) fn about(self, address: &Address) -> Self {
        let of_it = |problem: &mut Problem| {
            problem.address.get_or_insert_with(|| address.clone());
        };
        self.on(address)
            .change(|inner| inner.problems.iter_mut().for_each(of_it))
    }

    /// The same error, about the resource at `address`; the innermost address wins.
    #[must_use]
    pub fn on(self, address: &Address) -> Self {
        self.change(|inner| {
            inner.address.get_or_insert_with(|| address.clone());
        })
    }

    /// The same error, while attempting `operation` (`create the disk`); the innermost operation wins.
    #[must_use]
    pub fn during(self, operation: impl Into<String>) -> Self {
        self.change(|inner| {
            inner.operation.get_or_insert_with(|| operation.into());
        })
    }

    /// The same error, which the register of [`codes`](crate::codes) knows as `code`; the innermost one wins.
    #[must_use]
    pub fn number(self, code: &'static Code) -> Self {
        self.change(|inner| {
            inner.number.get_or_insert(code);
        })
    }

    /// The same error with the provider's machine-readable code.
    #[must_use]
    pub fn code(self, code: impl Into<String>) -> Self {
        self.change(|inner| inner.code = Some(code.into()))
    }

    /// The same error with the provider's id of the request.
    #[must_use]
    pub fn request_id(self, id: impl Into<String>) -> Self {
        self.change(|inner| inner.request_id = Some(id.into()))
    }

    /// The same error with advice on what to do next.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        self.change(|inner| {
            inner.help.get_or_insert_with(|| help.into());
        })
    }

    /// The same error; another try makes sense only after `wait`.
    #[must_use]
    pub fn retry_after(self, wait: std::time::Duration) -> Self {
        self.change(|inner| inner.retry_after = Some(wait))
    }

    /// The same error; what the provider asks for is `permission` too, by the name that it gives it.
    #[must_use]
    pub fn lacking(self, permission: impl Into<String>) -> Self {
        self.change(|inner| inner.permissions.push(permission.into()))
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn source(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.change(|inner| inner.source = Some(Arc::new(source)))
    }

    /// The same with another message.
    #[must_use]
    pub(crate) fn saying(self, message: impl Into<String>) -> Self {
        self.change(|inner| inner.message = message.into())
    }

    /// The same with other advice, whatever it had.
    #[must_use]
    pub(crate) fn advising(self, help: impl Into<String>) -> Self {
        self.change(|inner| inner.help = Some(help.into()))
    }

    /// The same without what is hidden, which whoever is quoted in it may have told.
    pub(crate) fn veiled(self, veil: &Veil) -> Self {
        let inner = &self.0;
        let texts = [&inner.operation, &inner.code, &inner.help].into_iter().flatten();
        let source = inner.source.as_ref().map(|source| format!("{source} {source:?}"));
        let told = texts
            .chain([&inner.message])
            .chain(&source)
            .any(|text| veil.is_told_by(text));
        if !told {
            return self;
        }
        let cover = |text: &mut String| *text = veil.cover(text).into_owned();
        self.change(|inner| {
            cover(&mut inner.message);
            let others = [&mut inner.operation, &mut inner.code, &mut inner.help];
            others.into_iter().flatten().for_each(cover);
            // What caused it cannot be rewritten.
            inner.source = None;
        })
    }

    /// The same error as another kind.
    #[must_use]
    pub fn with_kind(self, kind: ErrorKind) -> Self {
        self.change(|inner| {
            inner.kind = kind;
            inner.number = inner.number.filter(|code| code.kind == kind);
        })
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Its entry in the register: that of its kind, where no more is known of it.
    pub fn registered(&self) -> &'static Code {
        self.0.number.unwrap_or_else(|| self.0.kind.code())
    }

    /// What went wrong, without context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The resource it is about.
    pub fn address(&self) -> Option<&Address> {
        self.0.address.as_ref()
    }

    /// What was attempted.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// The provider's code.
    pub fn provider_code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The provider's id of the request.
    pub fn provider_request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// What to do next.
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// How long to wait before another try, if the provider said so.
    pub fn wait(&self) -> Option<std::time::Duration> {
        self.0.retry_after
    }

    /// The permissions that the credentials lack, by the provider's names for them, where that is why it refused.
    pub fn missing_permissions(&self) -> &[String] {
        &self.0.permissions
    }

    /// The mistakes of the stack, where that is what it is about.
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// Whether what was looked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether the request surely had no effect and another try may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind(), ErrorKind::RateLimited | ErrorKind::Unavailable)
    }

    /// Whether the provider surely did nothing: it refused, or was not asked at all.
    pub(crate) fn is_without_effect(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Invalid
                | ErrorKind::Unauthorized
                | ErrorKind::Guarded
                | ErrorKind::Refused
                | ErrorKind::Unsupported
        )
    }

    /// Whether its provider said what became of the request, as far as that can be told from the kind.
    pub(crate) fn is_answered(&self) -> bool {
        !matches!(
            self.kind(),
            ErrorKind::Ambiguous | ErrorKind::TimedOut | ErrorKind::Cancelled
        )
    }

    fn change(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        change(&mut inner);
        Self(Arc::new(inner))
    }
}

fn kind_of(problems: &[Problem]) -> ErrorKind {
    let kinds = || problems.iter().map(Problem::kind);
    if kinds().any(|kind| kind == ErrorKind::Invalid) {
        return ErrorKind::Invalid;
    }
    let first = kinds().find(|kind| *kind != ErrorKind::Guarded);
    first.unwrap_or(ErrorKind::Guarded)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(address) = &self.0.address {
            write!(f, "{address}: ")?;
        }
        if let Some(operation) = &self.0.operation {
            write!(f, "could not {operation}: ")?;
        }
        f.write_str(&self.0.message)?;
        let details = [("code", &self.0.code), ("request", &self.0.request_id)];
        let known: Vec<_> = details
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?)))
            .collect();
        if !known.is_empty() {
            write!(f, " [{}]", known.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)?;
        match &self.0.help {
            Some(help) => write!(f, " (help: {help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    #[test]
    fn an_error_has_the_number_that_says_most() {
        let plain = Error::new(ErrorKind::Conflict, "no");
        assert_eq!(plain.registered().number, "FF0205");
        let taken = Error::of(&codes::TAKEN, "no").number(&codes::IN_USE);
        assert_eq!(taken.registered(), &codes::TAKEN, "the innermost knows best");
        assert_eq!(taken.kind(), ErrorKind::Conflict);
        let another = taken.with_kind(ErrorKind::Refused);
        assert_eq!(another.registered().number, "FF0209");
    }

    #[test]
    fn problems_are_an_error_of_the_kind_that_has_to_be_mended_first() {
        let at = |code: &'static codes::Code| {
            Problem::at(crate::model::Path::root(), "no")
                .code(code)
                .on(&Address::new("r2-bucket", "a"))
        };
        let guard = Problem::guard(&Address::new("server", "web"), "no");
        let rule = Problem::at(crate::model::Path::root(), "no").on(&Address::new("server", "web"));
        let error = |problems: &[Problem]| Error::from_problems(problems.to_vec());
        assert_eq!(error(&[at(&codes::TAKEN)]).kind(), ErrorKind::Conflict);
        assert_eq!(
            error(&[guard.clone(), at(&codes::NO_ZONE)]).kind(),
            ErrorKind::NotFound
        );
        assert_eq!(
            error(&[at(&codes::TAKEN), rule.clone(), guard.clone()]).kind(),
            ErrorKind::Invalid
        );
        assert_eq!(error(&[guard]).kind(), ErrorKind::Guarded);
        assert_eq!(error(&[rule]).registered(), &codes::VALUE);
    }

    #[test]
    fn problems_of_one_number_are_an_error_of_it() {
        let guard = |code| Problem::guard(&Address::new("server", "web"), "no").code(code);
        let one = Error::from_problems(vec![guard(&codes::PROTECTED), guard(&codes::PROTECTED)]);
        assert_eq!(one.registered(), &codes::PROTECTED);
        let both = Error::from_problems(vec![guard(&codes::PROTECTED), guard(&codes::DATA_LOSS)]);
        assert_eq!(both.registered().number, "FF0203");
        // It travels as its number, and a number that is not known is none.
        let sent = serde_json::to_value(&one.problems()[0]).unwrap();
        assert_eq!(sent["code"], "FF0241");
        let read: Problem = serde_json::from_value(sent).unwrap();
        assert_eq!(read.code, Some(&codes::PROTECTED));
        let newer: Problem =
            serde_json::from_value(serde_json::json!({"message": "no", "code": "FF0999"})).unwrap();
        assert_eq!(newer.code, None);
    }
}
