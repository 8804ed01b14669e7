//! The request allowance: so many requests in a window, then nothing until the window ends (API doc §1.8). Not persisted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloudflare::answer::Failure;

/// The allowance of one user or account-owned token.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// Requests in one window.
    pub(crate) requests: u64,
    /// Length of a window in seconds.
    pub(crate) window_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 1200,
            window_seconds: 300,
        }
    }
}

/// The running windows, by whose requests they count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows(BTreeMap<String, Window>);

#[derive(Clone, Copy, Debug)]
struct Window {
    started: Timestamp,
    used: u64,
}

/// What is left after a request was counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    pub(super) remaining: u64,
    pub(super) reset_seconds: u64,
    exceeded: bool,
}

impl Windows {
    /// Counts one request of `budget`.
    pub(super) fn count(&mut self, budget: String, limits: Limits, now: Timestamp) -> Allowance {
        let window = self.0.entry(budget).or_insert(Window {
            started: now,
            used: 0,
        });
        if window.reset_seconds(limits, now) == 0 {
            *window = Window {
                started: now,
                used: 0,
            };
        }
        window.used += 1;
        Allowance {
            remaining: limits.requests.saturating_sub(window.used),
            reset_seconds: window.reset_seconds(limits, now),
            exceeded: window.used > limits.requests,
        }
    }
}

impl Window {
    /// Seconds until the window ends, rounded up.
    fn reset_seconds(self, limits: Limits, now: Timestamp) -> u64 {
        let age = u64::try_from(now.as_millisecond() - self.started.as_millisecond()).unwrap_or(0);
        (limits.window_seconds * 1000).saturating_sub(age).div_ceil(1000)
    }
}

impl Allowance {
    /// An allowance nobody has drawn from.
    pub(super) fn untouched(limits: Limits) -> Self {
        Self {
            remaining: limits.requests,
            reset_seconds: limits.window_seconds,
            exceeded: false,
        }
    }

    /// The refusal when the allowance is used up.
    pub(super) fn refusal(self, limits: Limits) -> Option<Failure> {
        let message = format!(
            "More than {} requests per {} seconds reached. Please wait and consider throttling your request speed",
            limits.requests, limits.window_seconds
        );
        self.exceeded
            .then(|| Failure::new(429, 10_100, message).retry_after(self.reset_seconds))
    }
}
