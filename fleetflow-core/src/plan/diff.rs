//! The difference of two encoded declarations, field by field. It compares what was applied last, what is there and
//! what is declared; it knows no kind.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::{Path, has_unknown, secrets};

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The field.
    pub path: Path,
    /// What is there; null where nothing is.
    pub before: Value,
    /// What is declared; null where nothing is. `{"$unknown": ...}` where it is known only after the run.
    pub after: Value,
    /// Whether this field cannot change in place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forces_replacement: bool,
    /// Whether the value is secret: then before and after say nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
}

impl Change {
    /// The declaration's field that the change lies in: `plan` for `plan.core`.
    pub fn field(&self) -> &str {
        self.path.field().unwrap_or_default()
    }
}

/// What is compared.
pub(super) struct Sides<'v> {
    /// The declaration as it was applied last; null if never.
    pub(super) applied: &'v Value,
    /// What the cloud says; fields it cannot show are absent.
    pub(super) live: &'v Map<String, Value>,
    /// What is declared now.
    pub(super) desired: &'v Value,
    /// Fingerprints of the secrets, as they were applied and as they are now.
    pub(super) applied_secrets: &'v BTreeMap<String, String>,
    pub(super) secrets: &'v BTreeMap<String, String>,
}

/// The fields of `desired` that differ from what is there, and the fields that were removed from the declaration.
pub(super) fn diff(
    sides: &Sides<'_>,
    forces_replacement: impl Fn(&Change) -> bool,
    write_only: &[&str],
) -> Vec<Change> {
    let mut changes = Vec::new();
    for field in fields(sides) {
        let applied = sides.applied.get(field);
        let desired = sides.desired.get(field);
        let before = match sides.live.get(field) {
            Some(live) => live,
            None if applied.is_none() && (write_only.contains(&field) || sides.applied.is_null()) => continue,
            None => applied.unwrap_or(&Value::Null),
        };
        let path = Path::root().key(field);
        compare(
            &path,
            applied.unwrap_or(&Value::Null),
            before,
            desired.unwrap_or(&Value::Null),
            &mut changes,
        );
        changed_secrets(&path, desired, sides, &mut changes);
    }
    for change in &mut changes {
        change.forces_replacement = forces_replacement(change);
    }
    changes
}

/// The fields that the cloud shows otherwise than they were applied.
pub(crate) fn drift(applied: &Value, live: &Map<String, Value>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (field, live) in live {
        if let Some(applied) = applied.get(field).filter(|applied| secrets(applied).is_empty()) {
            compare(&Path::root().key(field), applied, applied, live, &mut changes);
        }
    }
    changes
}

fn fields<'v>(sides: &Sides<'v>) -> BTreeSet<&'v str> {
    let desired = sides.desired.as_object().into_iter().flat_map(Map::keys);
    let applied = sides.applied.as_object().into_iter().flat_map(Map::keys);
    desired.chain(applied).map(String::as_str).collect()
}

fn compare(path: &Path, applied: &Value, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    if has_unknown(after) {
        return differ(path, before, after, changes);
    }
    match (before, after) {
        (Value::Object(before), Value::Object(after)) if !secret_value(after) => {
            let keys: BTreeSet<_> = after
                .keys()
                .chain(applied.as_object().into_iter().flat_map(Map::keys))
                .collect();
            for key in keys {
                let of = |side: &Map<String, Value>| side.get(key).cloned().unwrap_or_default();
                let applied = applied.get(key).unwrap_or(&Value::Null);
                compare(&path.key(key.as_str()), applied, &of(before), &of(after), changes);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                let applied = applied.get(index).unwrap_or(&Value::Null);
                compare(&path.index(index), applied, before, after, changes);
            }
        }
        _ => differ(path, before, after, changes),
    }
}

fn secret_value(value: &Map<String, Value>) -> bool {
    value.keys().any(|key| key.starts_with('$'))
}

fn differ(path: &Path, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    let secret = !secrets(before).is_empty() || !secrets(after).is_empty();
    changes.push(Change {
        path: path.clone(),
        before: before.clone(),
        after: after.clone(),
        forces_replacement: false,
        secret,
    });
}

/// A secret is stored as its name: that its value changed is seen by the fingerprint.
fn changed_secrets(path: &Path, desired: Option<&Value>, sides: &Sides<'_>, changes: &mut Vec<Change>) {
    for (place, name) in desired.map(secrets).unwrap_or_default() {
        let stale = sides.applied_secrets.get(&name) != sides.secrets.get(&name);
        let place: Path = path.segments().iter().chain(place.segments()).cloned().collect();
        if stale && !changes.iter().any(|change| change.path == place) {
            let marker = place.of(sides.desired).cloned().unwrap_or_default();
            differ(&place, &marker, &marker, changes);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(applied: Value, live: Value, desired: Value) -> Vec<String> {
        let none = BTreeMap::new();
        let live = live.as_object().cloned().unwrap();
        let sides = Sides {
            applied: &applied,
            live: &live,
            desired: &desired,
            applied_secrets: &none,
            secrets: &none,
        };
        diff(&sides, |change| change.field() == "zone", &["disk"])
            .iter()
            .map(|c| {
                format!(
                    "{}: {} -> {}{}",
                    c.path,
                    c.before,
                    c.after,
                    if c.forces_replacement { " !" } else { "" }
                )
            })
            .collect()
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let applied = json!({"plan": {"core": 4, "memory": 4}, "zone": "tk1a"});
        assert!(changed(applied.clone(), json!({}), applied.clone()).is_empty());
        let desired = json!({"plan": {"core": 8, "memory": 4}, "zone": "is1a"});
        assert_eq!(
            changed(applied, json!({"plan": {"core": 4, "memory": 4}}), desired),
            ["plan.core: 4 -> 8", "zone: \"tk1a\" -> \"is1a\" !"]
        );
    }

    #[test]
    fn the_cloud_is_believed_over_the_state() {
        let spec = json!({"ttl": 300});
        assert_eq!(
            changed(spec.clone(), json!({"ttl": 60}), spec),
            ["ttl: 60 -> 300"]
        );
    }

    #[test]
    fn a_field_nobody_declares_is_left_alone_and_a_removed_one_is_reset() {
        assert!(changed(json!({}), json!({"cors": [1]}), json!({})).is_empty());
        assert_eq!(
            changed(json!({"cors": [1]}), json!({"cors": [1]}), json!({})),
            ["cors: [1] -> null"]
        );
    }

    #[test]
    fn what_cannot_be_read_back_is_no_change_for_an_adopted_resource() {
        assert!(changed(Value::Null, json!({}), json!({"disk": [{"size": 20}]})).is_empty());
    }

    #[test]
    fn a_changed_secret_is_seen_by_its_fingerprint_only() {
        let spec = json!({"password": {"$secret": "env:PW"}});
        let (old, new) = (
            BTreeMap::from([("env:PW".into(), "a".into())]),
            BTreeMap::from([("env:PW".into(), "b".into())]),
        );
        let sides = Sides {
            applied: &spec,
            live: &Map::new(),
            desired: &spec,
            applied_secrets: &old,
            secrets: &new,
        };
        let changes = diff(&sides, |_| false, &[]);
        assert_eq!(changes.len(), 1);
        assert!(changes[0].secret);
        assert!(
            diff(
                &Sides {
                    secrets: &old,
                    ..sides
                },
                |_| false,
                &[]
            )
            .is_empty()
        );
    }
}
