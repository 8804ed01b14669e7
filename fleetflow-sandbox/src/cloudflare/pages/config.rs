//! Deployment configurations of a project (API doc §5.1): defaults, merging key by key, secrets that cannot be read back.

use serde_json::{Map, Value, json};

use crate::cloudflare::rows::digest;

/// The configurations of a new project, for both environments.
pub(super) fn defaults() -> Value {
    let one = json!({
        "always_use_latest_compatibility_date": false,
        "build_image_major_version": 3,
        "compatibility_date": "2026-01-01",
        "compatibility_flags": [],
        "env_vars": {},
        "fail_open": true,
        "usage_model": "standard",
    });
    json!({ "production": one, "preview": one })
}

/// Lays `sent` over `known`: objects member by member, null takes a member away, anything else replaces.
pub(super) fn merge(known: &mut Value, sent: &Value) {
    let Value::Object(sent) = sent else {
        *known = sent.clone();
        return;
    };
    if !known.is_object() {
        *known = Value::Object(Map::new());
    }
    let Some(members) = known.as_object_mut() else {
        return;
    };
    for (name, value) in sent {
        if value.is_null() {
            members.remove(name);
        } else if is_variable(value) {
            members.insert(name.clone(), without_secret(value));
        } else {
            merge(members.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// The configurations as users see them: the value of a secret is empty.
pub(super) fn shown(configs: &Value) -> Value {
    match configs {
        Value::Object(members) if members.contains_key("digest") => {
            json!({ "type": "secret_text", "value": "" })
        }
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), shown(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// A variable is replaced as a whole, since its type decides what its value is.
fn is_variable(value: &Value) -> bool {
    value.get("type").is_some() && value.get("value").is_some()
}

fn without_secret(variable: &Value) -> Value {
    if variable["type"] != "secret_text" {
        return variable.clone();
    }
    json!({ "type": "secret_text", "digest": digest(&variable["value"].to_string()) })
}
