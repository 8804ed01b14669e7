//! The emulated docker API. Its rows and routes live in this folder.

use std::sync::Arc;

use axum::Router;
use serde::{Deserialize, Serialize};

use crate::Shared;

/// Everything this cloud holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rows {}

impl Rows {
    /// What a fresh sandbox holds.
    pub(crate) fn seed() -> Self {
        Self::default()
    }

    /// What users made, canonically.
    pub(crate) fn inventory(&self) -> serde_json::Value {
        serde_json::json!({})
    }

    /// Forgets the engine of a server whose boot disk (its name here) is gone.
    pub(crate) fn remove_engine(&mut self, engine: &str) {
        let _ = (self, engine);
    }
}

/// The routes of this cloud.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let _ = shared;
    Router::new()
}
