//! The document of `status`: what is there, how it is, and what is not as declared.

use fleetflow_core::autoscale::Judgement;
use fleetflow_core::converge::{self, Health, Observation, Standing};
use fleetflow_core::plan::Drift;
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
    /// What is declared with files that cannot be read on this machine, and so cannot be compared with what is there.
    pub(crate) uncompared: Vec<Uncompared>,
    /// What changed since the last run, without `FleetFlow`.
    pub(crate) drift: Vec<Drift>,
    /// How many steps `up` would take; null where no plan can be made.
    pub(crate) pending_changes: Option<usize>,
}

/// A declaration that cannot be compared.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Uncompared {
    /// Its address.
    pub(crate) address: Address,
    /// Which file cannot be read, and why.
    pub(crate) why: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
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

    /// The status of what was observed; `pending` is none where no plan can be made of it.
    pub(crate) fn new(
        (project, stage): (&str, &str),
        observation: &Observation,
        pending: Option<usize>,
        drift: Vec<Drift>,
    ) -> Self {
        let resources = observation.standings().into_iter().map(Resource::from).collect();
        Self {
            format: "fleetflow/status/v1",
            project: project.to_owned(),
            stage: stage.to_owned(),
            resources,
            scaling: Vec::new(),
            scaling_unknown: None,
            uncompared: observation.uncompared.iter().map(Uncompared::from).collect(),
            drift,
            pending_changes: pending,
        }
    }

    /// Whether anything is missing, changed, or not as declared.
    pub(crate) fn differs(&self) -> bool {
        !self.drift.is_empty() || self.pending_changes != Some(0)
    }
}

impl From<&converge::Uncompared> for Uncompared {
    fn from(one: &converge::Uncompared) -> Self {
        let operation = one.error.operation();
        let operation = operation.map(|operation| format!("could not {operation}: "));
        Self {
            address: one.address.clone(),
            why: operation.unwrap_or_default() + one.error.message(),
            help: one.error.advice().map(str::to_owned),
        }
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
