//! Removing containers, one by one or all that are down.

use serde_json::{Value, json};

use super::row::{Container, Status};
use super::{done, position};
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::Call;
use crate::docker::rows::Engine;

/// What happens to the volumes nobody named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anonymous {
    Removed,
    Kept,
}

pub(super) fn remove(call: &Call, name: &str) -> Outcome {
    let anonymous = if call.flag("v") {
        Anonymous::Removed
    } else {
        Anonymous::Kept
    };
    let force = call.flag("force");
    call.daemon(|daemon| {
        let at = position(daemon.engine, name)?;
        let container = &daemon.engine.containers[at];
        if is_up(container) && !force {
            let status = container.run.status.as_str();
            let advice = "stop the container before removing or force remove";
            let name = &container.name;
            let reason = format!("cannot remove container \"/{name}\": container is {status}: {advice}");
            return Err(Failure::conflict(reason));
        }
        take_away(daemon.engine, at, anonymous);
        done()
    })
}

fn is_up(container: &Container) -> bool {
    matches!(container.run.status, Status::Running | Status::Restarting)
}

fn take_away(engine: &mut Engine, at: usize, anonymous: Anonymous) {
    let container = engine.containers.remove(at);
    engine.execs.retain(|_, exec| !exec.runs_in(&container.id));
    if anonymous == Anonymous::Kept {
        return;
    }
    let mounted: Vec<String> = container
        .mounts
        .into_iter()
        .filter_map(|mount| mount.volume)
        .collect();
    let in_use = |name: &str| {
        let mut mounts = engine.containers.iter().flat_map(|other| &other.mounts);
        mounts.any(|mount| mount.volume.as_deref() == Some(name))
    };
    let gone: Vec<String> = mounted.into_iter().filter(|name| !in_use(name)).collect();
    engine
        .volumes
        .retain(|volume| !(volume.is_anonymous() && gone.contains(&volume.name)));
}

/// Removes containers that ended and were to be removed then.
pub(super) fn remove_ended(engine: &mut Engine) {
    let is_done =
        |container: &Container| container.host_config.auto_remove && container.run.status == Status::Exited;
    while let Some(at) = engine.containers.iter().position(is_done) {
        let container = &engine.containers[at];
        engine
            .last_words
            .insert(container.id.clone(), container.run.exit_code);
        take_away(engine, at, Anonymous::Removed);
    }
}

pub(super) fn prune(call: &Call) -> Outcome {
    let filters = call.filters(&["label", "until"])?;
    call.daemon(|daemon| {
        let is_unused = |container: &Container| !is_up(container) && filters.labels(&container.config.labels);
        let mut gone: Vec<Value> = Vec::new();
        while let Some(at) = daemon.engine.containers.iter().position(is_unused) {
            gone.push(json!(daemon.engine.containers[at].id));
            take_away(daemon.engine, at, Anonymous::Kept);
        }
        answer::ok(json!({ "ContainersDeleted": gone, "SpaceReclaimed": 0 }))
    })
}
