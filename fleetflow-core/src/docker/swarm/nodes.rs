//! The rows of a swarm's nodes and of what runs on them, and their change. What a node is to be is said elsewhere.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{
    Node, NodeSpec, NodeSpecAvailabilityEnum as Availability, NodeSpecRoleEnum, NodeState, Task, TaskState,
};
use bollard::query_parameters::{ListNodesOptions, ListTasksOptions, UpdateNodeOptions};

use super::{Role, SwarmNode};
use crate::converge::Context;
use crate::docker::engines::Engine;
use crate::docker::marks;
use crate::error::Result;

/// The label of a node for each group whose services it may run.
pub(super) const GROUP: &str = "io.fleetflow.group.";
const SETTLING: Duration = Duration::from_mins(3);

/// Gives the node its mark, its role and its groups, and waits until it is ready.
pub(super) async fn describe(manager: &Engine, context: &Context, spec: &SwarmNode, id: &str) -> Result<()> {
    let wanted = wanted(context, spec);
    let settle = || async {
        let Some(row) = find(manager, id).await? else {
            return Ok(None);
        };
        if row.spec.as_ref() != Some(&wanted) {
            set(manager, &row, wanted.clone()).await?;
            return Ok(None);
        }
        // Who is made a manager, or one no more, is so a moment later.
        let is_done = row.manager_status.is_some() == (spec.role == Role::Manager);
        Ok((state(&row) == Some(NodeState::READY) && is_done).then_some(()))
    };
    context
        .until("waiting until the node is ready", SETTLING, settle)
        .await
}

fn wanted(context: &Context, spec: &SwarmNode) -> NodeSpec {
    let mut labels: HashMap<String, String> = marks::of(&context.owner);
    let groups = spec.groups.iter();
    labels.extend(groups.map(|group| (format!("{GROUP}{group}"), "true".to_owned())));
    let role = match spec.role {
        Role::Manager => NodeSpecRoleEnum::MANAGER,
        Role::Worker => NodeSpecRoleEnum::WORKER,
    };
    NodeSpec {
        labels: Some(labels),
        role: Some(role),
        availability: Some(Availability::ACTIVE),
        name: None,
    }
}

/// Whether the node answers its managers.
pub(super) fn state(row: &Node) -> Option<NodeState> {
    row.status.as_ref().and_then(|status| status.state)
}

/// Changes the node, unless its row has become another one meanwhile: who calls it looks again.
pub(super) async fn set(manager: &Engine, row: &Node, spec: NodeSpec) -> Result<()> {
    let version = row.version.as_ref().and_then(|version| version.index);
    let options = UpdateNodeOptions {
        version: i64::try_from(version.unwrap_or_default()).unwrap_or(i64::MAX),
    };
    let id = row.id.as_deref().unwrap_or_default();
    let changed = manager
        .once("update the node", |docker| async move {
            docker.update_node(id, spec, options).await
        })
        .await;
    match changed {
        Err(error) if error.message().contains("out of sequence") => Ok(()),
        answer => answer,
    }
}

pub(super) async fn list(engine: &Engine) -> Result<Vec<Node>> {
    engine
        .repeat("list the nodes", |docker| async move {
            docker.list_nodes(None::<ListNodesOptions>).await
        })
        .await
}

/// The tasks that the filter `name` picks by `value`.
pub(super) async fn tasks(engine: &Engine, name: &str, value: &str) -> Result<Vec<Task>> {
    listed(
        engine,
        Some(HashMap::from([(name.to_owned(), vec![value.to_owned()])])),
    )
    .await
}

/// All tasks, those that ended too.
pub(super) async fn all_tasks(engine: &Engine) -> Result<Vec<Task>> {
    listed(engine, None).await
}

async fn listed(engine: &Engine, filters: Option<HashMap<String, Vec<String>>>) -> Result<Vec<Task>> {
    let options = ListTasksOptions { filters };
    engine
        .repeat("list the tasks", |docker| {
            let options = options.clone();
            async move { docker.list_tasks(Some(options)).await }
        })
        .await
}

/// How far a task is.
pub(super) fn progress(task: &Task) -> Option<TaskState> {
    task.status.as_ref().and_then(|status| status.state)
}

pub(super) async fn find(engine: &Engine, id: &str) -> Result<Option<Node>> {
    let rows = list(engine).await?;
    Ok(rows.into_iter().find(|row| row.id.as_deref() == Some(id)))
}
