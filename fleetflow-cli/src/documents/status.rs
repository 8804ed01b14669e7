//! The document of `status`: what is there, how it is, and what is not as declared.

use fleetflow_core::autoscale::Judgement;
use fleetflow_core::converge::{Health, Observation, Standing};
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
        let resources = observation.standings().into_iter().map(Resource::from).collect();
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

impl From<Standing<'_>> for Resource {
    fn from(standing: Standing<'_>) -> Self {
        let Standing {
            address,
            health,
            note,
            found,
        } = standing;
        Self {
            address: address.clone(),
            health,
            note,
            id: found.map(|found| found.id.clone()),
            status: found.map(|found| found.status.clone()).unwrap_or_default(),
            outputs: found.map(|found| found.outputs.clone()).unwrap_or_default(),
        }
    }
}
