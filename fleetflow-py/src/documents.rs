//! What runs tell Python, as JSON: events, reports, the status. It decides nothing.

use fleetflow_core::Result;
use fleetflow_core::converge::{Event, Observation, Report};
use fleetflow_core::plan::{Drift, Plan};
use serde_json::{Value, json};

use crate::failure;

/// An event.
pub(crate) fn event(event: &Event) -> Value {
    match event {
        Event::Started { address, action } => {
            json!({"type": "started", "address": address, "action": action})
        }
        Event::Waiting { address, what } => json!({"type": "waiting", "address": address, "what": what}),
        Event::Noted { address, note } => json!({"type": "noted", "address": address, "note": note}),
        Event::Done {
            address,
            action,
            elapsed,
        } => {
            json!({"type": "done", "address": address, "action": action, "elapsed": elapsed.as_secs_f64()})
        }
        Event::Failed {
            address,
            action,
            error,
        } => {
            let error = failure::document(error);
            json!({"type": "failed", "address": address, "action": action, "error": error})
        }
        Event::Skipped { address, because } => {
            json!({"type": "skipped", "address": address, "because": because})
        }
    }
}

/// What a run did.
pub(crate) fn report(report: &Report) -> Value {
    let done = report.done.iter();
    let done: Vec<_> = done
        .map(|(address, action)| json!({"address": address, "action": action}))
        .collect();
    let failed = report.failed.iter();
    let failed: Vec<_> = failed
        .map(|(address, error)| json!({"address": address, "error": failure::document(error)}))
        .collect();
    json!({
        "outcome": report.outcome,
        "done": done,
        "failed": failed,
        "skipped": report.skipped,
        "outputs": outputs(report),
    })
}

/// The error that `report` amounts to, if it does, with the report beside it.
pub(crate) fn shortfall(report: &Report) -> Option<Value> {
    let error = report.clone().into_result().err()?;
    let mut document = failure::document(&error);
    document["report"] = self::report(report);
    Some(document)
}

fn outputs(report: &Report) -> Value {
    let outputs = report.outputs.iter();
    Value::Object(
        outputs
            .map(|(address, outputs)| (address.to_string(), Value::Object(outputs.clone())))
            .collect(),
    )
}

/// What is there; `plan` is an error where no plan can be made of it.
pub(crate) fn status(observation: &Observation, plan: &Result<Plan>, drift: &[Drift]) -> Value {
    let resources = observation.standings().into_iter().map(|standing| {
        json!({
            "address": standing.address,
            "health": standing.health,
            "note": standing.note,
            "present": standing.found.is_some(),
            "id": standing.found.map(|found| &found.id),
            "status": standing.found.map(|found| found.status.clone()).unwrap_or_default(),
            "outputs": standing.found.map(|found| found.outputs.clone()).unwrap_or_default(),
        })
    });
    json!({
        "resources": resources.collect::<Value>(),
        "drift": drift,
        "pending_changes": plan.as_ref().ok().map(|plan| plan.steps.len()),
        "hindrance": plan.as_ref().err().map(failure::document),
    })
}
