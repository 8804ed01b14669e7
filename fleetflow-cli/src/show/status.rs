//! What is there now, as tables: one for each kind, with the columns that the kind's status has. What is not well is
//! above what is.

use std::collections::BTreeMap;

use fleetflow_core::converge::Health;

use serde_json::{Map, Value};

use super::scaling::scaling;
use super::style::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use super::table::table;
use super::text;
use crate::documents::status::{Resource, StatusDocument};

/// The whole status without its header.
pub(crate) fn status(document: &StatusDocument) -> String {
    let mut kinds: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in &document.resources {
        kinds.entry(resource.address.kind()).or_default().push(resource);
    }
    let mut sections: Vec<_> = kinds.into_iter().collect();
    sections.sort_by_key(|(_, resources)| std::cmp::Reverse(worst(resources)));
    let mut lines = Vec::new();
    for (kind, mut resources) in sections {
        resources.sort_by_key(|resource| std::cmp::Reverse(resource.health));
        lines.extend(section(kind, &resources));
        lines.push(String::new());
    }
    lines.extend(scaling(document));
    lines.extend(uncompared(document));
    lines.extend(drift(document));
    lines.push(summary(document));
    lines.join("\n") + "\n"
}

fn worst(resources: &[&Resource]) -> Health {
    resources
        .iter()
        .map(|resource| resource.health)
        .max()
        .unwrap_or(Health::Ok)
}

fn section(kind: &str, resources: &[&Resource]) -> Vec<String> {
    let columns = columns(resources);
    let words = columns.iter().map(|column| heading(column, resources));
    let words = ["", kind].map(str::to_owned).into_iter().chain(words);
    let mut rows = vec![words.map(|word| paint(BOLD, word)).collect::<Vec<_>>()];
    for resource in resources {
        let said = |column: &str| {
            resource
                .status
                .get(column)
                .or_else(|| resource.outputs.get(column))
        };
        let name = resource.address.name().to_owned();
        let note = resource.note.as_deref();
        rows.push(row(mark(resource.health), name, &columns, said, note));
        rows.extend(parts(resource).map(|part| {
            let server = part.get("server").map(text::plain);
            let replica = part
                .get("replica")
                .map(|number| format!("replica {}", text::plain(number)));
            let name = format!("  {}", text::joined(server.into_iter().chain(replica)));
            let note = part.get("trouble").and_then(Value::as_str);
            row(
                mark(Health::of(part)),
                name,
                &columns,
                |column| part.get(column),
                note,
            )
        }));
    }
    table(&rows)
}

fn row<'v>(
    mark: String,
    name: String,
    columns: &[&str],
    said: impl Fn(&str) -> Option<&'v Value>,
    note: Option<&str>,
) -> Vec<String> {
    let cells = columns.iter().map(|column| {
        let said = said(column).filter(|value| !value.is_null());
        said.map(|value| short(&text::plain(value))).unwrap_or_default()
    });
    let note = note.map(|note| paint(RED, note)).unwrap_or_default();
    [mark, name].into_iter().chain(cells).chain([note]).collect()
}

/// A time as people read it, to the minute: the columns of a server are to fit into 80. `--json` has it as it came.
fn short(said: &str) -> String {
    match time(said) {
        Some(time) => time.strftime("%Y-%m-%d %H:%M").to_string(),
        None => said.to_owned(),
    }
}

/// A moment that a cloud tells in a time zone of its own. People compare it with those of the history and of other clouds, so
/// that all are shown in UTC, and the heading says so.
fn time(said: &str) -> Option<jiff::Timestamp> {
    let time = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%:z", said);
    time.and_then(|time| time.to_timestamp()).ok()
}

fn heading(column: &str, resources: &[&Resource]) -> String {
    let mut said = resources
        .iter()
        .filter_map(|resource| resource.status.get(column)?.as_str());
    match said.any(|said| time(said).is_some()) {
        true => format!("{column} (UTC)"),
        false => column.to_owned(),
    }
}

/// What several servers run of one resource.
const PARTS: &str = "replicas";

/// The fields that name a part, or say what is wrong with it: no columns.
const NAMES: [&str; 3] = ["replica", "server", "trouble"];

fn parts(resource: &Resource) -> impl Iterator<Item = &Map<String, Value>> {
    let parts = resource.status.get(PARTS).and_then(Value::as_array);
    parts.into_iter().flatten().filter_map(Value::as_object)
}

/// Outputs that say how to get there.
const WAYS: [&str; 2] = ["ip", "url"];

fn columns<'r>(resources: &[&'r Resource]) -> Vec<&'r str> {
    let mut columns: Vec<&str> = Vec::new();
    let own = resources.iter().flat_map(|resource| resource.status.iter());
    // Where they could not be read, it is a text that says why.
    let own = own.filter(|(key, value)| *key != PARTS || value.is_string());
    let of_parts = resources.iter().flat_map(|resource| parts(resource)).flatten();
    let of_parts = of_parts.filter(|(key, _)| !NAMES.contains(&key.as_str()));
    for (key, _) in own.chain(of_parts) {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let leads_there = |column: &&&str| {
        resources.iter().any(|resource| {
            resource
                .outputs
                .get(**column)
                .is_some_and(|value| !value.is_null())
        })
    };
    let ways = WAYS.iter().filter(leads_there).copied();
    columns.extend(ways.filter(|way| !columns.contains(way)).collect::<Vec<_>>());
    columns
}

fn mark(health: Health) -> String {
    match health {
        Health::Ok => paint(GREEN, "ok"),
        Health::Waiting => paint(YELLOW, ".."),
        Health::Bad => paint(RED, "!!"),
    }
}

fn uncompared(document: &StatusDocument) -> Vec<String> {
    if document.uncompared.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![paint(BOLD, "Not compared with what is declared:")];
    for one in &document.uncompared {
        lines.push(format!("  {}  {}", one.address, one.why));
        let help = one.help.as_deref();
        lines.extend(help.map(|help| paint(DIM, format!("    help: {help}"))));
    }
    lines.push(String::new());
    lines
}

fn drift(document: &StatusDocument) -> Vec<String> {
    if document.drift.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![paint(BOLD, "Changed outside FleetFlow since the last run:")];
    lines.extend(document.drift.iter().map(|drift| {
        let what = if drift.gone {
            "is gone".to_owned()
        } else {
            text::joined(drift.changes.iter().map(super::plan::field))
        };
        format!("  {}  {what}", drift.address)
    }));
    lines.push(String::new());
    lines
}

fn summary(document: &StatusDocument) -> String {
    let of = |is_bad: bool, is_there: bool| {
        let resources = document.resources.iter();
        resources
            .filter(|resource| (resource.health == Health::Bad, resource.id.is_some()) == (is_bad, is_there))
            .count()
    };
    let (bad, missing) = (of(true, true), of(true, false));
    let there = bad + of(false, true);
    let told = [(bad, "not well"), (missing, "not there")];
    let told = told.into_iter().filter(|(number, _)| *number > 0);
    let told = text::joined(told.map(|(number, what)| format!("{number} {what}")));
    let well = match bad + missing {
        0 => "all well".to_owned(),
        _ => paint(RED, told),
    };
    let changes = match document.pending_changes {
        Some(0) => "as declared".to_owned(),
        Some(pending) => paint(
            YELLOW,
            format!("{} to make", text::count(pending as u64, "change")),
        ),
        None => paint(YELLOW, "no plan can be made: see `flow plan`"),
    };
    let there = text::count(there as u64, "resource");
    format!(
        "{there}, {well}; {changes}. {}",
        paint(DIM, format!("Stage {:?}.", document.stage))
    )
}
