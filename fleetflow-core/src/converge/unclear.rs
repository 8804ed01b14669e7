//! Calls whose answer was lost: it looks what became of them before it makes them again. It writes no journal.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Session;
use crate::catalog;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Address, BatchStep, Existing, Found, Made, Observed, Operations, Ownership, Scope, Verb, Wanted,
};
use crate::plan::{self, Change};

/// How often a call whose answer was lost is made again.
const REPEATS: usize = 4;
/// How long it waits before the first look; the wait doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);

type Answer = Result<Option<Made>>;

/// Carries out `steps` of one kind. A step whose answer was lost is looked for, and made again where it did not happen.
pub(super) async fn run(
    session: &Session,
    scope: &Scope,
    operations: &dyn Operations,
    mut steps: Vec<BatchStep>,
) -> Vec<Answer> {
    let mut answers = operations.run(&session.clouds, steps.clone()).await;
    for _ in 0..REPEATS {
        let lost: Vec<usize> = (0..answers.len())
            .filter(|index| answers.get(*index).is_some_and(is_lost))
            .collect();
        if lost.is_empty() || session.cancelled.is_cancelled() {
            break;
        }
        let mut again = Vec::new();
        for (index, outcome) in look(session, scope, operations, &steps, &lost).await {
            let (Some(step), Some(answer)) = (steps.get_mut(index), answers.get_mut(index)) else {
                continue;
            };
            match outcome {
                Outcome::Happened(made) => *answer = Ok(made),
                Outcome::Foreign(error) => *answer = Err(error),
                Outcome::Again(verb) => {
                    step.verb = verb;
                    again.push((index, step.clone()));
                }
            }
        }
        let (places, repeated): (Vec<_>, Vec<_>) = again.into_iter().unzip();
        if repeated.is_empty() {
            continue;
        }
        let repeats = operations.run(&session.clouds, repeated).await;
        for (index, repeat) in places.into_iter().zip(repeats) {
            if let Some(answer) = answers.get_mut(index) {
                *answer = repeat;
            }
        }
    }
    answers
}

/// What became of the lost ones. What a create should have made is looked for as long as reads may be stale; in a run that
/// is stopped before, it stays lost.
async fn look(
    session: &Session,
    scope: &Scope,
    operations: &dyn Operations,
    steps: &[BatchStep],
    lost: &[usize],
) -> Vec<(usize, Outcome)> {
    let lost: Vec<(usize, &BatchStep)> = lost
        .iter()
        .filter_map(|index| Some((*index, steps.get(*index)?)))
        .collect();
    let wanted: Vec<_> = lost.iter().map(|(_, step)| wanted(step)).collect();
    let began = Instant::now();
    let mut wait = FIRST_WAIT.min(session.settle);
    loop {
        for (_, step) in &lost {
            step.context
                .waiting("the answer was lost: looking what became of it");
        }
        session.cancelled.run_until_cancelled(sleep(wait)).await;
        wait *= 2;
        // A look shows how things were when it began, or before, however long its answer is on its way.
        let settled = began.elapsed() >= session.settle;
        let found = operations.observe(&session.clouds, scope, &wanted).await;
        let over = settled || session.cancelled.is_cancelled();
        match found {
            Ok(found) => {
                let mut outcomes: Vec<_> = lost
                    .iter()
                    .map(|(index, step)| (*index, outcome(step, &found, settled)))
                    .collect();
                if !settled && over {
                    // Who stops waiting has not seen that it is absent.
                    outcomes.retain(|(_, outcome)| !outcome.is_absent_create());
                }
                if over || !outcomes.iter().any(|(_, outcome)| outcome.is_absent_create()) {
                    return outcomes;
                }
            }
            // A look that fails is no answer: what was lost stays lost.
            Err(_) if over => return Vec::new(),
            Err(_) => {}
        }
    }
}

fn is_lost(answer: &Answer) -> bool {
    matches!(answer, Err(error) if error.kind() == ErrorKind::Ambiguous)
}

/// What is looked for to learn what became of `step`.
fn wanted(step: &BatchStep) -> Wanted {
    let (spec, remembered) = match &step.verb {
        Verb::Create { partial, .. } => (step.context.applied.clone(), partial.clone()),
        Verb::Update { was, .. } => (step.context.applied.clone(), Some(was.clone())),
        Verb::Delete { was } => (was.spec.clone(), Some(was.clone())),
    };
    Wanted {
        address: step.context.owner.address.clone(),
        spec,
        remembered,
        attempted: None,
        adopt_id: None,
    }
}

enum Outcome {
    Happened(Option<Made>),
    Foreign(Error),
    Again(Verb),
}

impl Outcome {
    /// Whether it is a create that left nothing to be seen: it did not happen, or cannot be seen yet.
    fn is_absent_create(&self) -> bool {
        matches!(self, Self::Again(Verb::Create { partial: None, .. }))
    }
}

/// What became of `step`, as `found` shows. Until that cannot be stale any more (`settled`), what was deleted to make room
/// for something may still be seen in its place.
fn outcome(step: &BatchStep, found: &Found, settled: bool) -> Outcome {
    let address = &step.context.owner.address;
    let replaced = step.context.replaces.as_ref().filter(|_| !settled);
    let is_replaced = |seen: &Observed| {
        matches!(step.verb, Verb::Create { .. }) && replaced.is_some_and(|id| *id == seen.id)
    };
    let mut there = found.resources.iter().filter(|seen| seen.address == *address);
    let there = there.find(|seen| !is_replaced(seen));
    match (&step.verb, there) {
        (Verb::Delete { was }, Some(seen)) if seen.id == was.id => Outcome::Again(step.verb.clone()),
        (Verb::Delete { .. }, _) => Outcome::Happened(None),
        (Verb::Create { .. }, Some(seen)) if matches!(seen.ownership, Ownership::Foreign(_)) => {
            Outcome::Foreign(stranger(address, seen))
        }
        (Verb::Create { spec, .. }, Some(seen)) if seen.incomplete.is_some() => {
            Outcome::Again(Verb::Create {
                spec: spec.clone(),
                partial: Some(existing(step, seen)),
            })
        }
        (Verb::Create { spec, .. }, Some(seen)) => match left_out(step, seen) {
            changes if changes.is_empty() => Outcome::Happened(Some(Made {
                id: seen.id.clone(),
                outputs: seen.outputs.clone(),
            })),
            // Of several calls one was lost, and what comes after it was never asked for.
            changes => Outcome::Again(Verb::Update {
                was: existing(step, seen),
                spec: spec.clone(),
                changes,
            }),
        },
        // An update may be repeated; the id is read anew, because the lost one may have changed it.
        (Verb::Update { was, spec, changes }, Some(seen)) => Outcome::Again(Verb::Update {
            was: Existing {
                id: seen.id.clone(),
                outputs: seen.outputs.clone(),
                ..was.clone()
            },
            spec: spec.clone(),
            changes: changes.clone(),
        }),
        (Verb::Create { .. } | Verb::Update { .. }, None) => Outcome::Again(step.verb.clone()),
    }
}

/// What an update can still make of what was to be created. What takes another one is left to the next plan.
fn left_out(step: &BatchStep, seen: &Observed) -> Vec<Change> {
    let kind = catalog::kind(seen.address.kind());
    let changes = kind.map(|kind| plan::left_out(kind, &step.context.applied, &seen.live));
    changes
        .filter(|changes| !changes.iter().any(|change| change.forces_replacement))
        .unwrap_or_default()
}

fn existing(step: &BatchStep, seen: &Observed) -> Existing {
    Existing {
        address: seen.address.clone(),
        id: seen.id.clone(),
        spec: step.context.applied.clone(),
        outputs: seen.outputs.clone(),
    }
}

fn stranger(address: &Address, seen: &Observed) -> Error {
    let message = format!("something else with its name (id {}) appeared meanwhile", seen.id);
    Error::new(ErrorKind::Conflict, message)
        .on(address)
        .help("run the same command again, and look at the plan")
}
