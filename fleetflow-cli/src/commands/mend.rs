//! `state unlock` and `state rebuild`: for a state that somebody left locked, and for one that was damaged or lost.

use std::collections::BTreeSet;

use fleetflow_core::model::{Existing, Kind, Observed, OutputRef, Ownership, Spec, has_unknown, resolve};
use fleetflow_core::plan::{Action, DataGuard, DeletionGuard, Plan, Step};
use fleetflow_core::state::{Event, Holder, Store as _, acquire_within};
use fleetflow_core::{Address, Error, ErrorKind, Result, catalog};
use serde_json::Value;

use crate::clouds::Purpose;
use crate::edge;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::lock::probe;
use crate::question::Consent;
use crate::runtime::{self, interruptible};
use crate::site::Site;
use crate::workplace::{Intent, Workplace};

pub(super) fn unlock(invocation: &Invocation, stage: Option<&str>, yes: bool) -> Result<(), Failure> {
    let site = Site::remembered(invocation, stage)?;
    let (project, stage) = site.names();
    let consent = Consent::of(invocation.terminal, stage, yes)?;
    let site = &site;
    runtime::run(|cancelled| async move {
        let store = site.store();
        let held = match probe(&store, &invocation.edge, "state unlock").await {
            Ok(()) => {
                let text = format!("Nobody has locked the state of {project} / {stage}.\n");
                return Ok(invocation.terminal.show(&text)?);
            }
            Err(error) if error.kind() == ErrorKind::Locked => error,
            Err(error) => return Err(error.into()),
        };
        let subject = format!("{project} / {stage} ({})", held.message());
        consent.to(&cancelled, "unlock", subject).await?;
        let who = match store.unlock().await? {
            Some(holder) => format!("{} ({} since {})", holder.who, holder.operation, holder.since),
            None => "nobody any more".to_owned(),
        };
        let text = format!("Unlocked {project} / {stage}, which was locked by {who}.\n");
        Ok(invocation.terminal.show(&text)?)
    })
}

pub(super) fn rebuild(invocation: &Invocation, stage: Option<&str>, yes: bool) -> Result<(), Failure> {
    let site = Site::load(invocation, stage)?;
    let (project, stage) = site.names();
    let consent = Consent::of(invocation.terminal, stage, yes)?;
    let site = &site;
    runtime::run(|cancelled| async move {
        let intent = Intent {
            operation: "state rebuild",
            purpose: Purpose::Change,
            // Nothing is carried out: what a plan would lose is no reason to show none.
            data: DataGuard::Allow,
            deletions: DeletionGuard::Allow,
            adopting: None,
            moving: false,
        };
        let workplace = Workplace::open(invocation, site, &cancelled, intent).await?;
        let rebuilt = async {
            let subject = format!(
                "the state of {project} / {stage} from what is seen at {}",
                workplace.places()
            );
            consent.to(&cancelled, "rebuild", subject).await?;
            rebuilt(&workplace).await.map_err(|error| site.failed(error))
        };
        let rebuilt = rebuilt.await;
        workplace.close(rebuilt).await
    })
}

/// Under the state's lock: what is damaged is set aside, and what the clouds show as ours is written down. No cloud is
/// changed.
async fn rebuilt(workplace: &Workplace<'_>) -> Result<()> {
    let Workplace {
        invocation,
        site,
        cancelled,
        ..
    } = workplace;
    let store = site.store();
    let holder = Holder {
        who: invocation.edge.caller().who,
        operation: "state rebuild".to_owned(),
        since: edge::now(),
    };
    let terminal = invocation.terminal;
    let waiting = |error: &Error| terminal.say(&format!("Waiting: {}.\n", error.message()));
    let taken = acquire_within(&store, holder, invocation.options.lock_wait, waiting);
    let lease = interruptible(cancelled, taken).await?;
    let work = async {
        let damage = store.repair(&lease).await?;
        let finding = interruptible(cancelled, find(workplace)).await?;
        store.append(&lease, finding.events.clone()).await?;
        Ok((damage, finding))
    };
    let work = work.await;
    store.release(lease).await?;
    let (damage, finding) = work?;
    terminal.show(&told(&damage, &finding))
}

/// What the clouds show.
#[derive(Default)]
struct Finding {
    events: Vec<Event>,
    /// What was remembered all along.
    remembered: usize,
    /// What is of no mark, or not as a whole, and what to do about it.
    left: Vec<String>,
}

async fn find(workplace: &Workplace<'_>) -> Result<Finding> {
    let observation = workplace.stack.observe().await?;
    let mut finding = Finding::default();
    for seen in &observation.found.resources {
        let address = &seen.address;
        let declared = observation.desired.iter().any(|one| one.address == *address);
        if catalog::kind(address.kind()).is_none_or(Kind::is_lookup) {
            continue;
        }
        if observation.state.entry(address).is_some() {
            finding.remembered += 1;
        } else if seen.ownership == Ownership::Marked && declared {
            // A plan of its own for each: what stands in the way of one is no reason to lose the others.
            let session = workplace.session.clone().adopting(address.clone(), &seen.id);
            let plan = workplace
                .stack
                .clone()
                .session(session)
                .plan_of(&observation)
                .await;
            match plan.map(|plan| remembering(&plan, address)) {
                Ok(Some(event)) => finding.events.push(event),
                Ok(None) => finding.left.push(unfinished(seen)),
                Err(error) => finding.left.push(format!("{address} ({}): {error}", seen.id)),
            }
        } else if declared || !observation.state.is_left(address) {
            finding.left.extend(advice(seen, declared));
        }
    }
    Ok(finding)
}

/// The entry for what was found at `address`.
fn remembering(plan: &Plan, address: &Address) -> Option<Event> {
    let step = plan.steps.iter().find(|step| step.address == *address)?;
    let existing = step.existing.as_ref().filter(|_| step.action != Action::Create)?;
    Some(Event::Applied {
        address: address.clone(),
        id: existing.id.clone(),
        spec: applied(step, existing, plan),
        outputs: existing.outputs.clone(),
        record: step.record.clone(),
        time: None,
    })
}

/// What must have been declared when it was made: what is declared now, with what its cloud shows where that differs.
/// Fields that its cloud does not show count as unchanged, as they do when something is taken over.
fn applied(step: &Step, existing: &Existing, plan: &Plan) -> Spec {
    let known = |reference: &OutputRef| {
        plan.known
            .get(&reference.address)?
            .get(&reference.output)
            .cloned()
    };
    let Some(Value::Object(mut spec)) = step.desired.as_ref().map(|desired| resolve(desired, &known)) else {
        return existing.spec.clone();
    };
    let unknown = spec.iter().filter(|(_, value)| has_unknown(value));
    let unknown = unknown.map(|(field, _)| field.clone());
    let changed = step.changes.iter().map(|change| change.field().to_owned());
    for field in unknown.chain(changed).collect::<BTreeSet<_>>() {
        match existing.spec.get(&field) {
            Some(shown) => spec.insert(field, shown.clone()),
            None => spec.remove(&field),
        };
    }
    Value::Object(spec).into()
}

fn unfinished(seen: &Observed) -> String {
    format!(
        "{} ({}) is not complete; `flow up` completes it",
        seen.address, seen.id
    )
}

fn advice(seen: &Observed, declared: bool) -> Option<String> {
    let Observed { address, id, .. } = seen;
    match (&seen.ownership, declared) {
        (Ownership::Marked, false) => Some(format!(
            "{address} ({id}) carries our mark and is not declared; the next `flow up` deletes it"
        )),
        (Ownership::Unmarkable, true) => Some(format!(
            "{address} ({id}) can carry no mark; if it is this stage's: `flow import {address} {id}`"
        )),
        _ => None,
    }
}

fn told(damage: &[String], finding: &Finding) -> String {
    let mut lines: Vec<_> = damage.iter().map(|what| format!("set aside: {what}")).collect();
    let found = finding.events.iter().filter_map(|event| match event {
        Event::Applied { address, id, .. } => Some(format!("found: {address} ({id})")),
        _ => None,
    });
    lines.extend(found);
    lines.extend(finding.left.iter().map(|what| format!("left: {what}")));
    let mut last = format!("Rebuilt: {} found by their marks", finding.events.len());
    last += &format!(", {} remembered all along", finding.remembered);
    last += &format!(", {} left.", finding.left.len());
    lines.push(last);
    lines.join("\n") + "\n"
}
