//! The sandbox's own requests, under `/_sandbox`: looking at the world, moving the clock, setting faults. No real cloud has them.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Clock, Fault, RequestLog, Shared, cloudflare, docker, sakura, ssh};

/// The control routes. Latency, faults and the log pass them by; changes made through them are saved.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/_sandbox/inventory", get(inventory))
        .route("/_sandbox/log", get(log).delete(clear_log))
        .route("/_sandbox/clock", get(clock))
        .route("/_sandbox/clock/advance", post(advance))
        .route(
            "/_sandbox/faults",
            get(faults).post(add_fault).delete(clear_faults),
        )
        .route("/_sandbox/lag", get(lag))
        .route("/_sandbox/ssh", get(ssh_endpoint))
        .route("/_sandbox/ssh/connections", get(ssh_connections))
        .with_state(Arc::clone(shared))
        .merge(cloudflare::control_router(Arc::clone(shared)))
        .merge(sakura::control_router(Arc::clone(shared)))
        .merge(docker::control_router(Arc::clone(shared)))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), save_after))
}

async fn save_after(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let is_read = request.method().is_safe();
    let response = next.run(request).await;
    if is_read {
        return response;
    }
    match shared.keep().await {
        Ok(()) => response,
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

async fn inventory(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.world().inventory())
}

async fn log(State(shared): State<Arc<Shared>>) -> Json<RequestLog> {
    Json(shared.log.snapshot())
}

async fn clear_log(State(shared): State<Arc<Shared>>) -> Response {
    match shared.log.clear() {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

async fn clock(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "now": shared.clock.now() }))
}

/// How long it may take until everybody sees what was asked for: reads lag behind where a rule says so, and requests
/// are delayed where that was wished.
async fn lag(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let lag = Duration::from_secs(shared.faults.lag()) + shared.latency();
    Json(json!({ "seconds": lag.as_secs_f64() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

async fn advance(State(shared): State<Arc<Shared>>, Json(by): Json<Advance>) -> Response {
    if matches!(shared.clock, Clock::Wall) {
        return problem(
            StatusCode::CONFLICT,
            &"cannot advance the clock: this sandbox runs on the machine's own",
        );
    }
    match Duration::try_from_secs_f64(by.seconds) {
        Ok(by) => {
            shared.clock.advance(by);
            Json(json!({ "now": shared.clock.now() })).into_response()
        }
        Err(error) => problem(
            StatusCode::BAD_REQUEST,
            &format!("cannot advance the clock: {error}"),
        ),
    }
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<Vec<Fault>> {
    Json(shared.faults.list())
}

async fn add_fault(State(shared): State<Arc<Shared>>, Json(fault): Json<Fault>) -> Response {
    match shared.add_fault(fault) {
        Ok(()) => StatusCode::CREATED.into_response(),
        Err(error) => problem(StatusCode::BAD_REQUEST, &error),
    }
}

async fn clear_faults(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.faults.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct SshQuery {
    address: Ipv4Addr,
    #[serde(default = "ssh_port")]
    port: u16,
}

fn ssh_port() -> u16 {
    22
}

/// Where a server's SSH port is to be found on this machine.
async fn ssh_endpoint(State(shared): State<Arc<Shared>>, Query(query): Query<SshQuery>) -> Response {
    match ssh::endpoint(&shared, query.address, query.port) {
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error),
        Ok(Some(endpoint)) => Json(json!({ "address": endpoint.to_string() })).into_response(),
        Ok(None) => {
            let SshQuery { address, port } = query;
            let message = format!("no emulated server answers on {address}:{port}");
            problem(StatusCode::NOT_FOUND, &message)
        }
    }
}

/// How often clients came over SSH, which no request log shows.
async fn ssh_connections(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "connections": shared.ssh.connections() }))
}

fn problem(status: StatusCode, error: &dyn std::fmt::Display) -> Response {
    (status, Json(json!({ "error": error.to_string() }))).into_response()
}
