//! The document of `status`: what is there, how it is, and what is not as declared.

use std::collections::BTreeSet;

use fleetflow_core::autoscale::Judgement;
use fleetflow_core::converge::Observation;
use fleetflow_core::model::{Observed, Ownership};
use fleetflow_core::plan::{Drift, Plan};
use fleetflow_core::{Address, Result};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// What is there now.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StatusDocument {
    /// `fleetflow/status/v1`.
    pub(crate) format: &'static str,
    /// The project.
    pub(crate) project: String,
    /// The stage.
    pub(crate) stage: String,
    /// Everything that is declared or remembered, what is not well first.
    pub(crate) resources: Vec<Resource>,
    /// The scaled servers: count, load, threshold, and what would be decided.
    pub(crate) scaling: Vec<Judgement>,
    /// Why nothing is known of the scaled servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scaling_unknown: Option<String>,
    /// What changed since the last run, without `FleetFlow`.
    pub(crate) drift: Vec<Drift>,
    /// How many steps `up` would take; null where no plan can be made.
    pub(crate) pending_changes: Option<usize>,
}

/// One resource.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Resource {
    /// Its address.
    pub(crate) address: Address,
    /// How it is.
    pub(crate) health: Health,
    /// What is not well, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// The id that its cloud gave it; null where it is not there.
    pub(crate) id: Option<String>,
    /// What its cloud says: power, state, health, load.
    pub(crate) status: Map<String, Value>,
    /// Its outputs.
    pub(crate) outputs: Map<String, Value>,
}

/// How a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Health {
    /// It is well, as far as its cloud says.
    Ok,
    /// It is on its way.
    Waiting,
    /// It is missing, down or broken.
    Bad,
}

impl StatusDocument {
    /// The same with what is known of the scaled servers.
    #[must_use]
    pub(crate) fn scaled(mut self, judgements: Result<Vec<Judgement>>) -> Self {
        match judgements {
            Ok(judgements) => self.scaling = judgements,
            Err(error) => self.scaling_unknown = Some(error.to_string()),
        }
        self
    }

    /// The status of what was observed; `plan` is none where no plan can be made of it.
    pub(crate) fn new(project: &str, stage: &str, observation: &Observation, plan: Option<&Plan>) -> Self {
        let mut resources: Vec<_> = addresses(observation)
            .into_iter()
            .map(|address| match observation.at(address) {
                Some(observed) => Resource::present(observed),
                None => Resource::missing(address, observation),
            })
            .collect();
        resources.sort_by(|a, b| b.health.cmp(&a.health).then_with(|| a.address.cmp(&b.address)));
        Self {
            format: "fleetflow/status/v1",
            project: project.to_owned(),
            stage: stage.to_owned(),
            resources,
            scaling: Vec::new(),
            scaling_unknown: None,
            drift: plan.map(|plan| plan.drift.clone()).unwrap_or_default(),
            pending_changes: plan.map(|plan| plan.steps.len()),
        }
    }

    /// Whether anything is missing, changed, or not as declared.
    pub(crate) fn differs(&self) -> bool {
        !self.drift.is_empty() || self.pending_changes != Some(0)
    }
}

impl Resource {
    fn present(observed: &Observed) -> Self {
        let (health, note) = match (&observed.incomplete, &observed.ownership) {
            (Some(missing), _) => (Health::Bad, Some(format!("not finished: {missing}"))),
            (None, Ownership::Foreign(Some(owner))) => (Health::Bad, Some(format!("belongs to {owner}"))),
            _ => (health(&observed.status), None),
        };
        Self {
            address: observed.address.clone(),
            health,
            note,
            id: Some(observed.id.clone()),
            status: observed.status.clone(),
            outputs: observed.outputs.clone(),
        }
    }

    fn missing(address: &Address, observation: &Observation) -> Self {
        let note = match observation.state.entry(address) {
            Some(_) => "is gone",
            None => "not there yet",
        };
        Self {
            address: address.clone(),
            health: Health::Bad,
            note: Some(note.to_owned()),
            id: None,
            status: Map::new(),
            outputs: Map::new(),
        }
    }
}

fn addresses(observation: &Observation) -> BTreeSet<&Address> {
    let declared = observation.desired.iter().map(|declared| &declared.address);
    let found = observation.found.resources.iter().map(|found| &found.address);
    let remembered = observation.state.entries().map(|(address, _)| address);
    declared.chain(found).chain(remembered).collect()
}

/// The worst of the words that clouds use; it knows words, not kinds.
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
        "removing",
    ];
    const WAITING: &[&str] = &[
        "starting",
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
