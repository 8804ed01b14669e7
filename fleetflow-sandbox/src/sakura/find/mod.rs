//! List calls: filter, sort, page and project rows of any kind (API doc §1.5).

mod filter;
mod sort;

use serde_json::Value;

use super::answer::Answer;
use super::fields::Fields;
use super::refusal::{Outcome, refuse};

/// Rows in a page if the request does not say. The API's own bound is not published; its clients ask for more where
/// they know of more than a hundred rows.
const DEFAULT_COUNT: usize = 100;
/// The largest page.
const LARGEST_COUNT: usize = 1000;

/// Answers a list call about these rows.
pub(super) fn find(plural: &str, rows: Vec<Value>, query: &Value) -> Outcome<Answer> {
    let query = Fields(query);
    let mut rows = match query.object("Filter")? {
        Some(filter) => filter::apply(rows, filter)?,
        None => rows,
    };
    if let Some(keys) = query.texts("Sort")? {
        sort::apply(&mut rows, &keys);
    }
    let total = rows.len();
    let from = bound(query, "From")?.unwrap_or(0);
    let count = match bound(query, "Count")? {
        None | Some(0) => DEFAULT_COUNT,
        Some(count) => count.min(LARGEST_COUNT),
    };
    let mut page: Vec<Value> = rows.into_iter().skip(from).take(count).collect();
    project(&mut page, query)?;
    let mut body = serde_json::json!({ "From": from, "Count": page.len(), "Total": total });
    body[plural] = page.into();
    Ok(Answer::flat(body))
}

fn bound(query: Fields<'_>, key: &str) -> Outcome<Option<usize>> {
    match query.get(key) {
        Some(Value::Number(number)) if number.as_i64().is_some_and(|number| number < 0) => {
            refuse("invalid_range")
        }
        _ => Ok(query
            .integer(key)?
            .and_then(|number| usize::try_from(number).ok())),
    }
}

fn project(page: &mut [Value], query: Fields<'_>) -> Outcome<()> {
    let include = query.texts("Include")?.unwrap_or_default();
    let exclude = query.texts("Exclude")?.unwrap_or_default();
    for row in page.iter_mut().filter_map(Value::as_object_mut) {
        row.retain(|key, _| {
            (include.is_empty() || include.contains(&key.as_str())) && !exclude.contains(&key.as_str())
        });
    }
    Ok(())
}

/// What stands in a row under a dotted key. Lists on the way are looked through; tags are plain strings that call
/// themselves `Name`.
fn values<'a>(row: &'a Value, key: &str) -> Vec<&'a Value> {
    let mut found = vec![row];
    for part in key.split('.') {
        found = found
            .into_iter()
            .filter_map(|value| step(value, part))
            .flat_map(|value| match value {
                Value::Array(items) => items.iter().collect(),
                other => vec![other],
            })
            .collect();
    }
    found
}

fn step<'a>(value: &'a Value, part: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members.get(part),
        Value::String(_) if part == "Name" => Some(value),
        _ => None,
    }
}

/// A scalar as the API compares it: booleans are 0 and 1.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(u8::from(*flag).to_string()),
        _ => None,
    }
}
