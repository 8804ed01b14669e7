//! The sandbox's own requests about what is deployed: where it is on this machine, and starting what a schedule would.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{address, gateway, program, runtime};
use crate::Shared;
use crate::cloudflare::workers;

/// Something deployed to the emulated Cloudflare that has an address on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Site {
    /// `worker`, `pages` or `r2`.
    pub kind: &'static str,
    /// The script, the project (with its branch in front, for a preview) or the bucket.
    pub name: String,
    /// Where a browser on this machine finds it.
    pub url: String,
    /// Its hosts on the internet. A request to `url` with one of them as its `Host` gets the same.
    pub hosts: Vec<String>,
    /// When it would be started by schedule.
    pub crons: Vec<String>,
    /// Whether it has code, which workerd runs.
    pub needs_workerd: bool,
}

/// `GET /_sandbox/cloudflare/sites`, `POST /_sandbox/cloudflare/workers/NAME/scheduled?cron=C`.
pub(crate) fn control_router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sandbox/cloudflare/sites", get(all))
        .route("/_sandbox/cloudflare/workers/{name}/scheduled", post(scheduled))
        .with_state(shared)
}

/// Everything that is deployed and has an address.
pub(crate) fn list(shared: &Shared) -> Vec<Site> {
    address::list(&shared.world().cloudflare, shared.sites.port())
}

async fn all(State(shared): State<Arc<Shared>>) -> Json<Vec<Site>> {
    Json(list(&shared))
}

#[derive(Deserialize)]
struct Trigger {
    /// The first of its schedules if it is not said.
    cron: Option<String>,
}

/// Starts the `scheduled` handler of a Worker, at the time of the sandbox's clock, and waits for it.
async fn scheduled(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(trigger): Query<Trigger>,
) -> Response {
    let problem = |status, error: String| (status, Json(json!({ "error": error }))).into_response();
    let crons: Option<Vec<String>> = workers::reached(&shared.world().cloudflare.workers)
        .into_iter()
        .find(|worker| worker.name == name && worker.has_code)
        .map(|worker| worker.crons.into_iter().map(str::to_owned).collect());
    let Some(crons) = crons else {
        return problem(
            StatusCode::NOT_FOUND,
            format!("there is no Worker `{name}` with code"),
        );
    };
    let Some(cron) = trigger.cron.or_else(|| crons.first().cloned()) else {
        let error = format!("the Worker `{name}` has no schedule; say which one to pretend with `?cron=`");
        return problem(StatusCode::CONFLICT, error);
    };
    let event = json!({
        "target": program::worker(&name), "cron": cron, "time": shared.clock.now().as_millisecond(),
    });
    let port = match runtime::door(&shared).await {
        Ok(port) => port,
        Err(error) => return problem(StatusCode::SERVICE_UNAVAILABLE, error),
    };
    match gateway::post(port, event.to_string()).await {
        Ok(response) => response,
        Err(error) => problem(StatusCode::BAD_GATEWAY, error),
    }
}
