//! The second half of planning: what is there, or remembered, but no longer declared. And the order of all steps.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Action, Basis, Bookkeeping, DataGuard, DeletionGuard, Disruption, Level, PLAN_FORMAT, Plan, Planner,
    Step, existing,
};
use serde_json::Value;

use crate::catalog;
use crate::codes;
use crate::model::{Address, Existing, Kind, Observed, Ownership, Path, Problem};
use crate::plan::graph::{Graph, order};
use crate::state::Entry;

/// The refusal to lose data unasked.
pub(super) fn data_guard(address: &Address, what: &str, doing: &str) -> Problem {
    Problem::guard(address, format!("{doing} would lose {what} for good"))
        .code(&codes::DATA_LOSS)
        .help("add `--with-data` if that is what you want")
}

impl Planner<'_> {
    /// Plans the removal of everything that is ours but no longer declared.
    pub(super) fn remaining(&mut self) {
        let remembered: Vec<_> = self
            .inputs
            .state
            .entries()
            .map(|(address, _)| address.clone())
            .collect();
        let marked = self
            .inputs
            .observed
            .resources
            .iter()
            .filter(|found| found.ownership == Ownership::Marked)
            .filter(|found| !self.inputs.state.is_left(&found.address));
        let all: BTreeSet<Address> = remembered
            .into_iter()
            .chain(marked.map(|found| found.address.clone()))
            .collect();
        for address in all {
            if !self.declared.contains_key(&address) {
                self.undeclared(&address);
            }
        }
        self.unremembered();
        self.mass_deletions();
    }

    /// How many resources with our mark stay alone: they were let go.
    fn left(&self) -> usize {
        let found = self.inputs.observed.resources.iter().map(|found| &found.address);
        let alone =
            |address: &&Address| self.inputs.state.is_left(address) && !self.declared.contains_key(*address);
        found.filter(alone).count()
    }

    /// Says what may be ours, but carries no mark and is not remembered: it stays, and nobody shall believe it is gone.
    fn unremembered(&mut self) {
        for found in &self.inputs.observed.resources {
            let address = &found.address;
            // What is only looked up (a zone) is never anybody's to remove.
            let removable = catalog::kind(address.kind()).is_some_and(|kind| !kind.is_lookup());
            let unmarkable = found.ownership == Ownership::Unmarkable;
            let unknown = removable && unmarkable && self.entry(address).is_none();
            if unknown && !self.declared.contains_key(address) {
                self.notes.push(format!(
                    "{address} exists (id {}), but the state does not know it as ours, and its kind has no room for \
                     a mark: it stays; take it over with `flow import {address} {}` to have it removed",
                    found.id, found.id
                ));
            }
        }
    }

    /// Refuses to delete a large part of one place, as octoDNS does by default: more than 30 %, where there are ten or
    /// more. That everything is to go (`down`) was asked for in so many words.
    fn mass_deletions(&mut self) {
        if self.inputs.deletions == DeletionGuard::Allow || self.inputs.desired.is_empty() {
            return;
        }
        let mut deleted: BTreeMap<String, Vec<&Address>> = BTreeMap::new();
        for step in self.steps.values().filter(|step| step.action == Action::Delete) {
            let operations = catalog::operations(step.address.kind());
            let spec = step.existing.as_ref().map(|existing| &existing.spec);
            if let Some(place) = operations.zip(spec).and_then(|(kind, spec)| kind.batch_key(spec)) {
                deleted.entry(place).or_default().push(&step.address);
            }
        }
        for (place, addresses) in deleted {
            let Some(all) = self.inputs.observed.population.get(&place).copied() else {
                continue;
            };
            let (some, first) = (addresses.len(), addresses[0]);
            if all >= 10 && some * 10 > all * 3 {
                let kind = first.kind();
                let message =
                    format!("{some} of the {all} {kind}s of {place} would be deleted, more than 30 %");
                let help = "add `--force-delete` if that is what you want";
                let problem = Problem::guard(first, message).code(&codes::MANY_DELETIONS);
                self.problems.push(problem.help(help));
            }
        }
    }

    fn undeclared(&mut self, address: &Address) {
        let entry = self.entry(address);
        let Some(kind) = catalog::kind(address.kind()) else {
            let message = format!(
                "the state has a `{}`, which this version does not know",
                address.kind()
            );
            let help = "use the version that made it, or `flow state forget`";
            return self
                .problems
                .push(Problem::at(Path::root(), message).help(help).on(address));
        };
        match self
            .observed
            .get(address)
            .copied()
            .filter(|found| is_ours(found, entry))
        {
            None => self.forget(address, entry, "it is gone already"),
            Some(_) if entry.is_some_and(|entry| entry.record.retain) => {
                self.forget(address, entry, "it is retained in the cloud");
            }
            Some(_) if let Some(home) = self.retained_home(entry) => {
                self.forget(address, entry, &format!("it is retained with {home}"));
            }
            Some(_) if entry.is_some_and(|entry| entry.record.protect) => {
                let help = "declare it again with `protect #false` and run `up`, then remove it";
                let problem = Problem::guard(address, "it is protected and cannot be deleted");
                self.problems.push(problem.code(&codes::PROTECTED).help(help));
            }
            Some(found) => self.delete(address, kind, found, entry),
        }
    }

    fn forget(&mut self, address: &Address, entry: Option<&Entry>, reason: &str) {
        let Some(entry) = entry else { return };
        let existing = entry.id().map(|id| Existing {
            address: address.clone(),
            id: id.to_owned(),
            spec: entry.spec.clone(),
            outputs: entry.existing_outputs().clone(),
        });
        let mut record = entry.record.clone();
        record.retain |= self.retained_home(Some(entry)).is_some();
        let step = Step {
            reason: Some(reason.to_owned()),
            existing,
            ..removal(address, Action::Forget, record)
        };
        self.steps.insert(address.clone(), step);
    }

    /// What it lives in, where that is no longer declared and stays in its cloud: then it goes on there.
    fn retained_home<'e>(&self, entry: Option<&'e Entry>) -> Option<&'e Address> {
        let home = entry?.record.lives_in.as_ref()?;
        let is_retained = self.entry(home).is_some_and(|home| home.record.retain);
        (is_retained && !self.declared.contains_key(home)).then_some(home)
    }

    fn delete(&mut self, address: &Address, kind: &dyn Kind, found: &Observed, entry: Option<&Entry>) {
        let home = match entry {
            Some(entry) => entry.record.lives_in.clone(),
            None => self.home_of(kind, found),
        };
        let gone_with =
            home.filter(|parent| !self.declared.contains_key(parent) && self.observed.contains_key(parent));
        // Who declares a scale agreed that further replicas come and go, with what they hold.
        let held = kind.holds_data().filter(|_| !self.is_of_replica(entry));
        if let (Some(what), DataGuard::Refuse) = (held, self.inputs.data) {
            let problem = data_guard(address, what, "deleting it");
            let help = self.renaming(address, &found.id);
            let help = help.map(|how| format!("add `--with-data` if that is what you want; {how}"));
            return self.problems.push(match help {
                Some(help) => problem.help(help),
                None => problem,
            });
        }
        if held.is_some() {
            self.notes.extend(self.renaming(address, &found.id));
        }
        let reason = match &gone_with {
            Some(parent) => format!("goes with {parent}"),
            None => "no longer declared".to_owned(),
        };
        let disruption = match held {
            Some(_) => Disruption::new(Level::Replace, ["data loss"]),
            // The records of a replica go before it does, and it is drained.
            None if self.is_of_replica(entry) => Disruption::none(),
            None => kind.deletion(),
        };
        let record = entry.map(|entry| entry.record.clone()).unwrap_or_default();
        let step = Step {
            reason: Some(reason),
            existing: Some(existing(found, entry)),
            gone_with,
            disruption,
            ..removal(address, Action::Delete, record)
        };
        self.steps.insert(address.clone(), step);
    }

    /// How to keep what goes only because it is declared under another name now.
    fn renaming(&self, address: &Address, id: &str) -> Option<String> {
        let mut made = self.steps.values().filter(|step| {
            step.action == Action::Create
                && step.existing.is_none()
                && step.address.kind() == address.kind()
                && step.record.replica_of.is_none()
        });
        let was = self.entry(address).map(|entry| nameless(&entry.spec));
        let alike = made
            .clone()
            .find(|step| was.is_some() && step.desired.as_ref().map(|spec| nameless(spec)) == was);
        let new = &alike
            .or_else(|| made.next().filter(|_| made.next().is_none()))?
            .address;
        let same = format!("if {new} is {address} under another name");
        // What runs there has names and marks of its own, which it does not change.
        if self.inputs.state.household(address).len() > 1 {
            return Some(format!(
                "{same}, give it back its name: what lives in it would be made anew"
            ));
        }
        Some(format!(
            "{same}, keep it with `flow state forget {address}`, then `flow import {new} {id}`"
        ))
    }

    /// Where something lives that no state remembers: in that of which an output of the same type has the same value.
    fn home_of(&self, kind: &dyn Kind, found: &Observed) -> Option<Address> {
        let field = kind.lives_in()?;
        let typed = kind.outputs().iter().find(|output| output.name == field)?;
        let place = found.outputs.get(field)?;
        let is_home = |parent: &&Observed| {
            let kind = catalog::kind(parent.address.kind()).filter(|kind| kind.lives_in().is_none());
            kind.is_some_and(|kind| {
                let mut outputs = kind.outputs().iter();
                outputs.any(|output| {
                    output.value_type == typed.value_type && parent.outputs.get(output.name) == Some(place)
                })
            })
        };
        let mut all = self.observed.values().copied();
        all.find(is_home).map(|parent| parent.address.clone())
    }

    /// Whether it is a further replica of something, or lives in one.
    fn is_of_replica(&self, entry: Option<&Entry>) -> bool {
        let record = entry.map(|entry| &entry.record);
        let parent = record.and_then(|record| self.entry(record.lives_in.as_ref()?));
        let records = record.into_iter().chain(parent.map(|parent| &parent.record));
        records.into_iter().any(|record| record.replica_of.is_some())
    }

    /// Puts the steps in order, or reports everything that stands in the way.
    pub(super) fn finish(mut self) -> Result<Plan, Vec<Problem>> {
        if let Some(only) = self.inputs.only {
            let elsewhere = |problem: &Problem| problem.address.as_ref().is_some_and(|at| at != only);
            self.problems.retain(|problem| !elsewhere(problem));
        }
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let dependents = self.dependents();
        let graph: Graph = self
            .steps
            .keys()
            .map(|address| (address.clone(), self.predecessors(address, &dependents)))
            .collect();
        let order = order(&graph).map_err(|cycle| {
            let names: Vec<_> = cycle.iter().map(ToString::to_string).collect();
            vec![
                Problem::at(
                    Path::root(),
                    format!("no order fits these changes: {}", names.join(", ")),
                )
                .help("apply them in two runs, with `--target`"),
            ]
        })?;
        let steps: Vec<_> = order
            .into_iter()
            .filter_map(|address| {
                let after = graph.get(&address)?.clone();
                Some(Step {
                    after,
                    ..self.steps.remove(&address)?
                })
            })
            .collect();
        let plan = Plan {
            format: PLAN_FORMAT.to_owned(),
            project: self.inputs.project.to_owned(),
            stage: self.inputs.stage.to_owned(),
            basis: Basis::of(self.inputs, &steps, &self.drift),
            steps,
            unchanged: self.unchanged,
            foreign: self.inputs.observed.foreign + self.left(),
            drift: self.drift,
            notes: self.notes,
            known: self.known,
            records: self.records,
            cost: None,
        };
        Ok(match self.inputs.only {
            Some(only) => plan.targeting(&BTreeSet::from([only.clone()])),
            None => plan,
        })
    }

    /// The steps that come before the one on `address`.
    fn predecessors(&self, address: &Address, dependents: &Dependents<'_>) -> BTreeSet<Address> {
        let Some(step) = self.steps.get(address) else {
            return BTreeSet::new();
        };
        let mut after: BTreeSet<Address> = step.gone_with.iter().cloned().collect();
        if matches!(step.action, Action::Delete | Action::Forget) {
            // What used to depend on it comes first, unless it disappears with it.
            let others = dependents.get(address).into_iter().flatten();
            let goes_before = |other: &&&Address| {
                let step = self.steps.get(**other);
                step.is_some_and(|step| step.gone_with.as_ref() != Some(address))
            };
            after.extend(others.filter(goes_before).map(|other| (*other).clone()));
        } else {
            after.extend(step.record.depends_on.iter().cloned());
        }
        after.retain(|before| self.steps.contains_key(before));
        after
    }

    /// What depended on each address when it was applied last.
    fn dependents(&self) -> Dependents<'_> {
        let mut dependents = Dependents::new();
        for (address, entry) in self.inputs.state.entries() {
            for needed in &entry.record.depends_on {
                dependents.entry(needed).or_default().push(address);
            }
        }
        dependents
    }
}

type Dependents<'s> = BTreeMap<&'s Address, Vec<&'s Address>>;

fn is_ours(found: &Observed, entry: Option<&Entry>) -> bool {
    match found.ownership {
        Ownership::Marked => true,
        Ownership::Unmarkable => entry.is_some(),
        Ownership::Foreign(_) => entry.is_some_and(|entry| entry.id() == Some(&found.id)),
    }
}

/// A declaration but for its name.
fn nameless(spec: &Value) -> Value {
    let mut spec = spec.clone();
    if let Value::Object(fields) = &mut spec {
        fields.remove("name");
    }
    spec
}

fn removal(address: &Address, action: Action, record: Bookkeeping) -> Step {
    Step {
        address: address.clone(),
        action,
        reason: None,
        changes: Vec::new(),
        disruption: Disruption::none(),
        after: BTreeSet::new(),
        desired: None,
        existing: None,
        gone_with: None,
        pause: None,
        record,
    }
}
