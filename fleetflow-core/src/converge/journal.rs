//! The journal as a run writes it: by the holder of a lease, before and after each step.

use std::collections::BTreeMap;

use super::{Caller, Outcome};
use crate::error::Result;
use crate::model::Spec;
use crate::plan::{Action, Step};
use crate::state::{Event as Entry, Lease, State, Store};

/// Writes events for the holder of a lease.
#[derive(Clone, Copy)]
pub(super) struct Journal<'j> {
    store: &'j dyn Store,
    lease: &'j Lease,
}

impl<'j> Journal<'j> {
    pub(super) fn new(store: &'j dyn Store, lease: &'j Lease) -> Self {
        Self { store, lease }
    }

    pub(super) async fn started(&self, caller: &Caller, accounts: &BTreeMap<String, String>) -> Result<()> {
        self.write(vec![Entry::RunStarted {
            time: (caller.now)(),
            who: caller.who.clone(),
            accounts: accounts.clone(),
        }])
        .await
    }

    pub(super) async fn finished(&self, caller: &Caller, outcome: Outcome) -> Result<()> {
        let outcome = match outcome {
            Outcome::Converged => "converged",
            Outcome::Failed => "failed",
            Outcome::Interrupted => "interrupted",
        };
        self.write(vec![Entry::RunFinished {
            time: (caller.now)(),
            outcome: outcome.to_owned(),
        }])
        .await
    }

    pub(super) async fn write(&self, events: Vec<Entry>) -> Result<()> {
        if events.is_empty() {
            // A step that needs no entry is begun all the same: not by a run that lost the state to another one.
            self.store.still_held(self.lease).await
        } else {
            self.store.append(self.lease, events).await
        }
    }
}

/// The entries for changes that may leave something behind: fields, secrets, or what the resource depends on. `applied` is
/// what a step applies.
pub(super) fn changing(group: &[Step], state: &State, applied: impl Fn(&Step) -> Result<Spec>) -> Vec<Entry> {
    let changes = |step: &&Step| matches!(step.action, Action::Update | Action::Replace | Action::Adopt);
    let changed = group.iter().filter(changes);
    changed
        .filter_map(|step| {
            let before = state.entry(&step.address)?;
            // A declaration that cannot be resolved fails the step before it sends anything.
            let spec = applied(step).ok().filter(|spec| *spec != before.spec);
            let (record, remembered) = (&step.record, &before.record);
            let same = record.fingerprints == remembered.fingerprints;
            if spec.is_none() && same && record.depends_on.is_subset(&remembered.depends_on) {
                return None;
            }
            Some(Entry::ChangeStarted {
                address: step.address.clone(),
                depends_on: record.depends_on.clone(),
                spec: spec.or_else(|| (!same).then(|| before.spec.clone())),
                fingerprints: record.fingerprints.clone(),
            })
        })
        .collect()
}
