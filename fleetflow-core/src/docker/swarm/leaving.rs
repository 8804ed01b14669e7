//! How a node goes: what it runs moves to others first, then it leaves the swarm, and is forgotten there.

use std::time::Duration;

use bollard::models::{
    Node, NodeSpec, NodeSpecAvailabilityEnum as Availability, NodeSpecRoleEnum, NodeState, TaskState,
};
use bollard::query_parameters::{DeleteNodeOptions, LeaveSwarmOptions};

use super::{managers, nodes};
use crate::converge::Context;
use crate::docker::engines::Engine;
use crate::error::Result;
use crate::model::Existing;

const DRAINING: Duration = Duration::from_mins(2);

/// Moves everything off the node, takes it out of the swarm, and forgets it.
pub(super) async fn retire(
    context: &Context,
    manager: &Engine,
    engine: Option<&Engine>,
    was: &Existing,
) -> Result<()> {
    let rows = nodes::list(manager).await?;
    let Some(row) = rows.iter().find(|row| row.id.as_deref() == Some(&was.id)) else {
        return Ok(());
    };
    if rows.len() == 1 {
        return leave(engine.unwrap_or(manager)).await;
    }
    let is_alive = nodes::state(row) == Some(NodeState::READY);
    drain(context, manager, &was.id, is_alive).await?;
    demote(context, manager, &was.id).await?;
    if let Some(engine) = engine {
        leave(engine).await?;
    }
    forget(manager, &was.id).await
}

/// Takes everything off the node. Nobody can tell what one that is dead runs.
async fn drain(context: &Context, manager: &Engine, id: &str, is_alive: bool) -> Result<()> {
    let empty = || async {
        let Some(row) = nodes::find(manager, id).await? else {
            return Ok(Some(()));
        };
        let spec = row.spec.clone().unwrap_or_default();
        if spec.availability != Some(Availability::DRAIN) {
            let spec = NodeSpec {
                availability: Some(Availability::DRAIN),
                ..spec
            };
            nodes::set(manager, &row, spec).await?;
            return Ok(None);
        }
        Ok((!is_alive || is_empty(manager, id).await?).then_some(()))
    };
    let what = "waiting until other servers run what this one ran";
    context.until(what, DRAINING, empty).await
}

/// Managers that are dead are demoted first: a majority of those that are left has to live (the swarm refuses it otherwise:
/// "this would result in a loss of quorum"). One that comes back is made a manager again by the next run.
async fn demote(context: &Context, manager: &Engine, id: &str) -> Result<()> {
    let done = || async {
        let rows = nodes::list(manager).await?;
        let Some(own) = rows.iter().find(|row| row.id.as_deref() == Some(id)) else {
            return Ok(Some(()));
        };
        if own.manager_status.is_none() && role(own) != Some(NodeSpecRoleEnum::MANAGER) {
            return Ok(Some(()));
        }
        let is_dead = |row: &&Node| row.id != own.id && nodes::state(row) == Some(NodeState::DOWN);
        let dead = rows
            .iter()
            .filter(is_dead)
            .find(|row| row.manager_status.is_some());
        let next = dead.unwrap_or(own);
        if role(next) == Some(NodeSpecRoleEnum::MANAGER) {
            let spec = NodeSpec {
                role: Some(NodeSpecRoleEnum::WORKER),
                ..next.spec.clone().unwrap_or_default()
            };
            nodes::set(manager, next, spec).await?;
        }
        Ok(None)
    };
    context
        .until("waiting until the node manages the swarm no more", DRAINING, done)
        .await
}

fn role(row: &Node) -> Option<NodeSpecRoleEnum> {
    row.spec.as_ref()?.role
}

async fn is_empty(manager: &Engine, id: &str) -> Result<bool> {
    let tasks = nodes::tasks(manager, "node", id).await?;
    let runs = |task| {
        matches!(
            nodes::progress(task),
            Some(TaskState::RUNNING | TaskState::STARTING | TaskState::PREPARING)
        )
    };
    Ok(!tasks.iter().any(runs))
}

pub(super) async fn leave(engine: &Engine) -> Result<()> {
    if !managers::takes_part(&managers::info(engine).await?) {
        return Ok(());
    }
    let options = LeaveSwarmOptions { force: true };
    engine
        .once("leave the swarm", |docker| async move {
            docker.leave_swarm(Some(options)).await
        })
        .await
}

pub(super) async fn forget(manager: &Engine, id: &str) -> Result<()> {
    let options = DeleteNodeOptions { force: true };
    let removed = manager
        .repeat("remove the node", |docker| {
            let options = options.clone();
            async move { docker.delete_node(id, Some(options)).await }
        })
        .await;
    match removed {
        Err(error) if error.is_not_found() => Ok(()),
        answer => answer,
    }
}
