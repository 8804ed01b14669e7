//! The JSON schemas of everything that programs may read, by the name of their form.

use std::collections::BTreeMap;

use fleetflow_core::plan::Plan;
use schemars::{Schema, schema_for};
use serde_json::Value;

use super::event::EventLine;
use super::graph::GraphDocument;
use super::outputs::OutputsDocument;
use super::state::{HistoryDocument, StateDocument};
use super::status::StatusDocument;
use super::validation::ValidationDocument;

/// The schema of each document: `plan` is that of `fleetflow/plan/v1`.
pub fn schemas() -> BTreeMap<&'static str, Value> {
    let all: [(&'static str, Schema); 8] = [
        ("event", schema_for!(EventLine)),
        ("graph", schema_for!(GraphDocument)),
        ("history", schema_for!(HistoryDocument)),
        ("outputs", schema_for!(OutputsDocument)),
        ("plan", schema_for!(Plan)),
        ("state", schema_for!(StateDocument)),
        ("status", schema_for!(StatusDocument)),
        ("validation", schema_for!(ValidationDocument)),
    ];
    all.into_iter()
        .map(|(name, schema)| (name, schema.to_value()))
        .collect()
}
