//! The difference of two encoded declarations, field by field. It compares what was applied last, what is there and
//! what is declared; it knows no kind.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::{Kind, Path, Trail, has_unknown, secrets};
use crate::state::Attempt;

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
    /// What interrupted changes may have written since.
    pub(super) attempt: Option<&'v Attempt>,
    /// What the cloud says; fields it cannot show are absent.
    pub(super) live: &'v Value,
    /// What is declared now.
    pub(super) desired: &'v Value,
    /// Fingerprints of the secrets, as they were applied and as they are now.
    pub(super) applied_secrets: &'v BTreeMap<String, String>,
    pub(super) secrets: &'v BTreeMap<String, String>,
}

impl Sides<'_> {
    /// What interrupted changes may have made of `field`.
    fn attempted(&self, field: &str) -> Option<&Value> {
        self.attempt?.spec.get(field)
    }

    /// Whether an interrupted change may have written another value of the secret `name` than it has.
    fn attempted_otherwise(&self, name: &str) -> bool {
        let written = self.attempt.and_then(|attempt| attempt.fingerprints.get(name));
        let now = self.secrets.get(name);
        written.is_some_and(|written| written.iter().any(|one| Some(one) != now))
    }
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
        let attempted = sides.attempted(field);
        // Where it cannot be seen, it counts as written.
        let undone = attempted.filter(|attempted| applied == desired && Some(*attempted) != desired);
        let before = match sides.live.get(field).or(undone) {
            Some(before) => before,
            None if applied.is_none() && (write_only.contains(&field) || sides.applied.is_null()) => continue,
            None => applied.unwrap_or(&Value::Null),
        };
        compare(
            &Trail::Root.key(field),
            [applied, attempted].map(|side| side.unwrap_or(&Value::Null)),
            before,
            desired.unwrap_or(&Value::Null),
            &mut changes,
        );
        changed_secrets(field, desired, sides, &mut changes);
    }
    for change in &mut changes {
        change.forces_replacement = forces_replacement(change);
    }
    changes
}

/// The fields of `spec`, which was to be made, that the cloud shows otherwise.
pub(crate) fn left_out(kind: &dyn Kind, spec: &Value, live: &Value) -> Vec<Change> {
    let none = BTreeMap::new();
    let sides = Sides {
        applied: spec,
        attempt: None,
        live,
        desired: spec,
        applied_secrets: &none,
        secrets: &none,
    };
    diff(
        &sides,
        |change| kind.forces_replacement(change),
        kind.write_only(),
    )
}

/// The fields that the cloud shows otherwise than they were applied.
pub(crate) fn drift<'v>(
    applied: &Value,
    live: impl IntoIterator<Item = (&'v String, &'v Value)>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (field, live) in live {
        let applied = applied.get(field).filter(|applied| *applied != live);
        if let Some(applied) = applied.filter(|applied| secrets(applied).is_empty()) {
            compare(
                &Trail::Root.key(field),
                [applied, &Value::Null],
                applied,
                live,
                &mut changes,
            );
        }
    }
    changes
}

fn fields<'v>(sides: &Sides<'v>) -> Vec<&'v str> {
    let desired = sides.desired.as_object().into_iter().flat_map(Map::keys);
    let applied = sides.applied.as_object().into_iter().flat_map(Map::keys);
    let attempt = sides.attempt.and_then(|attempt| attempt.spec.as_object());
    let attempted = attempt.into_iter().flat_map(Map::keys);
    let all = desired.chain(applied).chain(attempted).map(String::as_str);
    let mut fields: Vec<_> = all.collect();
    fields.sort_unstable();
    fields.dedup();
    fields
}

/// Compares what is there with what is declared. Of an object, only the fields count that are declared, or that were `written`
/// by us: as applied last, or by an interrupted change since.
fn compare(path: &Trail<'_>, written: [&Value; 2], before: &Value, after: &Value, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    if has_unknown(after) {
        return differ(path.path(), before, after, changes);
    }
    match (before, after) {
        (Value::Object(before), Value::Object(after)) if !secret_value(after) => {
            let written_keys = written
                .into_iter()
                .filter_map(Value::as_object)
                .flat_map(Map::keys);
            let keys: BTreeSet<_> = after.keys().chain(written_keys).collect();
            for key in keys {
                let of = |side: &Map<String, Value>| side.get(key).cloned().unwrap_or_default();
                let written = written.map(|side| side.get(key).unwrap_or(&Value::Null));
                compare(&path.key(key), written, &of(before), &of(after), changes);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                let written = written.map(|side| side.get(index).unwrap_or(&Value::Null));
                compare(&path.index(index), written, before, after, changes);
            }
        }
        _ => differ(path.path(), before, after, changes),
    }
}

fn secret_value(value: &Map<String, Value>) -> bool {
    value.keys().any(|key| key.starts_with('$'))
}

fn differ(path: Path, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    let secret = !secrets(before).is_empty() || !secrets(after).is_empty();
    changes.push(Change {
        path,
        before: before.clone(),
        after: after.clone(),
        forces_replacement: false,
        secret,
    });
}

/// A secret is stored as its name: that its value changed is seen by the fingerprint.
fn changed_secrets(field: &str, desired: Option<&Value>, sides: &Sides<'_>, changes: &mut Vec<Change>) {
    for (place, name) in desired.map(secrets).unwrap_or_default() {
        let now = sides.secrets.get(&name);
        let stale = sides.applied_secrets.get(&name) != now || sides.attempted_otherwise(&name);
        let field = Path::root().key(field);
        let place: Path = field.segments().iter().chain(place.segments()).cloned().collect();
        if stale && !changes.iter().any(|change| change.path == place) {
            let marker = place.of(sides.desired).cloned().unwrap_or_default();
            differ(place, &marker, &marker, changes);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(applied: Value, live: Value, desired: Value) -> Vec<String> {
        let none = BTreeMap::new();
        let sides = Sides {
            applied: &applied,
            attempt: None,
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
            attempt: None,
            live: &json!({}),
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

    /// What differs after an interrupted change to `attempted`, which is undone; the cloud shows `live`.
    fn undone(applied: &Value, live: Value, attempted: Value) -> Vec<String> {
        let none = BTreeMap::new();
        let attempt = Attempt {
            spec: attempted,
            fingerprints: BTreeMap::new(),
        };
        let sides = Sides {
            applied,
            attempt: Some(&attempt),
            live: &live,
            desired: applied,
            applied_secrets: &none,
            secrets: &none,
        };
        let changes = diff(&sides, |_| false, &["disk"]);
        let told = changes
            .iter()
            .map(|change| format!("{}: {} -> {}", change.path, change.before, change.after));
        told.collect()
    }

    #[test]
    fn what_an_interrupted_change_may_have_added_is_taken_away_again() {
        let applied = json!({"ttl": 60, "plan": {"core": 1}});
        let attempted = json!({"ttl": 60, "plan": {"core": 1, "gpu": 2}, "cors": [1], "disk": 5});
        // What the cloud shows is how it is.
        let shown = json!({"ttl": 60, "plan": {"core": 1, "gpu": 2}, "cors": [1], "disk": null});
        assert_eq!(
            undone(&applied, shown, attempted.clone()),
            ["cors: [1] -> null", "plan.gpu: 2 -> null"]
        );
        assert!(
            undone(
                &applied,
                json!({"ttl": 60, "plan": {"core": 1}, "cors": null, "disk": null}),
                attempted.clone()
            )
            .is_empty()
        );
        // What it cannot show may be there.
        assert_eq!(
            undone(&applied, json!({"ttl": 60}), attempted),
            ["cors: [1] -> null", "disk: 5 -> null", "plan.gpu: 2 -> null"]
        );
    }

    #[test]
    fn what_cannot_be_seen_is_written_again_where_an_interrupted_change_may_have_written_it() {
        let applied = json!({"script": "old"});
        let told = undone(&applied, json!({}), json!({"script": "new"}));
        assert_eq!(told, ["script: \"new\" -> \"old\""]);
        assert!(undone(&applied, json!({"script": "old"}), json!({"script": "new"})).is_empty());
        let spec = json!({"password": {"$secret": "env:PW"}});
        let old = BTreeMap::from([("env:PW".to_owned(), "a".to_owned())]);
        let attempt = Attempt {
            spec: spec.clone(),
            fingerprints: BTreeMap::from([("env:PW".to_owned(), ["b".to_owned()].into())]),
        };
        let sides = Sides {
            applied: &spec,
            attempt: Some(&attempt),
            live: &json!({}),
            desired: &spec,
            applied_secrets: &old,
            secrets: &old,
        };
        assert_eq!(diff(&sides, |_| false, &[]).len(), 1);
    }
}
