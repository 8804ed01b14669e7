//! What changes that were begun, and of which nobody saw the end, may have written: so that it is undone where it is no longer
//! declared. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Everything that interrupted changes of one resource may have written since it was applied last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Their declarations in one: all fields of all of them, with references resolved and secrets as markers.
    pub spec: Value,
    /// The fingerprints of their secrets, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fingerprints: BTreeMap<String, BTreeSet<String>>,
}

impl Attempt {
    /// Takes one more attempt in. Where two of them differ, the value that is not the `applied` one is kept: that it may be
    /// there is what matters.
    pub(super) fn extend(&mut self, applied: &Value, spec: Value, fingerprints: BTreeMap<String, String>) {
        let before = std::mem::take(&mut self.spec);
        self.spec = merged(applied, before, spec);
        for (name, fingerprint) in fingerprints {
            self.fingerprints.entry(name).or_default().insert(fingerprint);
        }
    }
}

fn merged(applied: &Value, one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Null, any) => any,
        (Value::Object(one), Value::Object(other)) => Value::Object(united(applied, one, other)),
        (one, other) if other == *applied => one,
        (Value::Array(one), Value::Array(other)) => listed(applied, one, &other),
        (_, other) => other,
    }
}

fn united(applied: &Value, mut one: Map<String, Value>, other: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in other {
        let applied = applied.get(&key).unwrap_or(&Value::Null);
        let before = one.remove(&key).unwrap_or_default();
        one.insert(key, merged(applied, before, value));
    }
    one
}

/// Both lists in one: what one change added and what another one did is all looked for. The last one's entries keep their places,
/// by which those that have fields are held against what is there.
fn listed(applied: &Value, one: Vec<Value>, other: &[Value]) -> Value {
    let more = one.into_iter().filter(|value| !other.contains(value));
    let both: Value = other.iter().cloned().chain(more).collect();
    if both == *applied { other.into() } else { both }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Address;
    use crate::plan::Bookkeeping;
    use crate::state::{Event, State};

    #[test]
    fn what_a_change_may_have_written_is_remembered_until_it_is_known_to_be_done() {
        let address: Address = "thing.a".parse().unwrap();
        let applied = |size: u32| Event::Applied {
            address: address.clone(),
            id: "1".to_owned(),
            spec: json!({"size": size}).into(),
            outputs: Map::new(),
            record: Bookkeeping::default(),
            time: None,
        };
        let mut state = State::default();
        state.apply(&applied(1));
        state.apply(&Event::ChangeStarted {
            address: address.clone(),
            depends_on: BTreeSet::new(),
            spec: Some(json!({"size": 2}).into()),
            fingerprints: BTreeMap::new(),
        });
        let entry = state.entry(&address).unwrap();
        assert_eq!(*entry.spec, json!({"size": 1}));
        assert_eq!(entry.attempt.as_ref().unwrap().spec, json!({"size": 2}));
        state.apply(&applied(2));
        assert_eq!(state.entry(&address).unwrap().attempt, None);
    }

    #[test]
    fn all_that_several_attempts_may_have_written_is_remembered_in_one_value() {
        let applied = json!({"ttl": 60, "plan": {"core": 1}});
        let mut attempt = Attempt::default();
        let of = |text: &str| BTreeMap::from([("password".to_owned(), text.to_owned())]);
        attempt.extend(
            &applied,
            json!({"ttl": 300, "plan": {"core": 1, "gpu": 1}}),
            of("f1"),
        );
        attempt.extend(
            &applied,
            json!({"ttl": 60, "plan": {"core": 2}, "cors": [1]}),
            of("f2"),
        );
        let spec = json!({"ttl": 300, "plan": {"core": 2, "gpu": 1}, "cors": [1]});
        assert_eq!(attempt.spec, spec);
        assert_eq!(attempt.fingerprints["password"].len(), 2);
    }

    /// An address that only the first of two dead changes may have added is not forgotten for the second one's.
    #[test]
    fn the_lists_of_several_attempts_are_remembered_in_one() {
        let applied = json!({"route": ["a"], "cron": ["1", "2"], "rule": [{"port": 1}]});
        let mut attempt = Attempt::default();
        for list in [
            json!({"route": ["b"], "cron": ["1"], "rule": [{"port": 2}, {"port": 3}]}),
            json!({"route": ["c"], "cron": ["1", "2"], "rule": [{"port": 4}]}),
            json!({"route": ["c", "a"], "cron": ["1"]}),
        ] {
            attempt.extend(&applied, list, BTreeMap::new());
        }
        let spec = json!({"route": ["c", "a", "b"], "cron": ["1"],
            "rule": [{"port": 4}, {"port": 2}, {"port": 3}]});
        assert_eq!(attempt.spec, spec);
        // What two changes left of a list is not what was applied, although both together are.
        let mut attempt = Attempt::default();
        for list in [json!({"cron": ["2"]}), json!({"cron": ["1"]})] {
            attempt.extend(&applied, list, BTreeMap::new());
        }
        assert_eq!(attempt.spec, json!({"cron": ["1"]}));
    }
}
