//! The sandbox's own requests about engines: how containers are, what registries lack. Nothing here exists in the real API.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::LOCAL;
use super::answer::Failure;
use super::container::{self, Container, Health};
use super::daemon::Daemon;
use super::image::Reference;
use super::stream::Pipe;
use crate::{Shared, sakura};

/// The engine is `local` or the name of a server.
///
/// `POST /_sandbox/docker/{engine}/containers/{name}/state` and `POST /_sandbox/docker/{engine}/registry/missing`.
pub(crate) fn control_router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route(
            "/_sandbox/docker/{engine}/containers/{name}/state",
            post(change_container),
        )
        .route("/_sandbox/docker/{engine}/registry/missing", post(lack_image))
        .with_state(shared)
}

/// What shall become of a container; what is not named stays.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Change {
    state: Option<Forced>,
    /// With `exited`; 1 when it is not given.
    exit_code: Option<i64>,
    /// A line for its standard error.
    log: Option<String>,
    cpu_percent: Option<f64>,
    memory_bytes: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Forced {
    Running,
    Exited,
    Starting,
    Healthy,
    Unhealthy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lacking {
    /// `app:v2` for one tag, `ghcr.io/acme/app` without a tag for the whole repository.
    reference: String,
}

async fn change_container(
    State(shared): State<Arc<Shared>>,
    Path((engine, name)): Path<(String, String)>,
    Json(change): Json<Change>,
) -> (StatusCode, Json<Value>) {
    answer(open(&shared, &engine, |daemon| apply(daemon, &name, &change)))
}

async fn lack_image(
    State(shared): State<Arc<Shared>>,
    Path(engine): Path<String>,
    Json(lacking): Json<Lacking>,
) -> (StatusCode, Json<Value>) {
    answer(open(&shared, &engine, |daemon| {
        let reference = Reference::bare(&lacking.reference)?;
        daemon.engine.missing.insert(reference.to_string());
        Ok(())
    }))
}

/// Opens the engine that is called so: `local`, or by the name of its server.
fn open(
    shared: &Shared,
    called: &str,
    work: impl FnOnce(&mut Daemon<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let key = match called {
        LOCAL => Some(LOCAL.to_owned()),
        server => sakura::engine_key(&shared.world(), server),
    };
    match key {
        Some(key) => Daemon::open(shared, &key, work),
        None => Err(Failure::not_found(format!(
            "there is no engine {called}: name `{LOCAL}`, or a server that has a disk"
        ))),
    }
}

fn answer(result: Result<(), Failure>) -> (StatusCode, Json<Value>) {
    match result {
        Ok(()) => (StatusCode::OK, Json(json!({}))),
        Err(failure) => (failure.status, Json(json!({ "error": failure.message }))),
    }
}

fn apply(daemon: &mut Daemon<'_>, name: &str, change: &Change) -> Result<(), Failure> {
    let (at, now) = (container::position(daemon.engine, name)?, daemon.now);
    let one = &mut daemon.engine.containers[at];
    if let Some(text) = &change.log {
        one.log(now, Pipe::Stderr, text);
    }
    one.load.cpu_percent = change.cpu_percent.unwrap_or(one.load.cpu_percent);
    one.load.memory_bytes = change.memory_bytes.unwrap_or(one.load.memory_bytes);
    match change.state {
        None => Ok(()),
        Some(Forced::Running) => container::start(daemon.engine, at, now).map(drop),
        Some(Forced::Exited) => end(one, change.exit_code.unwrap_or(1), now),
        Some(Forced::Starting) => judge(one, Health::Starting),
        Some(Forced::Healthy) => judge(one, Health::Healthy),
        Some(Forced::Unhealthy) => judge(one, Health::Unhealthy),
    }
}

/// It stays down whatever its restart policy says, so that a test can look at it.
fn end(one: &mut Container, code: i64, now: jiff::Timestamp) -> Result<(), Failure> {
    if !one.is_running() {
        return Err(Failure::conflict(format!(
            "container {} is not running",
            one.name
        )));
    }
    container::exit(one, code, now);
    Ok(())
}

fn judge(one: &mut Container, health: Health) -> Result<(), Failure> {
    if one.config.healthcheck.is_none() {
        return Err(Failure::conflict(format!(
            "container {} has no health check",
            one.name
        )));
    }
    one.run.verdict = Some(health);
    Ok(())
}
