//! What a look at the cloud brought, of one kind or of all. Pure data.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Address, Observed};
use crate::error::Error;

/// What a look at one kind brought.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The resources: ours, and others' that stand where one of ours is wanted.
    pub resources: Vec<Observed>,
    /// How many others there are, which are left alone.
    pub foreign: usize,
    /// What users of a plan shall know.
    pub notes: Vec<String>,
    /// How many of the kind there are in each place that a [`batch_key`](super::Lifecycle::batch_key) names, others' included:
    /// what the guard against mass deletion measures by.
    pub population: BTreeMap<String, usize>,
    /// What lives where nobody answers: nothing is known of it, and no plan does anything about it.
    pub unreachable: BTreeSet<Address>,
    /// What could not be looked at, and why. It may be there or not.
    pub unreached: Vec<Unreached>,
}

/// Something that was looked for where nobody answered, or let us in.
#[derive(Clone, Debug)]
pub struct Unreached {
    /// What was looked for.
    pub address: Address,
    /// Why it is not known how it is.
    pub error: Error,
    /// What the state remembers of it.
    pub remembered: Option<Observed>,
}

/// What something was before its last release.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Former {
    /// The run that made what is there now: what has the same one was released together.
    pub release: String,
    /// When that was, in seconds since 1970 by its engine's clock.
    pub made: i64,
    /// What was there before, as a declaration; none where that release was the first.
    pub declaration: Option<Value>,
}

impl From<Vec<Observed>> for Found {
    fn from(resources: Vec<Observed>) -> Self {
        Self {
            resources,
            ..Self::default()
        }
    }
}

impl Extend<Self> for Found {
    fn extend<T: IntoIterator<Item = Self>>(&mut self, found: T) {
        for found in found {
            // Most of what is found is of one kind: it is taken over, not copied.
            if self.resources.is_empty() {
                self.resources = found.resources;
            } else {
                self.resources.extend(found.resources);
            }
            self.foreign += found.foreign;
            self.notes.extend(found.notes);
            self.population.extend(found.population);
            self.unreachable.extend(found.unreachable);
            self.unreached.extend(found.unreached);
        }
    }
}
