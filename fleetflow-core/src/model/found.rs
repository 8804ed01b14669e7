//! What a look at the cloud brought, of one kind or of all. Pure data.

use std::collections::{BTreeMap, BTreeSet};

use super::{Address, Observed};

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
            self.resources.extend(found.resources);
            self.foreign += found.foreign;
            self.notes.extend(found.notes);
            self.population.extend(found.population);
            self.unreachable.extend(found.unreachable);
        }
    }
}
