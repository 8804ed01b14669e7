//! Faults as rules: which requests go wrong, how, when and how often. The answers' bodies are each cloud's own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Cloud;

/// A rule about requests that go wrong.
///
/// ```
/// use fleetflow_sandbox::{Cloud, Fault, Moment, Times};
///
/// // The second disk is made, but its answer is lost.
/// let fault = Fault::drop_connection()
///     .cloud(Cloud::Sakura)
///     .method("POST")
///     .path("/disk$")
///     .when(Moment::AfterEffect)
///     .times(Times::Nth(2));
/// assert_eq!(fault.method.as_deref(), Some("POST"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only requests to this cloud.
    #[serde(default)]
    pub cloud: Option<Cloud>,
    /// Only requests with this method.
    #[serde(default)]
    pub method: Option<String>,
    /// Only requests in whose path this regular expression is found; `^/client/v4/zones` is a prefix.
    #[serde(default)]
    pub path: Option<String>,
    /// What happens instead of the true answer.
    pub effect: Effect,
    /// Whether the request is carried out.
    #[serde(default)]
    pub when: Moment,
    /// Which of the matching requests it happens to.
    #[serde(default)]
    pub times: Times,
}

/// What happens instead of the true answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// An error answer in the cloud's own form.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The cloud's machine-readable code; without it, the usual one for the status.
        #[serde(default)]
        code: Option<String>,
        /// Seconds for a `Retry-After` header.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// An error answer in the cloud's own form whose message quotes the request's body, as some services' do.
    Quote {
        /// The HTTP status.
        status: u16,
    },
    /// The connection is closed without an answer.
    Drop,
    /// The request is carried out, whatever [`Fault::when`] says, and the connection is closed in the middle of the
    /// answer's body. An answer without a body is not sent at all.
    Truncate,
    /// A read is answered as it would have been so many seconds of the sandbox's time ago, as by a replica that lags
    /// behind: at most since the rule was set. A request that may write is carried out and answered as usual.
    Stale {
        /// How far behind.
        seconds: u64,
    },
    /// The request is never answered, as if its sender had died while it waited. See [`Faults::hanging`].
    Hang,
}

/// Whether the request is carried out before it goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// It is not: nothing changed.
    #[default]
    BeforeEffect,
    /// It is, and saved; only the answer is lost.
    AfterEffect,
}

/// Which of the matching requests go wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// All of them.
    #[default]
    Always,
    /// Only the n-th, counted from 1.
    Nth(u64),
    /// The first n.
    First(u64),
    /// All of them during so many seconds of the sandbox's time after the rule was set.
    ForSeconds(u64),
    /// A share of them, drawn from a seeded sequence, so that runs are repeatable.
    Rate {
        /// From 0 to 1.
        share: f64,
        /// Where the sequence starts.
        seed: u64,
    },
}

impl Fault {
    /// Answers with an error of this status.
    pub fn answer(status: u16) -> Self {
        Self::of(Effect::Answer {
            status,
            code: None,
            retry_after: None,
        })
    }

    /// Answers with an error of this status that quotes the request's body.
    pub fn quote(status: u16) -> Self {
        Self::of(Effect::Quote { status })
    }

    /// Closes the connection without an answer.
    pub fn drop_connection() -> Self {
        Self::of(Effect::Drop)
    }

    /// Never answers.
    pub fn hang() -> Self {
        Self::of(Effect::Hang)
    }

    /// Closes the connection in the middle of the answer's body.
    pub fn truncate() -> Self {
        Self::of(Effect::Truncate)
    }

    /// Answers reads as they would have been answered `seconds` ago.
    pub fn stale(seconds: u64) -> Self {
        Self::of(Effect::Stale { seconds })
    }

    /// Sets the error's machine-readable code. A dropped connection has none.
    #[must_use]
    pub fn code(mut self, text: impl Into<String>) -> Self {
        if let Effect::Answer { code, .. } = &mut self.effect {
            *code = Some(text.into());
        }
        self
    }

    /// Sets the seconds of the error's `Retry-After`. A dropped connection has none.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let Effect::Answer { retry_after, .. } = &mut self.effect {
            *retry_after = Some(seconds);
        }
        self
    }

    /// Only requests to this cloud.
    #[must_use]
    pub fn cloud(self, cloud: Cloud) -> Self {
        Self {
            cloud: Some(cloud),
            ..self
        }
    }

    /// Only requests with this method.
    #[must_use]
    pub fn method(self, method: impl Into<String>) -> Self {
        Self {
            method: Some(method.into()),
            ..self
        }
    }

    /// Only requests in whose path this regular expression is found.
    #[must_use]
    pub fn path(self, pattern: impl Into<String>) -> Self {
        Self {
            path: Some(pattern.into()),
            ..self
        }
    }

    /// Before or after the effect.
    #[must_use]
    pub fn when(self, when: Moment) -> Self {
        Self { when, ..self }
    }

    /// Which of the matching requests.
    #[must_use]
    pub fn times(self, times: Times) -> Self {
        Self { times, ..self }
    }

    /// Whether the request is not carried out at all.
    pub(crate) fn is_instead(&self) -> bool {
        self.when == Moment::BeforeEffect && !matches!(self.effect, Effect::Truncate | Effect::Stale { .. })
    }

    fn of(effect: Effect) -> Self {
        Self {
            cloud: None,
            method: None,
            path: None,
            effect,
            when: Moment::default(),
            times: Times::default(),
        }
    }
}

/// A rule that cannot work.
#[derive(Debug, Error)]
pub enum InvalidFault {
    /// The path is not a regular expression.
    #[error("cannot set a fault on the path {path:?}: {source}")]
    Path {
        /// The expression.
        path: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// The status is not an HTTP status.
    #[error("cannot set a fault with status {0}: an error status lies between 400 and 599")]
    Status(u16),
    /// The share is not one.
    #[error("cannot set a fault with a share of {0}: it lies between 0 and 1")]
    Share(f64),
}

/// The rules of a running sandbox.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
    hanging: AtomicU64,
    fired: AtomicU64,
}

impl Faults {
    /// Adds a rule. The first rule that a request meets decides.
    pub fn add(&self, fault: Fault, now: Timestamp) -> Result<(), InvalidFault> {
        let rule = Rule::new(fault, now)?;
        self.rules().push(rule);
        Ok(())
    }

    /// The rules, in the order they were added.
    pub fn list(&self) -> Vec<Fault> {
        self.rules().iter().map(|rule| rule.fault.clone()).collect()
    }

    /// By how many seconds reads may lag behind, as the rules say.
    pub(crate) fn lag(&self) -> u64 {
        let behind = |rule: &Rule| match rule.fault.effect {
            Effect::Stale { seconds } => Some(seconds),
            _ => None,
        };
        self.rules().iter().filter_map(behind).max().unwrap_or_default()
    }

    /// How many requests were left without an answer so far by [`Effect::Hang`].
    pub fn hanging(&self) -> u64 {
        self.hanging.load(Ordering::Relaxed)
    }

    /// How many requests went wrong so far, whatever the rule.
    pub fn fired(&self) -> u64 {
        self.fired.load(Ordering::Relaxed)
    }

    pub(crate) fn count_hanging(&self) {
        self.hanging.fetch_add(1, Ordering::Relaxed);
    }

    /// Lets everything go right again.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// What happens to this request. Every rule that matches counts it, also when an earlier one decides.
    pub(crate) fn judge(&self, request: &Facts<'_>) -> Option<Fault> {
        let mut decided = None;
        for rule in self.rules().iter_mut() {
            if rule.matches(request) && rule.fires(request.now) && decided.is_none() {
                decided = Some(rule.fault.clone());
            }
        }
        self.fired
            .fetch_add(u64::from(decided.is_some()), Ordering::Relaxed);
        decided
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) cloud: Cloud,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) now: Timestamp,
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    path: Option<Regex>,
    /// Matching requests so far.
    seen: u64,
    since: Timestamp,
    random: fastrand::Rng,
}

impl Rule {
    fn new(fault: Fault, now: Timestamp) -> Result<Self, InvalidFault> {
        if let Effect::Answer { status, .. } | Effect::Quote { status } = fault.effect
            && !(400..600).contains(&status)
        {
            return Err(InvalidFault::Status(status));
        }
        let seed = match fault.times {
            Times::Rate { share, .. } if !(0.0..=1.0).contains(&share) => {
                return Err(InvalidFault::Share(share));
            }
            Times::Rate { seed, .. } => seed,
            _ => 0,
        };
        let path = fault.path.as_deref().map(compile).transpose()?;
        Ok(Self {
            fault,
            path,
            seen: 0,
            since: now,
            random: fastrand::Rng::with_seed(seed),
        })
    }

    fn matches(&self, request: &Facts<'_>) -> bool {
        self.fault.cloud.is_none_or(|cloud| cloud == request.cloud)
            && self
                .fault
                .method
                .as_ref()
                .is_none_or(|method| method.eq_ignore_ascii_case(request.method))
            && self.path.as_ref().is_none_or(|path| path.is_match(request.path))
    }

    fn fires(&mut self, now: Timestamp) -> bool {
        self.seen += 1;
        match self.fault.times {
            Times::Always => true,
            Times::Nth(number) => self.seen == number,
            Times::First(number) => self.seen <= number,
            Times::ForSeconds(seconds) => {
                let length = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
                now.duration_since(self.since) < length
            }
            Times::Rate { share, .. } => self.random.f64() < share,
        }
    }
}

fn compile(path: &str) -> Result<Regex, InvalidFault> {
    Regex::new(path).map_err(|source| InvalidFault::Path {
        path: path.to_owned(),
        source: Box::new(source),
    })
}
