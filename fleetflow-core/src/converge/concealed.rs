//! What clouds show of secrets, put as declarations have it: as a marker, never as a value. A record and a variable of a Worker
//! can be read by whoever may look at them; what reads a plan, a state or a log may not.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use crate::model::{Address, Declaration, Found, Observed, OutputRef, Path, Spec, reveal, secrets};
use crate::state::{Entry, State};

/// Stands for a text in the place of a secret that is another one: it must not be read either, as it may have been the secret.
const ANOTHER: &str = "another value";

/// Puts markers where `found` shows secrets: those that are declared, and those that were applied.
pub(super) fn conceal(
    found: &mut Found,
    desired: &[Declaration],
    state: &State,
    known: &BTreeMap<String, SecretString>,
) {
    let was_secret = |(_, entry): (_, &Entry)| !entry.record.fingerprints.is_empty();
    if known.is_empty() && !state.entries().any(was_secret) {
        return;
    }
    let outputs: BTreeMap<Address, Map<String, Value>> = found
        .resources
        .iter()
        .filter(|seen| !seen.outputs.is_empty())
        .map(|seen| (seen.address.clone(), seen.outputs.clone()))
        .collect();
    let there = |reference: &OutputRef| outputs.get(&reference.address)?.get(&reference.output).cloned();
    let desired: BTreeMap<_, _> = desired.iter().map(|one| (&one.address, &one.spec)).collect();
    for seen in &mut found.resources {
        let declared = desired.get(&seen.address).filter(|_| !known.is_empty());
        let declared = declared.map(|spec| spec.resolved(&there));
        let entry = state.entry(&seen.address);
        let applied = entry.filter(|entry| !entry.record.fingerprints.is_empty());
        let applied = applied.map(|entry| entry.spec.clone());
        conceal_in(seen, declared.as_ref(), applied.as_ref(), known);
    }
}

fn conceal_in(
    seen: &mut Observed,
    declared: Option<&Spec>,
    applied: Option<&Spec>,
    known: &BTreeMap<String, SecretString>,
) {
    for (spec, is_former) in [(declared, false), (applied, true)] {
        for (path, _) in spec.map(|spec| secrets(spec)).unwrap_or_default() {
            let marker = spec.and_then(|spec| path.of(spec)).cloned().unwrap_or_default();
            // What is declared openly now may be told.
            let open = declared.filter(|_| is_former).and_then(|spec| path.of(spec));
            for shown in seen
                .live
                .as_object_mut()
                .into_iter()
                .chain([&mut seen.unarranged])
            {
                if let Some(shown) = shown_at(shown, &path).filter(|shown| Some(&**shown) != open) {
                    cover(shown, &marker, known);
                }
            }
        }
    }
}

/// The text at `path` of what is shown.
fn shown_at<'l>(live: &'l mut Map<String, Value>, path: &Path) -> Option<&'l mut Value> {
    let field = live.get_mut(path.field()?)?;
    path.below().of_mut(field).filter(|shown| shown.is_string())
}

/// What is `shown` in the place of `marker`.
fn cover(shown: &mut Value, marker: &Value, known: &BTreeMap<String, SecretString>) {
    let value = |name: &str| Some(Value::from(known.get(name)?.expose_secret()));
    *shown = match is_same(&reveal(marker, &value), shown) {
        true => marker.clone(),
        false => json!({ "$secret": ANOTHER }),
    };
}

/// Whether both are the same text, or JSON of the same value: that can be written in many ways.
fn is_same(secret: &Value, shown: &Value) -> bool {
    let json = |text: &Value| serde_json::from_str::<Value>(text.as_str()?).ok();
    secret == shown || json(secret).is_some_and(|secret| json(shown) == Some(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(value: &str) -> Observed {
        let address = "thing.a".parse().unwrap();
        Observed::marked(address, "1").showing(json!({"name": "a", "env": [{"name": "K", "value": value}]}))
    }

    #[test]
    fn what_a_cloud_shows_of_a_secret_is_the_marker_and_another_text_is_not_told_either() {
        let known = BTreeMap::from([("pw".to_owned(), SecretString::from("hunter2"))]);
        let spec = |value: Value| Spec::from(json!({"name": "a", "env": [{"name": "K", "value": value}]}));
        let marker = json!({"$text": ["db:", {"$secret": "pw"}]});
        let another = json!({"$secret": ANOTHER});
        let declared = spec(marker.clone());
        let plain = spec(json!("plain"));
        assert!(is_same(&json!(r#"{"a":  1}"#), &json!(r#"{"a":1}"#)) && !is_same(&json!("{"), &json!("[")));
        for (shown, declared, applied, told) in [
            ("db:hunter2", Some(&declared), None, marker.clone()),
            ("db:hunter1", Some(&declared), None, another.clone()),
            ("db:hunter1", None, Some(&declared), another.clone()),
            ("db:hunter1", Some(&plain), Some(&declared), another),
            ("plain", Some(&plain), Some(&declared), json!("plain")),
            ("plain", Some(&plain), None, json!("plain")),
        ] {
            let mut observed = seen(shown);
            conceal_in(&mut observed, declared, applied, &known);
            assert_eq!(observed.live["env"][0]["value"], told, "{shown}");
            assert_eq!(observed.live["name"], "a");
        }
    }
}
