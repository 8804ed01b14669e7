//! Makes a loosely written declaration fit its kind's JSON schema, and reports everything that does not fit. It knows
//! no kind and no source text.
//!
//! Schema keywords of our own, beside JSON Schema's:
//!
//! | keyword | on | meaning |
//! |---|---|---|
//! | `x-arguments` | object | the fields that positional arguments fill, in order; a last `name...` takes the rest |
//! | `x-input` | scalar | the field may also be a reference, a text with references, or a secret; the value is the type's name |
//! | `x-format` | text | the name of a check in [`formats`](super::format) |
//! | `x-path` | text | a path of a local file, relative to the stack's root; `"or-text"`: such a path, or the content itself |
//! | `x-secret` | text | the value is always a secret, whether its declaration says so or not |
//! | `x-tagged` | list | the elements are variants, told apart by their field `type` |
//! | `x-aliases` | field | other names for the field |

use serde_json::{Map, Value};

use super::meant::{Meant, meant};
use super::path::Trail;
use super::value::{Marker, UNREAD};
use super::wording::{described, mismatch};
use super::{Path, Problem, Segment, allowed, format};
use crate::codes;

/// The declaration in the shape of `schema`, or everything that is wrong with it.
pub fn conform(schema: &Value, declared: Value) -> Result<Value, Vec<Problem>> {
    let (value, problems) = fitted(schema, declared);
    if problems.is_empty() {
        Ok(value)
    } else {
        Err(problems)
    }
}

/// The declaration as far as it fits `schema`, with everything that is wrong with it.
pub(crate) fn fitted(schema: &Value, declared: Value) -> (Value, Vec<Problem>) {
    let mut value = declared;
    let mut problems = Vec::new();
    fit(schema, &mut value, &Trail::Root, &mut problems);
    (value, problems)
}

fn fit(schema: &Value, value: &mut Value, path: &Trail<'_>, problems: &mut Vec<Problem>) {
    if Marker::of(value).is_some_and(|marker| marker.is_mistaken()) {
        return problems.push(Problem::at(path.path(), UNREAD));
    }
    let Some(schema) = choose(schema, value) else {
        let problem = mistagged(schema, value, path);
        return problems.push(problem.unwrap_or_else(|| mistyped(path, schema, value)));
    };
    // A lone value stands for a list of one, also where it is a reference.
    if Marker::of(value).is_some() && kind_of(schema) != Some("array") {
        return fit_marker(schema, path, problems);
    }
    if let Some(words) = words(schema) {
        return fit_word(&words, value, path, problems);
    }
    match kind_of(schema) {
        Some("object") if schema.get("properties").is_some() => fit_object(schema, value, path, problems),
        Some("object") => fit_map(schema, value, path, problems),
        Some("array") => fit_list(schema, value, path, problems),
        Some(_) => fit_scalar(schema, value, path, problems),
        None => {}
    }
}

/// The schema to hold `value` against: the alternative of a union that suits it.
pub(super) fn choose<'s>(schema: &'s Value, value: &Value) -> Option<&'s Value> {
    let Some(alternatives) = alternatives(schema) else {
        return Some(schema);
    };
    if let Some(tag) = value.get("type").and_then(Value::as_str)
        && let Some(variant) = alternatives.iter().find(|variant| tag_of(variant) == Some(tag))
    {
        return Some(variant);
    }
    if words(schema).is_some() {
        return Some(schema);
    }
    let named: Vec<_> = alternatives
        .iter()
        .filter(|variant| kind_of(variant) != Some("null"))
        .collect();
    match named.as_slice() {
        [only] => choose(only, value),
        several => several
            .iter()
            .copied()
            .find(|variant| suits(variant, value))
            .and_then(|v| choose(v, value)),
    }
}

pub(super) fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    schema
        .get("anyOf")
        .or_else(|| schema.get("oneOf"))
        .and_then(Value::as_array)
}

/// What is wrong with the field `type` that says which variant `value` is.
fn mistagged(schema: &Value, value: &Value, path: &Trail<'_>) -> Option<Problem> {
    let tags: Option<Vec<&str>> = alternatives(schema)?.iter().map(tag_of).collect();
    let (tags, fields) = (tags?, value.as_object()?);
    let Some(tag) = fields.get("type") else {
        let problem = Problem::at(path.path(), "`type` is missing").code(&codes::MISSING);
        return Some(
            problem
                .about(path.key("type").path())
                .help(format!("known here: {}", tags.join(", "))),
        );
    };
    Some(Problem {
        path: path.key("type").path(),
        ..allowed::not_among(&tags, tag)
    })
}

fn tag_of(variant: &Value) -> Option<&str> {
    variant.pointer("/properties/type/const").and_then(Value::as_str)
}

/// The words that the schema of an enumeration allows: a union of constants, with a description each.
fn words(schema: &Value) -> Option<Vec<&str>> {
    let constants = schema.get("oneOf")?.as_array()?.iter();
    constants
        .map(|constant| constant.get("const")?.as_str())
        .collect()
}

fn fit_word(words: &[&str], value: &Value, path: &Trail<'_>, problems: &mut Vec<Problem>) {
    let Some(word) = value.as_str() else {
        let message = format!("expected one of {}, found {}", words.join(", "), described(value));
        return problems.push(Problem::at(path.path(), message).code(&codes::TYPE));
    };
    if !words.contains(&word) {
        problems.push(Problem {
            path: path.path(),
            ..allowed::not_among(words, value)
        });
    }
}

fn suits(schema: &Value, value: &Value) -> bool {
    if let Some(words) = words(schema) {
        return value.as_str().is_some_and(|word| words.contains(&word));
    }
    if Marker::of(value).is_some() {
        return schema.get("x-input").is_some();
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array) {
        return allowed.contains(value);
    }
    match kind_of(schema) {
        Some("object") => value.is_object() && tag_of(schema).is_none(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    }
}

/// The JSON type that the schema asks for; `["string", "null"]` asks for a string.
pub(super) fn kind_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    }
}

fn fit_marker(schema: &Value, path: &Trail<'_>, problems: &mut Vec<Problem>) {
    if schema.get("x-input").is_none() {
        problems.push(
            Problem::at(path.path(), "this must be known before anything runs")
                .code(&codes::TOO_LATE)
                .help("write the value itself, or a variable"),
        );
    }
}

fn fit_object(schema: &Value, value: &mut Value, path: &Trail<'_>, problems: &mut Vec<Problem>) {
    if !value.is_object() {
        match positional(schema) {
            Some(field) => *value = Value::Object(Map::from_iter([(field.to_owned(), value.take())])),
            None => return problems.push(mistyped(path, schema, value)),
        }
    }
    let (Some(fields), Some(properties)) = (
        value.as_object_mut(),
        schema.get("properties").and_then(Value::as_object),
    ) else {
        return;
    };
    rename_aliases(fields, properties);
    fields.retain(|_, field| !field.is_null());
    let mut missing = missing(fields, schema);
    report_unknown(fields, properties, schema, &mut missing, path, problems);
    for name in missing {
        let message = format!("`{}` is missing", spelled(name));
        let problem = Problem::at(path.path(), message).code(&codes::MISSING);
        problems.push(problem.about(path.key(name).path()));
    }
    for (name, field) in fields {
        if let Some(schema) = properties.get(name) {
            fit(schema, field, &path.key(name), problems);
        }
    }
}

fn positional(schema: &Value) -> Option<&str> {
    let first = schema.get("x-arguments")?.get(0)?.as_str()?;
    Some(first.trim_end_matches("..."))
}

fn rename_aliases(fields: &mut Map<String, Value>, properties: &Map<String, Value>) {
    if fields.keys().all(|name| properties.contains_key(name)) {
        return;
    }
    for (name, schema) in properties {
        for alias in schema
            .get("x-aliases")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(field) = alias.as_str().and_then(|alias| fields.remove(alias)) {
                fields.entry(name.clone()).or_insert(field);
            }
        }
    }
}

/// Fields that nobody knows. What one of them was meant to be is `missing` no longer: that is one mistake.
fn report_unknown<'s>(
    fields: &Map<String, Value>,
    properties: &'s Map<String, Value>,
    schema: &Value,
    missing: &mut Vec<&'s str>,
    path: &Trail<'_>,
    problems: &mut Vec<Problem>,
) {
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return;
    }
    let before = missing.clone();
    for name in fields.keys().filter(|name| !properties.contains_key(*name)) {
        let meant = meant(name, properties, &before);
        let help = match meant {
            Meant::Field(near) => format!("did you mean `{}`?", spelled(near)),
            Meant::Inside(block) => format!(
                "it belongs into `{0}`: {0} {1}=...",
                spelled(block),
                spelled(name)
            ),
            Meant::Unclear => {
                let known = properties.keys().filter(|known| *known != "type");
                let known: Vec<_> = known.map(|known| spelled(known)).collect();
                format!("known here: {}", known.join(", "))
            }
        };
        if let Meant::Field(told) | Meant::Inside(told) = meant {
            missing.retain(|missing| *missing != told);
        }
        let message = format!("unknown field `{}`", spelled(name));
        let problem = Problem::at(path.key(name).path(), message)
            .code(&codes::UNKNOWN_FIELD)
            .help(help);
        problems.push(match meant {
            Meant::Field(field) | Meant::Inside(field) => problem.about(path.key(field).path()),
            Meant::Unclear => problem,
        });
    }
}

fn missing<'s>(fields: &Map<String, Value>, schema: &'s Value) -> Vec<&'s str> {
    let required = schema.get("required").and_then(Value::as_array);
    required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|name| !fields.contains_key(*name))
        .collect()
}

/// A field's name as users write it in messages: the KDL spelling.
fn spelled(name: &str) -> String {
    name.replace('_', "-")
}

fn fit_map(schema: &Value, value: &mut Value, path: &Trail<'_>, problems: &mut Vec<Problem>) {
    let Some(entries) = value.as_object_mut() else {
        return problems.push(mistyped(path, schema, value));
    };
    let Some(element) = schema
        .get("additionalProperties")
        .filter(|schema| schema.is_object())
    else {
        return;
    };
    for (key, entry) in entries {
        // `PORT 3000` among environment variables can only mean its text.
        if kind_of(element) == Some("string") && (entry.is_number() || entry.is_boolean()) {
            *entry = Value::String(entry.to_string());
        }
        fit(element, entry, &path.key(key), problems);
    }
}

fn fit_list(schema: &Value, value: &mut Value, path: &Trail<'_>, problems: &mut Vec<Problem>) {
    if !value.is_array() {
        *value = Value::Array(vec![value.take()]);
    }
    let Some(element) = schema.get("items") else {
        return;
    };
    for (index, item) in value.as_array_mut().into_iter().flatten().enumerate() {
        fit(element, item, &path.index(index), problems);
    }
}

fn fit_scalar(schema: &Value, value: &Value, path: &Trail<'_>, problems: &mut Vec<Problem>) {
    if !suits_scalar(schema, value) {
        return problems.push(mistyped(path, schema, value));
    }
    if let Some(problem) = allowed::mistake(schema, value) {
        return problems.push(Problem {
            path: path.path(),
            ..problem
        });
    }
    let check = schema
        .get("x-format")
        .and_then(Value::as_str)
        .and_then(format::check_of);
    if let (Some(check), Some(text)) = (check, value.as_str())
        && let Err(message) = check(text)
    {
        problems.push(Problem::at(path.path(), message));
    }
}

fn mistyped(path: &Trail<'_>, schema: &Value, value: &Value) -> Problem {
    Problem::at(path.path(), mismatch(schema, value)).code(&codes::TYPE)
}

fn suits_scalar(schema: &Value, value: &Value) -> bool {
    match kind_of(schema) {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    }
}

/// The schema of the value at `path` of `value`, through unions and lists.
pub(crate) fn schema_at<'s>(schema: &'s Value, path: &Path, value: &Value) -> Option<&'s Value> {
    let mut schema = choose(schema, value)?;
    let mut value = value;
    for segment in path.segments() {
        (schema, value) = match segment {
            Segment::Index(index) => (schema.get("items")?, value.get(index)?),
            Segment::Key(key) => {
                let field = schema
                    .get("properties")
                    .and_then(|properties| properties.get(key));
                (
                    field.or_else(|| schema.get("additionalProperties"))?,
                    value.get(key)?,
                )
            }
        };
        schema = choose(schema, value)?;
    }
    Some(schema)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "x-arguments": ["name"],
            "additionalProperties": false,
            "required": ["name", "plan"],
            "properties": {
                "name": {"type": "string"},
                "plan": {"type": "object", "additionalProperties": false, "required": ["core"],
                         "properties": {"core": {"type": "integer", "minimum": 1, "maximum": 224}}},
                "tags": {"type": "array", "items": {"type": "string"}},
                "values": {"type": "array", "items": {"type": "string", "x-input": "text"}},
                "env": {"type": "object", "x-aliases": ["environment"],
                        "additionalProperties": {"type": "string", "x-input": "text"}},
                "class": {"type": "string", "enum": ["Standard", "InfrequentAccess"]},
            },
        })
    }

    #[test]
    fn every_mistake_is_reported_with_its_place() {
        let declared = json!({
            "name": 4, "tag": ["a"], "tags": "a", "class": "Standart", "plan": {"cores": 0, "core": 900},
        });
        let problems = conform(&schema(), declared).unwrap_err();
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "tag: unknown field `tag` (did you mean `tags`?)",
                "class: \"Standart\" is not allowed here (did you mean `Standard`?)",
                "name: expected text, found the number 4",
                "plan.cores: unknown field `cores` (did you mean `core`?)",
                "plan.core: 900 is out of range (allowed: from 1 to 224)",
            ]
        );
    }

    #[test]
    fn a_field_in_the_wrong_place_or_misspelt_is_one_mistake() {
        let told = |declared| {
            let problems = conform(&schema(), declared).unwrap_err();
            problems.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let inside = "core: unknown field `core` (it belongs into `plan`: plan core=...)";
        assert_eq!(told(json!({"name": "a", "core": 2})), [inside]);
        assert_eq!(
            told(json!({"name": "a", "plan": {"cores": 2}})),
            ["plan.cores: unknown field `cores` (did you mean `core`?)"]
        );
        assert_eq!(
            told(json!({"name": "a", "plans": {"core": 2}, "colour": 1})),
            [
                "colour: unknown field `colour` (known here: class, env, name, plan, tags, values)",
                "plans: unknown field `plans` (did you mean `plan`?)",
            ]
        );
    }

    #[test]
    fn a_variant_that_does_not_exist_is_told_by_its_tag() {
        let variant = |tag: &str| json!({"type": "object", "properties": {"type": {"const": tag}}});
        let schema = json!({"type": "array", "items": {"oneOf": [variant("kv"), variant("r2")]}});
        let told = |value: Value| {
            let problems = conform(&schema, value).unwrap_err();
            problems.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            told(json!([{"type": "r3"}])),
            ["[0].type: \"r3\" is not allowed here (did you mean `r2`?)"]
        );
        assert_eq!(
            told(json!([{"name": "A"}])),
            ["[0]: `type` is missing (known here: kv, r2)"]
        );
    }

    #[test]
    fn short_forms_are_spelled_out() {
        let declared = json!({"name": "web", "plan": {"core": 1}, "tags": "a", "environment": {"PORT": 3000},
                   "values": {"$ref": "server.a.ip"}});
        let conformed = conform(&schema(), declared).unwrap();
        assert_eq!(conformed["tags"], json!(["a"]));
        assert_eq!(conformed["env"], json!({"PORT": "3000"}));
        assert_eq!(conformed["values"], json!([{"$ref": "server.a.ip"}]));
    }

    #[test]
    fn a_reference_stands_only_where_an_input_may() {
        let declared = json!({
            "name": {"$ref": "server.a.ip"}, "plan": {"core": 1}, "env": {"A": {"$ref": "server.a.ip"}},
        });
        let problems = conform(&schema(), declared).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].path.to_string(), "name");
    }
}
