//! The plan of a rollback: what was released last of a group of services becomes what it was before. Pure.

use serde_json::Value;

use super::diff::{Sides, diff};
use super::graph::{Graph, order};
use super::{Action, Basis, Bookkeeping, Inputs, PLAN_FORMAT, Plan, Step, existing};
use crate::catalog;
use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, Existing, Former, Observed, Ownership, Spec, secrets};

/// Adds to a declaration the digests of the local files that it names, as they are now.
type Digest<'d> = dyn Fn(&Address, &mut Spec) -> Result<()> + 'd;

/// What a rollback of one group works with.
struct Rollback<'i> {
    inputs: &'i Inputs<'i>,
    digest: &'i Digest<'i>,
    notes: Vec<String>,
}

/// The steps that bring back the generation before of everything in `group` that its last release changed.
pub(crate) fn rollback(inputs: &Inputs<'_>, group: &str, digest: &Digest<'_>) -> Result<Plan> {
    let members = members(inputs, group)?;
    let latest = members
        .iter()
        .map(|(_, former)| *former)
        .max_by_key(|former| former.made);
    let latest = latest.map(|former| former.release.as_str()).unwrap_or_default();
    let mut rollback = Rollback {
        inputs,
        digest,
        notes: Vec::new(),
    };
    let mut steps = Vec::new();
    for (seen, former) in &members {
        if former.release == latest {
            steps.extend(rollback.step(seen, former)?);
        }
    }
    if steps.is_empty() {
        let message = format!("`{group}` has no generation before this one to go back to");
        let why = rollback.notes.join("; ");
        let help = "declare what you want and run `flow up`";
        return Err(Error::of(&codes::NO_GENERATION, format!("{message}: {why}")).help(help));
    }
    rollback.notes.push(
        "the file is not changed by this: a plan shows how it differs, and the next `up` brings that back"
            .to_owned(),
    );
    rollback.plan(steps)
}

/// What is there of the group, with what it was.
fn members<'i>(inputs: &'i Inputs<'_>, group: &str) -> Result<Vec<(&'i Observed, &'i Former)>> {
    let is_of_group = |address: &Address| address.name().split('/').nth(1) == Some(group);
    if let Some(one) = inputs
        .observed
        .unreached
        .iter()
        .find(|one| is_of_group(&one.address))
    {
        return Err(one.error.clone().on(&one.address));
    }
    let ours = inputs
        .observed
        .resources
        .iter()
        .filter(|seen| seen.ownership == Ownership::Marked);
    let members: Vec<_> = ours
        .filter(|seen| is_of_group(&seen.address))
        .filter_map(|seen| Some((seen, seen.former.as_ref()?)))
        .collect();
    if members.is_empty() {
        let message = format!("no service of a group `{group}` runs");
        return Err(Error::of(&codes::NOT_REMEMBERED, message)
            .help("`flow status` shows what runs: SERVER/GROUP/SERVICE"));
    }
    Ok(members)
}

impl Rollback<'_> {
    fn step(&mut self, seen: &Observed, former: &Former) -> Result<Option<Step>> {
        let address = &seen.address;
        let (Some(mut desired), Some(kind)) = (
            former.declaration.clone().map(Spec::from),
            catalog::kind(address.kind()),
        ) else {
            self.notes
                .push(format!("{address} was new in the last release, and stays"));
            return Ok(None);
        };
        if let (Some(fields), Some(home)) = (desired.as_object_mut(), kind.lives_in()) {
            // It stays where it is, by whatever way that is reached now.
            fields.extend(seen.live.get(home).map(|place| (home.to_owned(), place.clone())));
        }
        (self.digest)(address, &mut desired)?;
        let existing = existing(seen, self.inputs.state.entry(address));
        let record = self.bookkeeping(address, &desired);
        let changes = diff(
            &self.sides(&existing, seen, &desired, &record),
            |change| kind.forces_replacement(change),
            kind.write_only(),
        );
        if changes.is_empty() {
            self.notes
                .push(format!("{address} is as it was before the last release"));
            return Ok(None);
        }
        Ok(Some(Step {
            address: address.clone(),
            action: Action::Update,
            reason: Some("back to the generation before".to_owned()),
            disruption: kind.disruption(&changes, &desired),
            changes,
            after: record.depends_on.clone(),
            desired: Some(desired),
            existing: Some(existing),
            gone_with: None,
            pause: None,
            record,
        }))
    }

    fn sides<'s>(
        &'s self,
        existing: &'s Existing,
        seen: &'s Observed,
        desired: &'s Value,
        record: &'s Bookkeeping,
    ) -> Sides<'s> {
        let entry = self.inputs.state.entry(&seen.address);
        Sides {
            applied: &existing.spec,
            attempt: entry.and_then(|entry| entry.attempt.as_ref()),
            live: &seen.live,
            desired,
            applied_secrets: entry.map_or(&record.fingerprints, |entry| &entry.record.fingerprints),
            secrets: &record.fingerprints,
        }
    }

    /// As it is remembered, with the secrets that the former declaration names.
    fn bookkeeping(&self, address: &Address, desired: &Value) -> Bookkeeping {
        let entry = self.inputs.state.entry(address);
        let fingerprints = secrets(desired)
            .into_iter()
            .filter_map(|(_, name)| Some((name.clone(), self.inputs.fingerprints.get(&name)?.clone())))
            .collect();
        Bookkeeping {
            fingerprints,
            ..entry.map(|entry| entry.record.clone()).unwrap_or_default()
        }
    }

    fn plan(self, mut steps: Vec<Step>) -> Result<Plan> {
        let all: Vec<Address> = steps.iter().map(|step| step.address.clone()).collect();
        for step in &mut steps {
            step.after.retain(|before| all.contains(before));
        }
        let graph: Graph = steps
            .iter()
            .map(|step| (step.address.clone(), step.after.clone()))
            .collect();
        let order = order(&graph).map_err(|_| {
            Error::new(ErrorKind::Invalid, "the generations before wait for each other")
                .help("declare what you want and run `flow up`")
        })?;
        steps.sort_by_key(|step| order.iter().position(|address| *address == step.address));
        let resources = &self.inputs.observed.resources;
        Ok(Plan {
            format: PLAN_FORMAT.to_owned(),
            project: self.inputs.project.to_owned(),
            stage: self.inputs.stage.to_owned(),
            basis: Basis::of(self.inputs, &steps, &[]),
            unchanged: resources.len() - steps.len(),
            steps,
            foreign: self.inputs.observed.foreign,
            cost: None,
            drift: Vec::new(),
            notes: self.notes,
            known: resources
                .iter()
                .map(|seen| (seen.address.clone(), seen.outputs.clone()))
                .collect(),
            records: Vec::new(),
        })
    }
}
