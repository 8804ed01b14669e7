//! The calls of a group of steps, in turn or in one batch. It writes no journal.

use serde_json::Value;
use tokio::time::Instant;

use super::Session;
use super::apply::Finished;
use crate::catalog;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, BatchStep, Made, Operations};
use crate::plan::Step;

/// What the step may share a batch with: its kind, and the kind's key.
pub(super) fn batch_of(step: &Step) -> Option<(String, String)> {
    let spec = step
        .desired
        .as_ref()
        .or_else(|| step.existing.as_ref().map(|existing| &existing.spec))?;
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
    prepared: Vec<(Step, Result<Value>, Vec<BatchStep>)>,
    began: Instant,
) -> Vec<Finished> {
    let mut finished = Vec::with_capacity(prepared.len());
    let together = prepared.len() > 1;
    let mut batch = Vec::new();
    for (step, applied, verbs) in prepared {
        let count = verbs.len();
        let result = match applied {
            Err(error) => (Err(error), Value::Null),
            Ok(spec) if together => {
                batch.extend(verbs);
                (Ok(None), spec)
            }
            Ok(spec) => (in_turn(session, &step.address, verbs).await, spec),
        };
        finished.push((step, count, result));
    }
    let mut answers = match finished.first().and_then(|(step, ..)| operations(&step.address)) {
        Some(operations) if !batch.is_empty() => operations.run(&session.clouds, batch).await.into_iter(),
        _ => Vec::new().into_iter(),
    };
    finished
        .into_iter()
        .map(|(step, count, (result, spec))| {
            let last = if together {
                last_of(answers.by_ref().take(count))
            } else {
                None
            };
            (step, began, last.unwrap_or(result), spec)
        })
        .collect()
}

/// The last answer of several, or the first error among them.
fn last_of(answers: impl Iterator<Item = Result<Option<Made>>>) -> Option<Result<Option<Made>>> {
    answers.reduce(|before, next| if before.is_err() { before } else { next })
}

async fn in_turn(session: &Session, address: &Address, verbs: Vec<BatchStep>) -> Result<Option<Made>> {
    let operations = operations(address)
        .ok_or_else(|| Error::new(ErrorKind::Unsupported, "this version cannot carry it out").on(address))?;
    let mut made = None;
    for verb in verbs {
        for answer in operations.run(&session.clouds, vec![verb]).await {
            made = answer?;
        }
    }
    Ok(made)
}
