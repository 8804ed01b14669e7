//! The sandbox's own requests about SAKURA Cloud: load and failures. Nothing here exists in the real API.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

use super::catalog;
use super::monitor::Load;
use crate::Shared;

/// `POST /_sandbox/sakura/cpu`, `POST /_sandbox/sakura/failing-copies`.
pub(crate) fn control_router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sandbox/sakura/cpu", post(set_load))
        .route("/_sandbox/sakura/failing-copies", post(set_failing_copies))
        .with_state(shared)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLoad {
    /// As a number or as digits.
    server: serde_json::Value,
    /// Seconds a second, summed over all cores.
    cpu_time: f64,
    /// Since when it has been so, in seconds before now: monitoring shows a bucket only after five minutes.
    #[serde(default)]
    for_seconds: u32,
}

async fn set_load(State(shared): State<Arc<Shared>>, Json(new): Json<NewLoad>) -> Response {
    let mut world = shared.world();
    let id = super::fields::number(&new.server).unwrap_or_default();
    let Some(server) = world.sakura.servers.get_mut(&id) else {
        return problem(
            StatusCode::NOT_FOUND,
            &format!("cannot set the load of server {}: there is none", new.server),
        );
    };
    let cores = catalog::server_plan(server.plan).map_or(1, |plan| plan.cpu);
    let most = u32::try_from(cores).map_or(f64::MAX, f64::from);
    if !(0.0..=most).contains(&new.cpu_time) {
        let message = format!(
            "cannot set the load of server {id}: {} is not between 0 and {cores} cores",
            new.cpu_time
        );
        return problem(StatusCode::BAD_REQUEST, &message);
    }
    let since = shared.clock.now() - SignedDuration::from_secs(i64::from(new.for_seconds));
    server.load.retain(|load| load.since < since);
    server.load.push(Load {
        since,
        cpu_time: new.cpu_time,
    });
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailingCopies {
    count: u64,
}

/// So many of the next disk copies end as `failed`.
async fn set_failing_copies(
    State(shared): State<Arc<Shared>>,
    Json(next): Json<FailingCopies>,
) -> StatusCode {
    shared.world().sakura.failing_copies = next.count;
    StatusCode::NO_CONTENT
}

fn problem(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
