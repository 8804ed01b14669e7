//! The scaled servers as a table: count, load, and when the count may change again.

use std::time::Duration;

use fleetflow_core::autoscale::Judgement;

use super::style::{BOLD, RED, paint};
use super::table::table;
use super::text;
use crate::documents::status::StatusDocument;

/// The table, or why there is none, with an empty line after it. Nothing where nothing is scaled.
pub(super) fn scaling(document: &StatusDocument) -> Vec<String> {
    if let Some(because) = &document.scaling_unknown {
        let line = format!("the counts of scaled servers are not known: {because}");
        return vec![paint(RED, line), String::new()];
    }
    if document.scaling.is_empty() {
        return Vec::new();
    }
    let heading = [
        "scale",
        "count",
        "well",
        "load",
        "threshold",
        "may grow",
        "may shrink",
        "now",
    ];
    let heading = heading.map(|word| paint(BOLD, word)).to_vec();
    let rows: Vec<_> = std::iter::once(heading)
        .chain(document.scaling.iter().map(row))
        .collect();
    let mut lines = table(&rows);
    lines.push(String::new());
    lines
}

fn row(judgement: &Judgement) -> Vec<String> {
    let Judgement { policy, decision, .. } = judgement;
    let percent = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0} %"));
    vec![
        judgement.server.clone(),
        format!("{} of {}-{}", judgement.current, policy.min, policy.max),
        judgement.well.to_string(),
        percent(decision.load),
        percent(policy.threshold),
        time(judgement.seconds_to_up),
        time(judgement.seconds_to_down),
        decision.reason.to_string(),
    ]
}

fn time(seconds: u64) -> String {
    match seconds {
        0 => "now".to_owned(),
        left => format!("in {}", text::duration(Duration::from_secs(left))),
    }
}
