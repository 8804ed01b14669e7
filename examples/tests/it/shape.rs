//! The shape of an emulated world: what is in it, without what was drawn by chance and differs between worlds that are
//! equal to their users: ids, addresses, keys.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

/// `world` with every drawn value replaced by a word for what it is.
pub(crate) fn shape(world: &Value) -> Value {
    match world {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (drawn(key), shape(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(shape).collect();
            items.sort_by_cached_key(Value::to_string);
            items.into()
        }
        Value::String(text) => drawn(text).into(),
        other => other.clone(),
    }
}

fn drawn(text: &str) -> String {
    static ADDRESS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b\d+\.\d+\.\d+\.\d+\b").expect("a pattern"));
    static KEY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"ssh-ed25519 \S+").expect("a pattern"));
    static ID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(\d{12}|[0-9a-f]{32})\b").expect("a pattern"));
    let text = ADDRESS.replace_all(text, "ADDRESS");
    let text = KEY.replace_all(&text, "KEY");
    ID.replace_all(&text, "ID").into_owned()
}

/// Where two worlds differ, in words.
pub(crate) fn differences(found: &Value, expected: &Value) -> Vec<String> {
    match (found, expected) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
            let null = Value::Null;
            let below = keys.into_iter().flat_map(|key| {
                let (ours, theirs) = (ours.get(key).unwrap_or(&null), theirs.get(key).unwrap_or(&null));
                differences(ours, theirs)
                    .into_iter()
                    .map(move |text| format!(".{key}{text}"))
            });
            below.collect()
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            let pairs = ours.iter().zip(theirs).enumerate();
            let below = pairs.flat_map(|(at, (ours, theirs))| {
                differences(ours, theirs)
                    .into_iter()
                    .map(move |text| format!("[{at}]{text}"))
            });
            below.collect()
        }
        (ours, theirs) if ours == theirs => Vec::new(),
        (ours, theirs) => vec![format!(": {ours} instead of {theirs}")],
    }
}
