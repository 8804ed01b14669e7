//! What is wrong with declared records, alone and beside each other. It knows nothing of what exists already.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::types::{RecordType, ValueForm};
use super::{Dns, Record, value};
use crate::catalog;
use crate::cloudflare::name;
use crate::model::{Expansion, Input, OutputRef, Path, Problem, Resource as _};

/// The longest comment that any plan of Cloudflare takes.
const LONGEST_COMMENT: usize = 500;

pub(super) fn check(dns: &Dns) -> Vec<Problem> {
    let mut problems = Vec::new();
    if dns.authoritative && dns.record.is_empty() {
        let message = "an authoritative zone without records would lose all that it has";
        let problem = Problem::at(Path::root().key("authoritative"), message);
        problems.push(problem.help("declare its records, or remove `authoritative`"));
    }
    let zone = match zone_name(&dns.zone) {
        Ok(zone) => zone,
        Err(message) => {
            problems.push(Problem::at(Path::root().key("zone"), message));
            return problems;
        }
    };
    let mut names: BTreeMap<String, Vec<(usize, RecordType)>> = BTreeMap::new();
    for (index, record) in dns.record.iter().enumerate() {
        let path = Path::root().key("record").index(index);
        match name::record_name(&record.name, &zone) {
            Ok(full) => names.entry(full).or_default().push((index, record.record_type)),
            Err(message) => problems.push(Problem::at(path.key("name"), message)),
        }
        problems.extend(alone(record, &zone, &path));
    }
    problems.extend(repeated(dns, &zone));
    for (full, records) in &names {
        problems.extend(together(full, records, full == &zone));
    }
    problems
}

/// Records whose names are those of another declared zone: here they would silently be below this one (API doc §3.6).
pub(super) fn strays(dns: &Dns, around: &Expansion<'_>) -> Vec<Problem> {
    let Ok(zone) = zone_name(&dns.zone) else {
        return Vec::new();
    };
    let others = around.of_kind(Dns::KIND);
    let others = others.filter_map(|other| zone_name(other.spec["zone"].as_str()?).ok());
    let others: BTreeSet<String> = others
        .filter(|other| !name::is_within(&zone, other) && !name::is_within(other, &zone))
        .collect();
    if others.is_empty() {
        return Vec::new();
    }
    let stray = |(index, record): (usize, &Record)| {
        let bare = name::host(record.name.trim_start_matches("*.")).ok()?;
        let other = others.iter().find(|other| name::is_within(&bare, other))?;
        let full = name::record_name(&record.name, &zone).ok()?;
        let message = format!(
            "`{}` is in the zone `{other}`, and would be `{full}` here",
            record.name
        );
        let path = Path::root().key("record").index(index).key("name");
        let help = format!("move the record to `{other}`, or write `{full}` if that is meant");
        Some(Problem::at(path, message).help(help))
    };
    dns.record.iter().enumerate().filter_map(stray).collect()
}

/// A zone's name in its one form.
pub(super) fn zone_name(text: &str) -> Result<String, String> {
    match name::host(text)? {
        zone if zone.contains('.') => Ok(zone),
        zone => Err(format!(
            "`{zone}` is not a zone: a zone is called like `example.jp`"
        )),
    }
}

fn alone(record: &Record, zone: &str, path: &Path) -> Vec<Problem> {
    let mut problems = values(record, zone, path);
    problems.extend(details(record, path));
    problems.extend(ttl(record, path));
    if record.proxied == Some(true) && !record.record_type.is_proxiable() {
        let message = format!("{} cannot be proxied", record.record_type.described());
        problems
            .push(Problem::at(path.key("proxied"), message).help("only A, AAAA and CNAME records can be"));
    }
    let comment = record.comment.as_deref().unwrap_or_default();
    if comment.chars().count() > LONGEST_COMMENT {
        let message = format!("the comment is longer than {LONGEST_COMMENT} characters");
        problems.push(Problem::at(path.key("comment"), message));
    }
    problems
}

fn ttl(record: &Record, path: &Path) -> Option<Problem> {
    let ttl = record.ttl?;
    let path = path.key("ttl");
    if ttl != 1 && !(30..=86_400).contains(&ttl) {
        let problem = Problem::at(path, format!("{ttl} is not a time to live"));
        return Some(
            problem.help("allowed: 60 to 86400 seconds (from 30 on Enterprise), or 1 for automatic"),
        );
    }
    (ttl != 1 && record.proxied == Some(true)).then(|| {
        Problem::at(path, "a proxied record has an automatic time to live").help("remove `ttl` or `proxied`")
    })
}

fn values(record: &Record, zone: &str, path: &Path) -> Vec<Problem> {
    let path = path.key("value");
    let needs_none = record.record_type.form().value == ValueForm::Nothing;
    if record.value.is_empty() && !needs_none {
        return vec![Problem::at(
            path,
            format!("{} needs a `value`", record.record_type.described()),
        )];
    }
    if record.record_type == RecordType::Cname && record.value.len() > 1 {
        return vec![Problem::at(path, "a CNAME record has one value")];
    }
    let wrong = |(index, input): (usize, &Input<String>)| {
        let message = match input {
            Input::Value(text) => value::canonical(record.record_type, text, zone).err(),
            Input::Reference(reference) => mistyped(record.record_type, reference),
            Input::Text(_) | Input::Secret(_) => None,
        };
        message.map(|message| Problem::at(path.index(index), message))
    };
    record.value.iter().enumerate().filter_map(wrong).collect()
}

/// A record of addresses can only refer to an address.
fn mistyped(record_type: RecordType, reference: &OutputRef) -> Option<String> {
    let wanted = match record_type.form().value {
        ValueForm::Ipv4 => "ipv4",
        ValueForm::Ipv6 => "ipv6",
        _ => return None,
    };
    let outputs = catalog::kind(reference.address.kind())?.outputs();
    let output = outputs.iter().find(|output| output.name == reference.output)?;
    (output.value_type != wanted).then(|| {
        format!(
            "`{reference}` is of type {}, but {} needs {wanted}",
            output.value_type,
            record_type.described()
        )
    })
}

/// Details that are missing, and those that do not belong to the type.
fn details(record: &Record, path: &Path) -> Vec<Problem> {
    let form = record.record_type.form();
    let given = match serde_json::to_value(&record.details) {
        Ok(Value::Object(given)) => given,
        _ => serde_json::Map::new(),
    };
    let missing = form.required.iter().filter(|name| !given.contains_key(**name));
    let foreign = given
        .keys()
        .filter(|name| !form.required.contains(&name.as_str()) && !form.optional.contains(&name.as_str()));
    let spelled = |name: &str| name.replace('_', "-");
    missing
        .map(|name| {
            let message = format!("{} needs `{}`", record.record_type.described(), spelled(name));
            Problem::at(path.clone(), message)
        })
        .chain(foreign.map(|name| {
            let message = format!(
                "`{}` does not belong to {}",
                spelled(name),
                record.record_type.described()
            );
            Problem::at(path.key(name.as_str()), message)
        }))
        .collect()
}

/// The same record declared twice.
fn repeated(dns: &Dns, zone: &str) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for (index, record) in dns.record.iter().enumerate() {
        let Ok(full) = name::record_name(&record.name, zone) else {
            continue;
        };
        for (position, input) in record.value.iter().enumerate() {
            let said = match input {
                Input::Value(text) => value::canonical(record.record_type, text, zone).ok(),
                other => serde_json::to_string(other).ok(),
            };
            let details = serde_json::to_string(&record.details).unwrap_or_default();
            let Some(said) = said else { continue };
            if !seen.insert((full.clone(), record.record_type, said, details)) {
                let path = Path::root()
                    .key("record")
                    .index(index)
                    .key("value")
                    .index(position);
                let message = format!("`{full}` has this {} record already", record.record_type);
                problems.push(Problem::at(path, message).help("remove one of them"));
            }
        }
    }
    problems
}

/// Records that cannot stand on one name (API doc §3.3).
fn together(full: &str, records: &[(usize, RecordType)], is_apex: bool) -> Option<Problem> {
    let first = |wanted: fn(RecordType) -> bool| records.iter().find(|(_, found)| wanted(*found));
    let at = |index: usize, message: String| {
        Some(
            Problem::at(Path::root().key("record").index(index), message)
                .help("use another name for one of them"),
        )
    };
    let aliases: Vec<_> = records
        .iter()
        .filter(|(_, found)| *found == RecordType::Cname)
        .collect();
    let addresses = first(|found| matches!(found, RecordType::A | RecordType::Aaaa));
    match (aliases.as_slice(), addresses) {
        ([_, (second, _), ..], _) => return at(*second, format!("`{full}` has two CNAME records")),
        ([(alias, _)], Some((_, other))) => {
            let message = format!("`{full}` cannot have a CNAME record beside its {other} record");
            return at(*alias, message);
        }
        _ => {}
    }
    let delegated = first(|found| found == RecordType::Ns);
    let others = first(|found| found != RecordType::Ns);
    match (delegated, others) {
        (Some(_), Some((index, other))) if !is_apex => {
            let message = format!("`{full}` is delegated by its NS records: it cannot have a {other} record");
            at(*index, message)
        }
        _ => None,
    }
}
