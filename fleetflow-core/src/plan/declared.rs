//! The first half of planning: what is declared, held against what is there. What is no longer declared comes after.

use std::collections::BTreeMap;

use serde_json::Value;

use super::diff::{Sides, diff, drift};
use super::{
    Action, Change, DataGuard, Disruption, Drift, Level, Planner, Record, Step, deletions, existing,
    parent_of,
};
use crate::catalog;
use crate::codes;
use crate::model::{
    Address, Declaration, Existing, Kind, Observed, Ownership, Path, Problem, Spec, Unfinished, has_unknown,
};
use crate::state::{Entry, Phase};

/// What there is of a declared resource.
enum Found<'i> {
    Nothing,
    Partial(&'i Observed, &'i str),
    Ours(&'i Observed),
    Adopted(&'i Observed, &'static str),
    Foreign(&'i Observed),
}

impl<'i> Planner<'i> {
    /// Plans one declared resource; everything it refers to was planned before.
    pub(super) fn declared(&mut self, address: &Address) {
        let (Some(declared), Some(kind)) =
            (self.declared.get(address).copied(), catalog::kind(address.kind()))
        else {
            return;
        };
        if kind.is_lookup() {
            return self.looked_up(declared, kind);
        }
        if kind.operations().is_none() {
            let message = format!("this version of FleetFlow cannot carry out a `{}`", kind.name());
            let problem = Problem::at(Path::root(), message);
            return self.problems.push(
                problem
                    .help("remove it from the stage to go on with the rest")
                    .on(address),
            );
        }
        let spec = declared.spec.resolved(&|reference| self.output(reference));
        match self.find(declared) {
            Found::Nothing => {
                let reason = self.gone_reason(address);
                self.create(declared, None, reason);
            }
            Found::Partial(observed, missing) => {
                let reason = format!("an interrupted run is completed: {missing}");
                self.create(
                    declared,
                    Some(existing(observed, self.entry(address))),
                    Some(reason),
                );
            }
            Found::Ours(observed) => self.compare(declared, kind, observed, &spec, None),
            Found::Adopted(observed, reason) => self.compare(declared, kind, observed, &spec, Some(reason)),
            Found::Foreign(observed) => self.problems.push(foreign(declared, observed)),
        }
    }

    fn looked_up(&mut self, declared: &Declaration, kind: &dyn Kind) {
        match self.observed.get(&declared.address) {
            Some(observed) => {
                self.known
                    .insert(declared.address.clone(), observed.outputs.clone());
            }
            None => {
                let message = format!(
                    "there is no {} `{}` to be seen",
                    kind.name(),
                    declared.address.name()
                );
                let help = "check its name, the account, and that the token may read it";
                self.problems.push(
                    Problem::at(Path::root(), message)
                        .code(&codes::NO_ZONE)
                        .help(help)
                        .on(&declared.address),
                );
            }
        }
    }

    fn find(&self, declared: &Declaration) -> Found<'i> {
        let Some(observed) = self.observed.get(&declared.address).copied() else {
            return Found::Nothing;
        };
        let entry = self.entry(&declared.address);
        let remembered = entry.is_some_and(|entry| entry.id().is_none_or(|id| id == observed.id));
        let wanted = match &declared.adopt {
            Some(Some(id)) => *id == observed.id,
            Some(None) => true,
            None => false,
        };
        let ours = match &observed.ownership {
            Ownership::Marked => true,
            Ownership::Unmarkable => entry.is_some(),
            Ownership::Foreign(_) => remembered && entry.is_some_and(|entry| entry.id().is_some()),
        };
        match &observed.incomplete {
            _ if !ours && wanted => Found::Adopted(observed, "as asked for by `adopt`"),
            _ if !ours => Found::Foreign(observed),
            Some(Unfinished::Interrupted(missing)) => Found::Partial(observed, missing),
            // Whether it ever was complete is not known without a state.
            Some(Unfinished::Stopped { now, .. }) if entry.is_none() => Found::Partial(observed, now),
            _ if entry.is_none() => Found::Adopted(observed, "found by its owner mark"),
            _ => Found::Ours(observed),
        }
    }

    fn gone_reason(&mut self, address: &Address) -> Option<String> {
        let entry = self.entry(address)?;
        // What never was ready is not gone: an interrupted run, or a failed one that cleared up, left nothing.
        if !matches!(entry.phase, Phase::Ready { .. }) {
            return None;
        }
        self.drift.push(Drift {
            address: address.clone(),
            gone: true,
            changes: Vec::new(),
        });
        Some("it is gone".to_owned())
    }

    fn create(&mut self, declared: &Declaration, partial: Option<Existing>, reason: Option<String>) {
        let step = Step {
            reason,
            existing: partial,
            ..self.step(declared, Action::Create)
        };
        self.steps.insert(declared.address.clone(), step);
    }

    fn compare(
        &mut self,
        declared: &Declaration,
        kind: &dyn Kind,
        observed: &Observed,
        spec: &Spec,
        adopted: Option<&str>,
    ) {
        let entry = self.entry(&declared.address);
        let changes = self.differences(kind, entry, observed, spec);
        self.note_drift(entry, observed, spec);
        let moved = self.moved_with(declared, kind);
        if moved.is_some() || changes.iter().any(|change| change.forces_replacement) {
            return self.replace(declared, kind, observed, changes, moved);
        }
        if let Some(what) = kind.loses(&changes) {
            let is_protected = declared.protect || entry.is_some_and(|entry| entry.record.protect);
            if is_protected || self.inputs.data == DataGuard::Refuse {
                return self.problems.push(loss(&declared.address, what, is_protected));
            }
        }
        let mut outputs = observed.outputs.clone();
        for output in kind.volatile(&changes, spec) {
            outputs.remove(output);
        }
        self.known.insert(declared.address.clone(), outputs);
        let stopped = match &observed.incomplete {
            Some(Unfinished::Stopped { now, then }) => Some(format!("{now}; {then}")),
            _ => None,
        };
        let action = match adopted {
            Some(_) => Action::Adopt,
            None if changes.is_empty() && stopped.is_none() => {
                return self.stays(declared, entry, observed, spec);
            }
            None => Action::Update,
        };
        let step = Step {
            reason: adopted.map(str::to_owned).or(stopped),
            disruption: kind.disruption(&changes, spec),
            existing: Some(existing(observed, entry)),
            changes,
            ..self.step(declared, action)
        };
        self.steps.insert(declared.address.clone(), step);
    }

    fn differences(
        &self,
        kind: &dyn Kind,
        entry: Option<&Entry>,
        observed: &Observed,
        spec: &Value,
    ) -> Vec<Change> {
        let none = BTreeMap::new();
        let sides = Sides {
            applied: entry.map_or(&Value::Null, |entry| &entry.spec),
            attempt: entry.and_then(|entry| entry.attempt.as_ref()),
            live: &observed.live,
            desired: spec,
            applied_secrets: entry.map_or(&none, |entry| &entry.record.fingerprints),
            secrets: if entry.is_some() {
                self.inputs.fingerprints
            } else {
                &none
            },
        };
        diff(
            &sides,
            |change| kind.forces_replacement(change),
            kind.write_only(),
        )
    }

    /// The resource that this one lives in, when that is made anew in this plan.
    fn moved_with(&self, declared: &Declaration, kind: &dyn Kind) -> Option<Address> {
        let parent = parent_of(kind, &declared.spec)?;
        let step = self.steps.get(&parent)?;
        let anew =
            step.action == Action::Replace || (step.action == Action::Create && step.existing.is_none());
        anew.then_some(parent)
    }

    fn replace(
        &mut self,
        declared: &Declaration,
        kind: &dyn Kind,
        observed: &Observed,
        changes: Vec<Change>,
        gone_with: Option<Address>,
    ) {
        let address = &declared.address;
        let entry = self.entry(address);
        if declared.protect || entry.is_some_and(|entry| entry.record.protect) {
            let fields: Vec<_> = changes
                .iter()
                .filter(|c| c.forces_replacement)
                .map(|c| c.path.to_string())
                .collect();
            let message = format!(
                "it is protected, but a change of {} needs a new one",
                fields.join(", ")
            );
            let help = "undo the change, or set `protect #false` first and run `up`";
            let problem = Problem::guard(address, message).code(&codes::PROTECTED);
            return self.problems.push(problem.help(help));
        }
        let held = kind.holds_data();
        if let (Some(what), DataGuard::Refuse, None) = (held, self.inputs.data, &gone_with) {
            return self
                .problems
                .push(deletions::data_guard(address, what, "replacing it"));
        }
        let effects: Vec<_> = ["new id"].into_iter().chain(held.map(|_| "data loss")).collect();
        let step = Step {
            changes,
            gone_with,
            disruption: Disruption::new(Level::Replace, effects),
            existing: Some(existing(observed, entry)),
            ..self.step(declared, Action::Replace)
        };
        self.steps.insert(address.clone(), step);
    }

    /// Where the declaration follows what somebody else changed, it is remembered as it is now: otherwise that would be
    /// told as drift for ever.
    fn stays(&mut self, declared: &Declaration, entry: Option<&Entry>, observed: &Observed, spec: &Spec) {
        self.unchanged += 1;
        let spec = entry.and(Some(spec)).filter(|spec| !has_unknown(spec));
        let record = self.bookkeeping(declared);
        let outdated = entry.is_none_or(|entry| {
            entry.record != record
                || entry.attempt.is_some()
                || entry.id() != Some(&observed.id)
                || entry.existing_outputs() != &observed.outputs
                || spec.is_some_and(|spec| entry.spec != *spec)
        });
        if outdated {
            let mut existing = existing(observed, entry);
            existing.spec = spec.cloned().unwrap_or(existing.spec);
            self.records.push(Record {
                address: declared.address.clone(),
                existing,
                record,
            });
        }
    }

    /// What is as declared was not changed by others, as far as anybody can tell: a cloud shows what means the same (a key with
    /// another comment) as it is declared now.
    fn note_drift(&mut self, entry: Option<&Entry>, observed: &Observed, spec: &Spec) {
        let Some(entry) = entry else { return };
        let arranged = |field: &&String| !observed.unarranged.contains_key(*field);
        let live = observed.live.fields().filter(|(field, _)| arranged(field));
        let mut changes = drift(&entry.spec, live.chain(&observed.unarranged));
        // A part that nobody declared (the name of a disk) is left alone, as it is in the plan.
        changes.retain(|change| !change.before.is_null() && change.path.of(spec) != Some(&change.after));
        if !changes.is_empty() {
            self.drift.push(Drift {
                address: observed.address.clone(),
                gone: false,
                changes,
            });
        }
    }
}

/// The refusal to lose `what` by a change in place.
fn loss(address: &Address, what: &str, is_protected: bool) -> Problem {
    if is_protected {
        let message = format!("it is protected, but the change would lose {what}");
        return Problem::guard(address, message)
            .code(&codes::PROTECTED)
            .help("undo the change, or set `protect #false` first and run `up`");
    }
    deletions::data_guard(address, what, "changing it")
}

fn foreign(declared: &Declaration, observed: &Observed) -> Problem {
    let address = &declared.address;
    let whose = match &observed.ownership {
        Ownership::Foreign(Some(owner)) => format!("it belongs to `{owner}`"),
        _ => "FleetFlow did not make it".to_owned(),
    };
    let message = format!(
        "`{}` exists already (id {}), and {whose}",
        address.name(),
        observed.id
    );
    let help = format!(
        "choose another name, or take it over: `flow import {address} {}`",
        observed.id
    );
    Problem::at(Path::root(), message)
        .code(&codes::TAKEN)
        .help(help)
        .on(address)
}
