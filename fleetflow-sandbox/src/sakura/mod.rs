//! The emulated sakura API. Its rows and routes live in this folder.

use std::sync::Arc;

use axum::Router;
use serde::{Deserialize, Serialize};

use crate::Shared;

/// Everything this cloud holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rows {}

/// The routes of this cloud.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let _ = shared;
    Router::new()
}
