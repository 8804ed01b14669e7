//! The counts of replicas that a stage has: what was decided last, or else what exists. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::converge::Observation;
use crate::model::{Address, Declaration, Expansion, Ownership, Stack};
use crate::plan::Plan;
use crate::sakura::{Scale, scale};
use crate::state::{Event, State};

/// How many replicas there shall be, and which are left out while they are made anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scaling {
    /// The counts by server, before bounds.
    pub(crate) counts: BTreeMap<String, u32>,
    /// The replicas that are left out.
    pub(crate) absent: BTreeSet<String>,
}

impl Scaling {
    /// The same with the counts that `state` knows: as decided, or as many as exist.
    ///
    /// A protected replica is never removed, so the count does not go below its number.
    pub(crate) fn decided(self, state: &State) -> Self {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        let mut least: BTreeMap<&str, u32> = BTreeMap::new();
        for (address, entry) in state.entries() {
            let Some(first) = entry.record.replica_of.as_ref().map(Address::name) else {
                continue;
            };
            let number = scale::number(first, address.name()).unwrap_or(1);
            let count = counts.entry(first.to_owned()).or_insert(1);
            *count = number.max(*count);
            if entry.record.protect {
                let least = least.entry(first).or_insert(1);
                *least = number.max(*least);
            }
        }
        for (server, scaled) in state.all_scaled() {
            let least = least.get(server).copied().unwrap_or(1);
            counts.insert(server.to_owned(), scaled.count.max(least));
        }
        Self { counts, ..self }
    }

    /// The counts that the marks in the cloud tell, where a server is known to the cloud but not to the state.
    pub(crate) fn recovered(stack: &Stack, seen: &Observation) -> Option<Self> {
        let mut scaling = seen.scaling.clone();
        for declared in scales(stack) {
            let server = declared.server();
            let is_known = seen.state.scaled(server).is_some()
                || seen.state.entry(&Address::new("server", server)).is_some();
            let marked = seen
                .found
                .resources
                .iter()
                .filter(|found| found.ownership == Ownership::Marked && found.address.kind() == "server")
                .filter_map(|found| scale::number(server, found.address.name()));
            if let (false, Some(count)) = (is_known, marked.max()) {
                scaling.counts.insert(server.to_owned(), count);
            }
        }
        (scaling != seen.scaling).then_some(scaling)
    }

    /// Makes `plan` say which counts are kept, and remove replicas gently.
    ///
    /// What is `silent` cannot be asked to end.
    pub(crate) fn shape(
        &self,
        stack: &Stack,
        desired: &[Declaration],
        silent: &BTreeSet<Address>,
        plan: &mut Plan,
    ) {
        scale::drain::drain(plan, desired, &self.absent, silent);
        if !desired.is_empty() {
            let notes = self.notes(stack, plan);
            plan.notes.extend(notes);
        }
    }

    /// The counts that `plan` keeps although fewer would do by the declaration.
    fn notes(&self, stack: &Stack, plan: &Plan) -> Vec<String> {
        let changes = |server: &str| {
            let first = Address::new("server", server);
            plan.steps
                .iter()
                .any(|step| step.record.replica_of.as_ref() == Some(&first))
        };
        let around = Expansion::new(stack, &self.counts);
        let kept = scales(stack).filter_map(|declared| {
            let ((min, max), server) = (declared.bounds(), declared.server());
            let count = u32::try_from(scale::replicas(&around, server).len()).ok()?;
            (count > min && !changes(server))
                .then(|| format!("server.{server} keeps its {count} replicas: between {min} and {max}"))
        });
        kept.collect()
    }

    /// Decisions on servers that `stack` no longer scales are void: a scale that is declared again begins anew.
    pub(crate) fn void(stack: &Stack, state: &State, time: &str) -> Vec<Event> {
        let scaled: BTreeSet<String> = scales(stack).map(|scale| scale.server().to_owned()).collect();
        let void = state
            .all_scaled()
            .filter(|(server, decided)| decided.count > 1 && !scaled.contains(*server));
        void.map(|(server, _)| Event::Scaled {
            server: server.to_owned(),
            count: 1,
            time: time.to_owned(),
            reason: "it is no longer scaled".to_owned(),
        })
        .collect()
    }
}

/// Everything that scales a server of `stack`.
pub(crate) fn scales(stack: &Stack) -> impl Iterator<Item = Scale> {
    let declared = stack
        .declarations()
        .iter()
        .filter(|declared| declared.address.kind() == "scale");
    declared.filter_map(|declared| declared.spec.decode::<Scale>().ok())
}

#[cfg(test)]
mod tests;
