//! Containers: their rows and requests. What they would run is described, never executed.

use http::{Method, StatusCode};

use super::answer::{self, Failure, Outcome};
use super::call::Call;
use super::rows::Engine;

mod archive;
mod attach;
mod create;
mod health;
mod inspect;
mod life;
mod list;
mod logs;
mod mounts;
mod ports;
mod remove;
mod row;
mod run;
mod spec;
mod usage;
mod wait;

pub(super) use row::{Access, Container, Health, Mount, Status};
pub(super) use run::{boot, exit, settle, start};
pub(super) use spec::{Environment, Healthcheck};

/// The requests below `/containers`.
pub(super) fn route(call: &Call, path: &[&str]) -> Outcome {
    match (&call.method, path) {
        (&Method::GET, ["json"]) => list::list(call),
        (&Method::POST, ["create"]) => create::create(call),
        (&Method::POST, ["prune"]) => remove::prune(call),
        (&Method::DELETE, [name]) => remove::remove(call, name),
        (&Method::PUT, [name, "archive"]) => archive::put(call, name),
        (&Method::GET, [name, view]) => look(call, name, view),
        (&Method::POST, [name, "wait"]) => wait::wait(call, name),
        (&Method::POST, [name, "exec"]) => super::exec::create(call, name),
        (&Method::POST, [name, action]) => act(call, name, action),
        _ => Err(Failure::no_page()),
    }
}

fn look(call: &Call, name: &str, view: &str) -> Outcome {
    match view {
        "json" => inspect::inspect(call, name),
        "logs" => logs::logs(call, name),
        "stats" => usage::stats(call, name),
        "top" => usage::top(call, name),
        _ => Err(Failure::no_page()),
    }
}

fn act(call: &Call, name: &str, action: &str) -> Outcome {
    match action {
        "start" => life::start(call, name),
        "stop" => life::stop(call, name),
        "restart" => life::restart(call, name),
        "kill" => life::kill(call, name),
        "rename" => life::rename(call, name),
        "attach" => attach::attach(call, name),
        _ => Err(Failure::no_page()),
    }
}

/// Where a container is among the rows: by id, name, or the beginning of its id.
pub(super) fn position(engine: &Engine, wanted: &str) -> Result<usize, Failure> {
    let name = wanted.trim_start_matches('/');
    let rows = &engine.containers;
    if let Some(at) = rows.iter().position(|row| row.id == wanted || row.name == name) {
        return Ok(at);
    }
    let matches = |(_, row): &(usize, &Container)| !wanted.is_empty() && row.id.starts_with(wanted);
    let mut by_prefix = rows.iter().enumerate().filter(matches);
    match (by_prefix.next(), by_prefix.next()) {
        (Some((at, _)), None) => Ok(at),
        (Some(_), Some(_)) => Err(Failure::bad(format!(
            "multiple IDs found with provided prefix: {wanted}"
        ))),
        (None, _) => Err(Failure::not_found(format!("No such container: {wanted}"))),
    }
}

/// A container by id, name, or the beginning of its id.
pub(super) fn find<'a>(engine: &'a Engine, wanted: &str) -> Result<&'a Container, Failure> {
    position(engine, wanted).map(|at| &engine.containers[at])
}

/// A container that must be running.
pub(super) fn running<'a>(engine: &'a Engine, wanted: &str) -> Result<&'a Container, Failure> {
    let container = find(engine, wanted)?;
    if container.is_running() {
        return Ok(container);
    }
    Err(Failure::conflict(format!(
        "container {} is not running",
        container.id
    )))
}

/// Names of containers and volumes: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
    name.len() > 1
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(allowed)
}

fn done() -> Outcome {
    answer::empty(StatusCode::NO_CONTENT)
}
