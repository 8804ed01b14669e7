//! The calls of a group of steps, in turn or in one batch. It writes no journal.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::apply::Finished;
use super::{Context, Event, Session, unclear};
use crate::catalog;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, BatchStep, Made, Operations, Scope, Spec};
use crate::plan::Step;

/// What the step may share a batch with: its kind, and the kind's key.
pub(super) fn batch_of(step: &Step) -> Option<(String, String)> {
    if step.pause.is_some() {
        return None;
    }
    let spec = step
        .desired
        .as_deref()
        .or_else(|| step.existing.as_ref().map(|existing| &*existing.spec))?;
    Some((
        step.address.kind().to_owned(),
        operations(&step.address)?.batch_key(spec)?,
    ))
}

fn operations(address: &Address) -> Option<&'static dyn Operations> {
    catalog::kind(address.kind())?.operations()
}

/// Runs the verbs of steps of one kind. A step with several verbs is done when the last one is.
pub(super) async fn carry_out(
    session: &Session,
    scope: &Scope,
    prepared: Vec<(Step, Result<Spec>, Vec<BatchStep>)>,
    began: Instant,
) -> Vec<Finished> {
    if let [(step, ..)] = prepared.as_slice()
        && let Some(operations) = operations(&step.address)
    {
        return alone(session, scope, operations, prepared, began).await;
    }
    let mut finished = Vec::with_capacity(prepared.len());
    let mut batch = Vec::new();
    for (step, applied, verbs) in prepared {
        let count = verbs.len();
        batch.extend(verbs);
        finished.push((step, applied, count));
    }
    let mut answers = match finished.first().and_then(|(step, ..)| operations(&step.address)) {
        Some(operations) if !batch.is_empty() => unclear::run(session, scope, operations, batch).await,
        _ => Vec::new(),
    }
    .into_iter();
    finished
        .into_iter()
        .map(|(step, applied, count)| {
            let answer = last_of(answers.by_ref().take(count)).unwrap_or(Ok(None));
            conclude(step, began, applied, answer)
        })
        .collect()
}

/// Makes `step` ready.
pub(super) async fn prepare(
    session: &Session,
    step: Box<Step>,
    context: Context,
    spec: Value,
) -> (Box<Step>, Result<bool>) {
    let result = match operations(&step.address) {
        Some(operations) => {
            operations
                .prepare(&session.clouds, &context, spec, &step.changes)
                .await
        }
        None => Ok(false),
    };
    (step, result)
}

/// The last answer of several, or the first error among them.
fn last_of(answers: impl Iterator<Item = Result<Option<Made>>>) -> Option<Result<Option<Made>>> {
    answers.reduce(|before, next| if before.is_err() { before } else { next })
}

/// Runs the verbs of a single step one after another.
async fn alone(
    session: &Session,
    scope: &Scope,
    operations: &dyn Operations,
    prepared: Vec<(Step, Result<Spec>, Vec<BatchStep>)>,
    began: Instant,
) -> Vec<Finished> {
    let mut finished = Vec::with_capacity(1);
    for (step, applied, verbs) in prepared {
        let mut answer = pause(session, &step).await.map(|()| None);
        let verbs = if answer.is_ok() { verbs } else { Vec::new() };
        for verb in verbs {
            answer = last_of(
                unclear::run(session, scope, operations, vec![verb])
                    .await
                    .into_iter(),
            )
            .unwrap_or(Ok(None));
            if answer.is_err() {
                break;
            }
        }
        finished.push(conclude(step, began, applied, answer));
    }
    finished
}

/// Waits as the plan says; a stopped run ends the wait.
async fn pause(session: &Session, step: &Step) -> Result<()> {
    let Some(pause) = &step.pause else {
        return Ok(());
    };
    (session.watcher)(Event::Waiting {
        address: step.address.clone(),
        what: format!("waiting {} s until {}", pause.seconds, pause.until),
    });
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(pause.seconds)) => Ok(()),
        () = session.cancelled.cancelled() => {
            Err(Error::new(ErrorKind::Cancelled, format!("stopped while waiting until {}", pause.until))
                .on(&step.address)
                .help("run the same command again: it goes on from here"))
        }
    }
}

fn conclude(step: Step, began: Instant, applied: Result<Spec>, answer: Result<Option<Made>>) -> Finished {
    match applied {
        Ok(spec) => (step, began, answer, spec),
        Err(error) => (step, began, Err(error), Spec::default()),
    }
}
