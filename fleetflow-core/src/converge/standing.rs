//! How everything is that is declared or remembered, in three words. It knows the words of clouds, and no kind.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Observation;
use crate::model::{Address, Observed, Ownership};

/// How a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It is well, as far as its cloud says.
    Ok,
    /// It is on its way.
    Waiting,
    /// It is missing, down or broken.
    Bad,
}

impl Health {
    /// The worst of the words that clouds use in `status`.
    pub fn of(status: &Map<String, Value>) -> Self {
        health(status)
    }
}

/// How one resource is.
#[derive(Clone, Debug)]
pub struct Standing<'o> {
    /// Its address.
    pub address: &'o Address,
    /// How it is.
    pub health: Health,
    /// What is not well, in words.
    pub note: Option<String>,
    /// What was found; none where nothing is there.
    pub found: Option<&'o Observed>,
}

impl Observation {
    /// How everything is that is declared or remembered, what is not well first.
    pub fn standings(&self) -> Vec<Standing<'_>> {
        let declared = self.desired.iter().map(|declared| &declared.address);
        let found = self.found.resources.iter().map(|found| &found.address);
        // What was let go, and is in its cloud with our mark, is nobody's business here.
        let found = found.filter(|address| !self.state.is_left(address));
        let remembered = self.state.entries().map(|(address, _)| address);
        let unreached = self.found.unreached.iter().map(|one| &one.address);
        let addresses: BTreeSet<_> = declared.chain(found).chain(remembered).chain(unreached).collect();
        let hidden = self.hidden();
        let mut standings: Vec<_> = addresses
            .into_iter()
            .map(|address| match (hidden.get(address), self.at(address)) {
                (Some(hidden), found) => Standing {
                    address,
                    health: Health::Bad,
                    note: Some(hidden.why.clone()),
                    found: found.or(hidden.remembered),
                },
                (None, Some(found)) => Standing::present(found),
                (None, None) => {
                    let entry = self.state.entry(address);
                    Standing::missing(address, entry.is_some_and(|entry| entry.id().is_some()))
                }
            })
            .collect();
        standings.sort_by(|a, b| b.health.cmp(&a.health).then_with(|| a.address.cmp(b.address)));
        standings
    }

    /// What cannot be looked at, and for what it lives in, why nothing in it can.
    fn hidden(&self) -> BTreeMap<&Address, Hidden<'_>> {
        let mut all = BTreeMap::new();
        for one in &self.found.unreached {
            let operation = one
                .error
                .operation()
                .map(|operation| format!("could not {operation}: "));
            let why = format!("{}{}", operation.unwrap_or_default(), one.error.message());
            let entry = self.state.entry(&one.address);
            let home = entry.and_then(|entry| entry.record.lives_in.as_ref());
            let own = match home {
                Some(home) => format!("not known: {home} cannot be looked into"),
                None => why.clone(),
            };
            let remembered = one.remembered.as_ref();
            all.insert(&one.address, Hidden { why: own, remembered });
            all.extend(home.map(|home| {
                (
                    home,
                    Hidden {
                        why,
                        remembered: None,
                    },
                )
            }));
        }
        all
    }
}

/// Something that cannot be looked at.
struct Hidden<'o> {
    why: String,
    /// What the state remembers of it.
    remembered: Option<&'o Observed>,
}

impl<'o> Standing<'o> {
    fn present(found: &'o Observed) -> Self {
        let (health, note) = match (&found.incomplete, &found.ownership) {
            (Some(unfinished), _) => (Health::Bad, Some(unfinished.to_string())),
            (None, Ownership::Foreign(Some(owner))) => (Health::Bad, Some(format!("belongs to {owner}"))),
            (None, Ownership::Foreign(None)) => (Health::Bad, Some("belongs to somebody else".to_owned())),
            _ => (health(&found.status), None),
        };
        Self {
            address: &found.address,
            health,
            note,
            found: Some(found),
        }
    }

    /// What never had an id was only begun: it is not gone.
    fn missing(address: &'o Address, was_there: bool) -> Self {
        let note = if was_there { "is gone" } else { "not there yet" };
        Self {
            address,
            health: Health::Bad,
            note: Some(note.to_owned()),
            found: None,
        }
    }
}

/// The worst of the words that clouds use.
fn health(status: &Map<String, Value>) -> Health {
    const BAD: &[&str] = &[
        "unhealthy",
        "exited",
        "dead",
        "down",
        "stopped",
        "error",
        "failed",
        "blocked",
        "restarting",
        "paused",
        "migration-failed",
        "deactivated",
        "timed_out",
        "rejected",
        "orphaned",
        "removing",
        "unreachable",
    ];
    const WAITING: &[&str] = &[
        "starting",
        "preparing",
        "assigned",
        "accepted",
        "pending",
        "initializing",
        "created",
        "migrating",
        "cleaning",
        "creating",
        "uploading",
    ];
    let said = |words: &[&str]| {
        status
            .values()
            .flat_map(texts)
            .any(|text| words.iter().any(|word| text.eq_ignore_ascii_case(word)))
    };
    match (said(BAD), said(WAITING)) {
        (true, _) => Health::Bad,
        (false, true) => Health::Waiting,
        (false, false) => Health::Ok,
    }
}

/// Every text in a value: a status may hold a map of domains to their states.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(status: &Value) -> Health {
        health(status.as_object().unwrap())
    }

    #[test]
    fn the_worst_word_counts_wherever_it_is() {
        assert_eq!(of(&json!({"state": "running", "health": "healthy"})), Health::Ok);
        assert_eq!(
            of(&json!({"state": "running", "health": "starting"})),
            Health::Waiting
        );
        assert_eq!(
            of(&json!({"domains": {"cdn.example.jp": "pending"}})),
            Health::Waiting
        );
        assert_eq!(
            of(&json!({"state": "running", "health": "unhealthy"})),
            Health::Bad
        );
        assert_eq!(of(&json!({"image": "down:latest"})), Health::Ok);
    }
}
