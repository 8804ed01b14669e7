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
    static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b\d{12}\b").expect("a pattern"));
    let text = ADDRESS.replace_all(text, "ADDRESS");
    let text = KEY.replace_all(&text, "KEY");
    ID.replace_all(&text, "ID").into_owned()
}
