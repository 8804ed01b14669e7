//! Ping, version and info of an engine.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{self, Failure, Outcome};
use super::call::{API_VERSION, Call, MINIMUM_API_VERSION};
use super::container::Status;
use super::daemon::{Daemon, digest};
use super::{ENGINE_VERSION, LOCAL, swarm};

/// Requests that belong to no kind of object.
pub(super) fn route(call: &Call, path: &[&str]) -> Outcome {
    match (&call.method, path) {
        (&Method::GET, ["_ping"]) => Ok(answer::with_body(
            StatusCode::OK,
            "text/plain; charset=utf-8",
            "OK",
        )),
        (&Method::HEAD, ["_ping"]) => Ok(answer::with_body(StatusCode::OK, "text/plain; charset=utf-8", "")),
        (&Method::GET, ["version"]) => answer::ok(version()),
        (&Method::GET, ["info"]) => {
            let mut found = call.daemon(|daemon| info(daemon));
            found["Swarm"] = swarm::info(&call.target.shared.world().docker, &call.target.engine);
            answer::ok(found)
        }
        _ => Err(Failure::no_page()),
    }
}

fn version() -> Value {
    json!({
        "Platform": { "Name": "FleetFlow sandbox" },
        "Components": [{ "Name": "Engine", "Version": ENGINE_VERSION, "Details": { "ApiVersion": API_VERSION } }],
        "Version": ENGINE_VERSION,
        "ApiVersion": API_VERSION,
        "MinAPIVersion": MINIMUM_API_VERSION,
        "GitCommit": "sandbox",
        "GoVersion": "none",
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": "6.8.0-sandbox",
        "BuildTime": "2025-01-22T13:41:48.000000000+00:00",
    })
}

fn info(daemon: &Daemon<'_>) -> Value {
    let engine = &daemon.engine;
    let running = engine
        .containers
        .iter()
        .filter(|one| one.run.status == Status::Running)
        .count();
    let name = if engine.key == LOCAL {
        "sandbox"
    } else {
        &engine.key
    };
    json!({
        "ID": digest(&["engine", &engine.key])[..36],
        "Name": name,
        "Containers": engine.containers.len(),
        "ContainersRunning": running,
        "ContainersPaused": 0,
        "ContainersStopped": engine.containers.len() - running,
        "Images": engine.images.len(),
        "Driver": "overlay2",
        "ServerVersion": ENGINE_VERSION,
        "OperatingSystem": "FleetFlow sandbox",
        "OSType": "linux",
        "Architecture": "x86_64",
        "KernelVersion": "6.8.0-sandbox",
        "NCPU": 2,
        "MemTotal": 4_294_967_296_u64,
        "DockerRootDir": "/var/lib/docker",
        "LoggingDriver": "json-file",
        "CgroupDriver": "systemd",
        "CgroupVersion": "2",
        "SystemTime": daemon.now.to_string(),
        "Labels": [],
        "Warnings": Value::Null,
    })
}
