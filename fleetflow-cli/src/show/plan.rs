//! A plan as text: what changed outside, one line a resource, the summary. It decides nothing about the plan.

use std::collections::{BTreeMap, BTreeSet};

use fleetflow_core::Address;
use fleetflow_core::model::resolve;
use fleetflow_core::plan::{Action, Change, Drift, Level, Plan, Step};
use serde_json::Value;

use super::style::{ACTIONS, BOLD, CYAN, DIM, RED, YELLOW, name, paint, style, symbol};
use super::table::table;
use super::text;

/// How much of each change is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// One line a resource.
    Lines,
    /// The changed fields too.
    Fields,
}

/// What depends on what: for the words behind a disruption.
pub(crate) type Dependents = BTreeMap<Address, BTreeSet<Address>>;

/// The dependents that the plan itself knows.
pub(crate) fn dependents(plan: &Plan) -> Dependents {
    let records = plan.steps.iter().map(|step| (&step.address, &step.record));
    let unchanged = plan
        .records
        .iter()
        .map(|record| (&record.address, &record.record));
    let mut dependents = Dependents::new();
    for (address, record) in records.chain(unchanged) {
        for needed in &record.depends_on {
            dependents
                .entry(needed.clone())
                .or_default()
                .insert(address.clone());
        }
    }
    dependents
}

/// The whole plan without its header.
pub(crate) fn plan(plan: &Plan, dependents: &Dependents, detail: Detail) -> String {
    let mut lines = drift(&plan.drift);
    lines.extend(steps(plan, dependents, detail));
    let told = notes(plan);
    lines.extend(told.lines().map(str::to_owned));
    lines.push(String::new());
    lines.extend(price(plan));
    lines.push(summary(plan));
    lines.join("\n") + "\n"
}

/// The plan of a removal as it is shown: that everything goes was asked for, and is no reason of its own.
pub(crate) fn removal(plan: &Plan) -> Plan {
    let mut shown = plan.clone();
    let deleted = shown
        .steps
        .iter_mut()
        .filter(|step| step.action == Action::Delete);
    deleted
        .filter(|step| step.gone_with.is_none())
        .for_each(|step| step.reason = None);
    shown
}

/// What is worth knowing, a line each.
pub(crate) fn notes(plan: &Plan) -> String {
    let note = |note| format!("{} {note}\n", paint(YELLOW, "note:"));
    plan.notes.iter().map(note).collect::<Vec<_>>().concat()
}

/// `Nothing to remove. Stage "dev" has nothing left.`
pub(crate) fn nothing_left(plan: &Plan) -> String {
    format!("Nothing to remove. Stage {:?} has nothing left.\n", plan.stage)
}

/// `No changes. Stage "dev" is as declared.`
pub(crate) fn nothing(plan: &Plan) -> String {
    format!("No changes. Stage {:?} is as declared.\n", plan.stage)
}

/// `Plan: 3 to create, 1 to change, 0 to replace, 2 to delete.`
pub(crate) fn summary(plan: &Plan) -> String {
    let counted = |action| format!("{} to {}", plan.count(action), name(action));
    let (always, sometimes) = ACTIONS.split_at(4);
    let mut others: Vec<_> = sometimes
        .iter()
        .filter(|action| plan.count(**action) > 0)
        .map(|action| counted(*action))
        .collect();
    if plan.unchanged > 0 {
        others.push(format!("{} unchanged", plan.unchanged));
    }
    if plan.foreign > 0 {
        others.push(format!("{} foreign left alone", plan.foreign));
    }
    let main = text::joined(always.iter().map(|action| counted(*action)));
    let more = if others.is_empty() {
        String::new()
    } else {
        format!(" {}.", others.join(", "))
    };
    format!("{} {main}.{more}", paint(BOLD, "Plan:"))
}

/// `Price: adds 12,300 yen a month, removes 900 (public list prices).`
pub(crate) fn price(plan: &Plan) -> Option<String> {
    let cost = plan.cost.as_ref()?;
    let (adds, removes) = (text::grouped(cost.adds), text::grouped(cost.removes));
    let price = paint(BOLD, "Price:");
    Some(format!(
        "{price} adds {adds} yen a month, removes {removes} (public list prices)."
    ))
}

/// `Read with 14 requests in 1.2 s.`
pub(crate) fn reading(requests: u64, elapsed: std::time::Duration) -> String {
    let text = format!(
        "Read with {} in {}.",
        text::count(requests, "request"),
        text::duration(elapsed)
    );
    format!("{}\n", paint(DIM, text))
}

fn drift(drift: &[Drift]) -> Vec<String> {
    if drift.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![paint(BOLD, "Changed outside FleetFlow since the last run:")];
    let rows: Vec<_> = drift.iter().map(drift_row).collect();
    lines.extend(table(&rows).into_iter().map(|line| format!("  {line}")));
    lines.push(String::new());
    lines
}

fn drift_row(drift: &Drift) -> Vec<String> {
    vec![paint(CYAN, "!"), drift.address.to_string(), drifted(drift)]
}

/// What somebody else did: the fields before and after, or that it is gone.
pub(crate) fn drifted(drift: &Drift) -> String {
    if drift.gone {
        paint(RED, "is gone")
    } else {
        text::joined(drift.changes.iter().map(field))
    }
}

fn steps(plan: &Plan, dependents: &Dependents, detail: Detail) -> Vec<String> {
    let rows: Vec<_> = plan.steps.iter().map(|step| row(step, dependents)).collect();
    let mut lines = Vec::new();
    for (step, line) in plan.steps.iter().zip(table(&rows)) {
        lines.push(line);
        if detail == Detail::Fields {
            lines.extend(fields(step, plan).iter().map(|field| format!("       {field}")));
        }
    }
    lines
}

fn row(step: &Step, dependents: &Dependents) -> Vec<String> {
    let style = style(step.action);
    vec![
        paint(style, symbol(step.action)),
        step.address.to_string(),
        paint(style, name(step.action)),
        reason(step),
        paint(DIM, disruption(step, dependents)),
    ]
}

/// Why, and what: the fields that change, the field that forces a replacement, the reason of a deletion.
pub(crate) fn reason(step: &Step) -> String {
    let forcing: BTreeSet<_> = step
        .changes
        .iter()
        .filter(|change| change.forces_replacement)
        .map(Change::field)
        .collect();
    let changed: BTreeSet<_> = step
        .changes
        .iter()
        .map(|change| change.path.to_string())
        .collect();
    let changed: Vec<_> = changed.into_iter().collect();
    let mut parts: Vec<String> = step.reason.iter().cloned().collect();
    match (step.action, &step.gone_with) {
        (Action::Replace, None) if !forcing.is_empty() => {
            parts.push(format!(
                "{} cannot change in place",
                Vec::from_iter(forcing).join(", ")
            ));
        }
        (Action::Replace, Some(parent)) => parts.push(format!("made anew with {parent}")),
        // Its reason says with what.
        (_, Some(_)) => {}
        _ if !changed.is_empty() => parts.push(text::some_of(&changed, 4)),
        _ => {}
    }
    parts.join("; ")
}

/// `reboot: new server id; used by dns-record.www`. Nothing for what disturbs nobody by its nature.
pub(crate) fn disruption(step: &Step, dependents: &Dependents) -> String {
    if matches!(step.action, Action::Create | Action::Forget) {
        return String::new();
    }
    let mut parts = step.disruption.effects.clone();
    let level = step.disruption.level;
    if parts.is_empty() || level != Level::Replace && !parts.iter().any(|part| part.starts_with(level.name()))
    {
        parts.insert(0, level.name().to_owned());
    }
    let mut text = parts.join(", ");
    let users = dependents
        .get(&step.address)
        .into_iter()
        .flatten()
        .map(ToString::to_string);
    let users: Vec<_> = users.collect();
    if !users.is_empty() && !step.disruption.is_none() {
        text = format!("{text}; used by {}", text::some_of(&users, 2));
    }
    format!("disruption: {text}")
}

fn fields(step: &Step, plan: &Plan) -> Vec<String> {
    if !step.changes.is_empty() {
        return step.changes.iter().map(field).collect();
    }
    let known = |reference: &fleetflow_core::model::OutputRef| {
        plan.known
            .get(&reference.address)?
            .get(&reference.output)
            .cloned()
    };
    match &step.desired {
        Some(desired) if step.action == Action::Create => leaves(&resolve(desired, &known)),
        _ => Vec::new(),
    }
}

/// `name: before -> after`.
pub(crate) fn field(change: &Change) -> String {
    let why = if change.forces_replacement {
        "  (forces a new one)"
    } else {
        ""
    };
    if change.secret {
        return format!("{}: (secret) -> (secret){why}", change.path);
    }
    format!(
        "{}: {} -> {}{why}",
        change.path,
        text::value(&change.before),
        text::value(&change.after)
    )
}

fn leaves(desired: &Value) -> Vec<String> {
    let fields = desired.as_object().into_iter().flatten();
    fields
        .map(|(name, value)| format!("{name}: {}", text::value(value)))
        .collect()
}
