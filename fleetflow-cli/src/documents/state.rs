//! The documents of `state`: what is remembered, and how it came about.

use fleetflow_core::Address;
use fleetflow_core::state::{Entry, Event, Phase, State};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// Everything that is remembered.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StateDocument {
    /// `fleetflow/state/v1`.
    pub(crate) format: &'static str,
    /// The project.
    pub(crate) project: String,
    /// The stage.
    pub(crate) stage: String,
    /// How many events it was folded from.
    pub(crate) serial: u64,
    /// The entries, by address.
    pub(crate) entries: Vec<EntryDocument>,
}

/// What is remembered of one resource.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EntryDocument {
    /// The resource.
    pub(crate) address: Address,
    /// How far it has come: `intended`, `identified` or `ready`.
    pub(crate) phase: &'static str,
    /// The id that its cloud gave it.
    pub(crate) id: Option<String>,
    /// The declaration as it was applied last; secrets are markers.
    pub(crate) spec: Value,
    /// Its outputs.
    pub(crate) outputs: Map<String, Value>,
    /// What it depends on.
    pub(crate) depends_on: Vec<Address>,
}

/// Everything that was done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HistoryDocument {
    /// `fleetflow/history/v1`.
    pub(crate) format: &'static str,
    /// The project.
    pub(crate) project: String,
    /// The stage.
    pub(crate) stage: String,
    /// The events of the journal, oldest first.
    #[schemars(with = "Vec<Map<String, Value>>")]
    pub(crate) events: Vec<Event>,
}

impl StateDocument {
    pub(crate) fn new(project: &str, stage: &str, state: &State) -> Self {
        Self {
            format: "fleetflow/state/v1",
            project: project.to_owned(),
            stage: stage.to_owned(),
            serial: state.serial(),
            entries: state
                .entries()
                .map(|(address, entry)| EntryDocument::new(address, entry))
                .collect(),
        }
    }
}

impl EntryDocument {
    fn new(address: &Address, entry: &Entry) -> Self {
        Self {
            address: address.clone(),
            phase: match entry.phase {
                Phase::Intended => "intended",
                Phase::Identified { .. } => "identified",
                Phase::Ready { .. } => "ready",
            },
            id: entry.id().map(str::to_owned),
            spec: entry.spec.clone().into_value(),
            outputs: entry.existing_outputs().clone(),
            depends_on: entry.record.depends_on.iter().cloned().collect(),
        }
    }
}

impl HistoryDocument {
    pub(crate) fn new(project: &str, stage: &str, events: Vec<Event>) -> Self {
        Self {
            format: "fleetflow/history/v1",
            project: project.to_owned(),
            stage: stage.to_owned(),
            events,
        }
    }
}
