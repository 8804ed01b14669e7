//! A plan as Markdown, for the comment of a review. It says the same as the text, without colours.

use fleetflow_core::plan::Plan;

use super::plan::{Dependents, disruption, drifted, field, nothing, price, reason, summary};
use super::style::{name, symbol};

/// The plan under a heading, the changed fields folded away.
pub(crate) fn markdown(plan: &Plan, dependents: &Dependents) -> String {
    let mut lines = vec![
        format!("### {} / {}", cell(&plan.project), cell(&plan.stage)),
        String::new(),
    ];
    if plan.is_empty() {
        lines.push(nothing(plan));
        return lines.join("\n");
    }
    if !plan.drift.is_empty() {
        lines.push("Changed outside FleetFlow since the last run:\n".to_owned());
        lines.extend(plan.drift.iter().map(|drift| {
            let what = drifted(drift);
            let what = console::strip_ansi_codes(&what);
            format!("- `{}` {}", drift.address, cell(&what))
        }));
        lines.push(String::new());
    }
    lines.push("| | resource | action | what | disruption |".to_owned());
    lines.push("|---|---|---|---|---|".to_owned());
    lines.extend(plan.steps.iter().map(|step| {
        let disruption = disruption(step, dependents);
        format!(
            "| `{}` | `{}` | {} | {} | {} |",
            symbol(step.action).trim(),
            step.address,
            name(step.action),
            cell(&reason(step)),
            cell(disruption.trim_start_matches("disruption: ")),
        )
    }));
    lines.push(String::new());
    lines.extend(details(plan));
    lines.push(console::strip_ansi_codes(&summary(plan)).into_owned());
    lines.extend(price(plan).map(|line| format!("\n{}", console::strip_ansi_codes(&line))));
    lines.join("\n") + "\n"
}

fn details(plan: &Plan) -> Vec<String> {
    let changed = plan.steps.iter().filter(|step| !step.changes.is_empty());
    let fields: Vec<_> = changed
        .flat_map(|step| {
            step.changes
                .iter()
                .map(|change| format!("{}.{}", step.address, field(change)))
        })
        .collect();
    if fields.is_empty() {
        return Vec::new();
    }
    let open = "<details><summary>Changed fields</summary>\n\n```text".to_owned();
    let close = "```\n\n</details>\n".to_owned();
    std::iter::once(open).chain(fields).chain([close]).collect()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
