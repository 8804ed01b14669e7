//! Which numbers and words a schema allows, and what is said of others. It looks at one value and into nothing.

use serde_json::Value;

use super::problem::did_you_mean;
use super::{Path, Problem};
use crate::codes;

/// What is wrong with a value of the right type: a number out of its range, or not one of the words.
pub(super) fn mistake(schema: &Value, value: &Value) -> Option<Problem> {
    out_of_range(schema, value).or_else(|| not_one_of(schema, value))
}

fn out_of_range(schema: &Value, value: &Value) -> Option<Problem> {
    let number = value.as_f64()?;
    let least = schema.get("minimum").and_then(Value::as_f64);
    let most = schema.get("maximum").and_then(Value::as_f64);
    let outside = least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most);
    outside.then(|| {
        let range = match (least, most) {
            (Some(least), Some(most)) => format!("from {least} to {most}"),
            (Some(least), None) => format!("{least} or more"),
            (_, most) => format!("{} or less", most.unwrap_or_default()),
        };
        Problem::at(Path::root(), format!("{value} is out of range"))
            .code(&codes::CHOICE)
            .help(format!("allowed: {range}"))
    })
}

fn not_one_of(schema: &Value, value: &Value) -> Option<Problem> {
    let allowed = schema.get("enum")?.as_array()?;
    if allowed.contains(value) {
        return None;
    }
    let names: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
    Some(not_among(&names, value))
}

pub(super) fn not_among(names: &[&str], value: &Value) -> Problem {
    let help = match value
        .as_str()
        .and_then(|word| did_you_mean(word, names.iter().copied()))
    {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("allowed: {}", names.join(", ")),
    };
    Problem::at(Path::root(), format!("{value} is not allowed here"))
        .code(&codes::CHOICE)
        .help(help)
}
