//! What a trace knows of a group of steps. It carries nothing out.

use super::apply::Finished;
use crate::error::Result;
use crate::model::{BatchStep, Spec};
use crate::plan::Step;

/// What a trace knows of a group: one step, or several that are carried out together.
pub(super) fn span(group: &[(Step, Result<Spec>, Vec<BatchStep>)]) -> tracing::Span {
    let Some((first, ..)) = group.first() else {
        return tracing::Span::none();
    };
    let action = format!("{:?}", first.action).to_lowercase();
    tracing::debug_span!(
        "step",
        otel.name = format!("{action} {}", first.address.kind()),
        otel.status_code = tracing::field::Empty,
        otel.status_description = tracing::field::Empty,
        address = %first.address,
        together = group.len(),
    )
}

/// The same results, of which the trace knows the first failure.
pub(super) fn traced(finished: Vec<Finished>) -> Vec<Finished> {
    if let Some(error) = finished
        .iter()
        .find_map(|(_, _, result, _)| result.as_ref().err())
    {
        tracing::Span::current()
            .record("otel.status_code", "error")
            .record("otel.status_description", error.to_string());
    }
    finished
}
