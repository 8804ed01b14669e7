//! The document of `outputs`: what the last convergence left to know.

use std::collections::BTreeMap;

use fleetflow_core::Address;
use fleetflow_core::state::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// Outputs by resource.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OutputsDocument {
    /// `fleetflow/outputs/v1`.
    pub(crate) format: &'static str,
    /// The project.
    pub(crate) project: String,
    /// The stage.
    pub(crate) stage: String,
    /// The outputs of everything that exists, and of what was looked up for it.
    pub(crate) outputs: BTreeMap<Address, Map<String, Value>>,
}

impl OutputsDocument {
    pub(crate) fn new(project: &str, stage: &str, state: &State) -> Self {
        Self {
            format: "fleetflow/outputs/v1",
            project: project.to_owned(),
            stage: stage.to_owned(),
            outputs: state.outputs(),
        }
    }
}
