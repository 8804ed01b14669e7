//! What a run did, as text: the summary, the outputs, what failed. What was skipped is told as it happens.

use std::collections::BTreeMap;
use std::time::Duration;

use fleetflow_core::catalog;
use fleetflow_core::converge::{Outcome, Report};
use fleetflow_core::model::Kind;
use fleetflow_core::{Address, Error, ErrorKind};
use serde_json::{Map, Value};

use super::style::{ACTIONS, BOLD, GREEN, RED, YELLOW, done, paint};
use super::{failure, text};

/// `Converged in 48 s: 3 created, 1 changed, 2 deleted.`
pub(crate) fn summary(report: &Report, verb: &str, elapsed: Duration) -> String {
    let head = match report.outcome {
        Outcome::Converged => paint(GREEN, verb),
        Outcome::Failed => paint(RED, "Failed"),
        Outcome::Interrupted => paint(YELLOW, "Interrupted"),
    };
    format!(
        "{head} {} {}: {}.\n",
        preposition(report.outcome),
        text::duration(elapsed),
        counts(report)
    )
}

/// A block for each failed step, and how to go on.
pub(crate) fn failures(report: &Report, again: &str) -> String {
    let steps = report.done.len() + report.failed.len() + report.skipped.len();
    let done = format!(
        "{} of {} done and saved",
        report.done.len(),
        text::count(steps as u64, "step")
    );
    let failed = report
        .failed
        .iter()
        .filter(|(_, error)| error.kind() != ErrorKind::Cancelled);
    let mut blocks: Vec<_> = failed
        .map(|(address, error)| failure::step(address, error, &done))
        .collect();
    blocks.push(format!("{} {again}\n", paint(BOLD, "To go on:")));
    blocks.join("")
}

/// The outputs of what users declare, one a line; what is internal is left to `--json`.
pub(crate) fn outputs(outputs: &BTreeMap<Address, Map<String, Value>>) -> String {
    let lines = outputs
        .iter()
        .filter(|(address, _)| is_declared(address))
        .flat_map(|(address, fields)| {
            let shown = fields.iter().filter(|(_, value)| !value.is_null());
            shown.map(move |(name, value)| format!("{address}.{name} = {}\n", text::plain(value)))
        });
    lines.collect()
}

/// Whether users write this kind of resource themselves.
pub(crate) fn is_declared(address: &Address) -> bool {
    catalog::kind(address.kind()).is_none_or(Kind::declarable)
}

fn preposition(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Converged => "in",
        Outcome::Failed | Outcome::Interrupted => "after",
    }
}

fn counts(report: &Report) -> String {
    let is_stopped = |(_, error): &&(Address, Error)| error.kind() == ErrorKind::Cancelled;
    let stopped = report.failed.iter().filter(is_stopped).count();
    let mut counts: Vec<_> = ACTIONS
        .into_iter()
        .map(|action| (report.count(action), done(action)))
        .chain([
            (report.failed.len() - stopped, "failed"),
            (stopped, "stopped"),
            (report.skipped.len(), "skipped"),
        ])
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if counts.is_empty() {
        counts.push("nothing was done".to_owned());
    }
    counts.join(", ")
}

#[cfg(test)]
mod tests {
    use fleetflow_core::plan::Action;

    use super::*;

    fn report(outcome: Outcome) -> Report {
        let address = |name: &str| Address::new("server", name);
        Report {
            outcome,
            done: vec![(address("a"), Action::Create), (address("b"), Action::Delete)],
            failed: Vec::new(),
            skipped: Vec::new(),
            outputs: BTreeMap::new(),
        }
    }

    #[test]
    fn a_success_is_one_line() {
        let line = summary(&report(Outcome::Converged), "Converged", Duration::from_secs(48));
        assert_eq!(
            console::strip_ansi_codes(&line),
            "Converged in 48 s: 1 created, 1 deleted.\n"
        );
    }

    #[test]
    fn a_failure_says_what_was_done_and_how_to_go_on() {
        let failed = Report {
            failed: vec![(Address::new("server", "c"), Error::new(ErrorKind::Refused, "no"))],
            skipped: vec![Address::new("dns-record", "www")],
            ..report(Outcome::Failed)
        };
        let text = failures(&failed, "flow up dev");
        let text = console::strip_ansi_codes(&text);
        for part in ["server.c: no", "2 of 4 steps done", "To go on: flow up dev"] {
            assert!(text.contains(part), "`{part}` is missing in {text}");
        }
    }
}
