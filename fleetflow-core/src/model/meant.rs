//! What a field that its kind does not know was meant to be: a field of like name, or one of a block beside it. It
//! reports nothing itself.

use serde_json::{Map, Value};

use super::conform::{alternatives, kind_of};
use super::problem::did_you_mean;

/// What the unknown field was meant to be.
pub(super) enum Meant<'s> {
    /// This field, spelled otherwise.
    Field(&'s str),
    /// The field of that name in the block of this name.
    Inside(&'s str),
    /// Nothing that is known here.
    Unclear,
}

/// What `name` was meant to be among the fields of `properties`. What is `missing` comes first: a field that has to be
/// given and a field that nobody knows are likely one and the same.
pub(super) fn meant<'s>(name: &str, properties: &'s Map<String, Value>, missing: &[&'s str]) -> Meant<'s> {
    let known = || {
        properties
            .keys()
            .map(String::as_str)
            .filter(|known| *known != "type")
    };
    let near = did_you_mean(name, missing.iter().copied()).or_else(|| did_you_mean(name, known()));
    if let Some(near) = near {
        return Meant::Field(near);
    }
    missing
        .iter()
        .copied()
        .chain(known())
        .find(|block| properties.get(*block).is_some_and(|schema| has(schema, name)))
        .map_or(Meant::Unclear, Meant::Inside)
}

/// Whether a block of this schema has a field of that name.
fn has(schema: &Value, name: &str) -> bool {
    if let Some(alternatives) = alternatives(schema) {
        return alternatives.iter().any(|schema| has(schema, name));
    }
    let field = schema.get("properties").and_then(|fields| fields.get(name));
    match kind_of(schema) {
        Some("array") => schema.get("items").is_some_and(|items| has(items, name)),
        _ => field.is_some(),
    }
}
