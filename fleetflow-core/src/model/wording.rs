//! How schemas and values are named in messages. It decides nothing.

use serde_json::Value;

use super::conform::{alternatives, kind_of};

/// `expected a whole number, found text "x"`.
pub(super) fn mismatch(schema: &Value, value: &Value) -> String {
    let wanted = match alternatives(schema) {
        Some(alternatives) => {
            let mut names: Vec<_> = alternatives
                .iter()
                .filter_map(kind_of)
                .filter(|k| *k != "null")
                .collect();
            names.dedup();
            names.into_iter().map(name_of).collect::<Vec<_>>().join(" or ")
        }
        None => kind_of(schema).map_or("another type", name_of).to_owned(),
    };
    format!("expected {wanted}, found {}", described(value))
}

fn name_of(kind: &str) -> &str {
    match kind {
        "object" => "a block of fields",
        "array" => "a list",
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "#true or #false",
        other => other,
    }
}

/// `text "x"`, `the number 4`.
pub(super) fn described(value: &Value) -> String {
    match value {
        Value::Object(_) => "a block of fields".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) => format!("text \"{text}\""),
        Value::Bool(flag) => format!("#{flag}"),
        Value::Null => "nothing".to_owned(),
        Value::Number(number) => format!("the number {number}"),
    }
}
