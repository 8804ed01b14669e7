//! The emulated SAKURA Cloud API 1.1: servers, disks, networks, keys and scripts in several zones. No machine runs behind it.

mod machine;
mod refusal;

use std::sync::Arc;

use axum::Router;
use serde::{Deserialize, Serialize};

use crate::Shared;

pub(crate) use machine::{Machine, machine, machines};
pub(crate) use refusal::error_body;

/// Everything this cloud holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rows {}

impl Rows {
    /// What users made, canonically.
    pub(crate) fn inventory(&self) -> serde_json::Value {
        serde_json::json!({})
    }
}

/// The routes of this cloud.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let _ = shared;
    Router::new()
}

/// `POST /_sandbox/sakura/cpu`.
pub(crate) fn control_router(shared: Arc<Shared>) -> Router {
    let _ = shared;
    Router::new()
}
