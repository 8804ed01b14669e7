//! What a run tells those who watch it. Data only: how it is shown is the watcher's business.

use std::sync::Arc;

use serde::Serialize;

use crate::error::Error;
use crate::model::Address;
use crate::plan::Action;

/// Something that happened during a run.
#[derive(Clone, Debug)]
pub enum Event {
    /// A step began.
    Started {
        /// The resource.
        address: Address,
        /// What is done.
        action: Action,
    },
    /// A step waits for something.
    Waiting {
        /// The resource.
        address: Address,
        /// For what: `disk copy 42 %`.
        what: String,
    },
    /// A step says something that is worth to be kept: how long a service was away.
    Noted {
        /// The resource.
        address: Address,
        /// What it says.
        note: String,
    },
    /// A step is done.
    Done {
        /// The resource.
        address: Address,
        /// What was done.
        action: Action,
        /// How long it took.
        elapsed: std::time::Duration,
    },
    /// A step failed; what does not depend on it goes on.
    Failed {
        /// The resource.
        address: Address,
        /// What was attempted.
        action: Action,
        /// Why.
        error: Error,
    },
    /// A step was not begun, because another one failed or the run was stopped.
    Skipped {
        /// The resource.
        address: Address,
        /// Because of what.
        because: String,
    },
}

/// Who watches a run. Called from several tasks at once; must not block.
pub type Watcher = Arc<dyn Fn(Event) + Send + Sync>;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every step is done.
    Converged,
    /// Some steps failed.
    Failed,
    /// The user stopped it.
    Interrupted,
}

/// What a run did.
#[derive(Clone, Debug)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// The steps that are done, in the order they were.
    pub done: Vec<(Address, Action)>,
    /// The steps that failed, with their errors.
    pub failed: Vec<(Address, Error)>,
    /// The steps that were not begun.
    pub skipped: Vec<Address>,
    /// The outputs of everything in the stage that exists.
    pub outputs: std::collections::BTreeMap<Address, serde_json::Map<String, serde_json::Value>>,
}

impl Report {
    /// Of a run that did nothing yet.
    pub(super) fn begun() -> Self {
        Self {
            outcome: Outcome::Converged,
            done: Vec::new(),
            failed: Vec::new(),
            skipped: Vec::new(),
            outputs: std::collections::BTreeMap::new(),
        }
    }

    /// How many steps of `action` are done.
    pub fn count(&self, action: Action) -> usize {
        self.done.iter().filter(|(_, done)| *done == action).count()
    }

    /// Whether the step at `address` was stopped, which is no failure of its own.
    pub(super) fn was_stopped(&self, address: &Address) -> bool {
        let mut failed = self.failed.iter();
        failed.any(|(failed, error)| failed == address && error.kind() == crate::ErrorKind::Cancelled)
    }

    /// The report, or the first error where a step failed.
    pub fn into_result(self) -> crate::Result<Self> {
        match (self.outcome, self.failed.first()) {
            (Outcome::Converged, _) => Ok(self),
            (_, Some((address, error))) => Err(error.clone().on(address).with_kind(match error.kind() {
                crate::ErrorKind::Cancelled => crate::ErrorKind::Cancelled,
                _ => crate::ErrorKind::Partial,
            })),
            (_, None) => Err(Error::new(crate::ErrorKind::Cancelled, "the run was stopped")
                .help("run it again: it goes on from here")),
        }
    }
}
