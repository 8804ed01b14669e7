//! The emulated Docker Engine API: one engine for each server, and the local one. It runs no process and moves no packet.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use http::{HeaderValue, Response};

use crate::Shared;

mod answer;
mod build;
mod call;
mod container;
mod control;
mod daemon;
mod exec;
mod filter;
mod image;
mod inventory;
mod network;
mod program;
mod rows;
#[cfg(unix)]
mod serve;
mod stream;
mod swarm;
mod system;
mod volume;

use answer::{Failure, Outcome};
use call::{Call, Target};

pub(crate) use control::control_router;
pub(crate) use rows::Rows;
#[cfg(unix)]
pub(crate) use serve::serve_unix;

/// The key of the engine on the machine that runs FleetFlow.
pub(crate) const LOCAL: &str = "local";

/// The version the emulated engine reports.
pub(crate) const ENGINE_VERSION: &str = "27.5.1";

/// The Engine API of one engine, with and without `/vX.Y` in front.
pub(crate) fn engine_router(shared: Arc<Shared>, engine: String) -> Router {
    Router::new()
        .fallback(answer_call)
        .with_state(Target { shared, engine })
}

async fn answer_call(State(target): State<Target>, request: Request) -> Response<Body> {
    let outcome = match Call::read(target, request).await {
        Ok(call) => dispatch(&call),
        Err(failure) => Err(failure),
    };
    let mut response = outcome.unwrap_or_else(Failure::into_response);
    stamp(&mut response);
    response
}

fn dispatch(call: &Call) -> Outcome {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["containers", rest @ ..] => container::route(call, rest),
        ["exec", rest @ ..] => exec::route(call, rest),
        ["images", rest @ ..] => image::route(call, rest),
        ["build", rest @ ..] => build::route(call, rest),
        ["networks", rest @ ..] => {
            swarm::network_route(call, rest).unwrap_or_else(|| network::route(call, rest))
        }
        ["swarm" | "nodes" | "services" | "tasks", ..] => swarm::route(call, &path),
        ["volumes", rest @ ..] => volume::route(call, rest),
        rest => system::route(call, rest),
    }
}

/// The headers every answer of an engine carries.
fn stamp(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    headers.insert("api-version", HeaderValue::from_static(call::API_VERSION));
    headers.insert("docker-experimental", HeaderValue::from_static("false"));
    headers.insert("ostype", HeaderValue::from_static("linux"));
    headers.insert("server", HeaderValue::from_static("Docker/27.5.1 (linux)"));
}
