//! How nodes come about: the first server forms the swarm, the others join, those that go are drained first. Join tokens
//! are asked for when they are needed, and kept nowhere.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{
    LocalNodeState, Node, NodeSpec, NodeSpecAvailabilityEnum as Availability, NodeSpecRoleEnum, NodeState,
    SwarmInitRequest, SwarmJoinRequest, SwarmSpec, TaskState,
};
use bollard::query_parameters::{
    DeleteNodeOptions, LeaveSwarmOptions, ListNodesOptions, ListTasksOptions, UpdateNodeOptions,
};
use serde_json::{Value, json};

use super::managers::{self, Answer};
use super::{Role, SwarmNode, wait};
use crate::converge::Context;
use crate::docker::engines::{Engine, Engines};
use crate::docker::look::host_of;
use crate::docker::{Host, Place, marks};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Found, Lifecycle, Made, Observed, Resource as _, Scope, Wanted};
use crate::plan::Change;

/// The label of a node for each group whose services it may run.
pub(super) const GROUP: &str = "io.fleetflow.group.";
/// Where managers listen: <https://docs.docker.com/engine/swarm/swarm-tutorial/#open-protocols-and-ports-between-the-hosts>.
const PORT: u16 = 2377;
const JOINING: Duration = Duration::from_mins(3);
const DRAINING: Duration = Duration::from_mins(2);

impl Lifecycle for SwarmNode {
    type Cloud = Engines;

    async fn observe(engines: &Engines, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        wait::look(engines, scope, wanted, |engine| async move {
            let rows = list(&engine).await?;
            let ours = rows.iter().filter_map(|row| observed(row, scope, wanted));
            Ok(Found::from(ours.collect::<Vec<_>>()))
        })
        .await
    }

    async fn create(engines: &Engines, context: &Context, spec: &Self, _: Option<&Existing>) -> Result<Made> {
        let host = host_of(&spec.host, context)?;
        let engine = engines.ready(host, context).await?;
        let manager = enter(engines, context, spec, &engine).await?;
        let info = managers::info(&engine).await?;
        let id = info.node_id.unwrap_or_default();
        describe(&manager, context, spec, &id).await?;
        Ok(made(&id, host))
    }

    /// A node that is down either comes back by itself, or its server was made anew and joins again.
    async fn update(
        engines: &Engines,
        context: &Context,
        was: &Existing,
        spec: &Self,
        _: &[Change],
    ) -> Result<Made> {
        let host = host_of(&spec.host, context)?;
        let engine = engines.ready(host, context).await?;
        let manager = enter(engines, context, spec, &engine).await?;
        let id = managers::info(&engine).await?.node_id.unwrap_or_default();
        describe(&manager, context, spec, &id).await?;
        if id != was.id {
            forget(&manager, &was.id).await?;
        }
        Ok(made(&id, host))
    }

    async fn delete(engines: &Engines, context: &Context, was: &Existing) -> Result<()> {
        let engine = match host_of_existing(was) {
            Some(host) => engines.engine(&host).await.ok(),
            None => None,
        };
        match managers::ask(engines, &managers::of_existing(was)).await? {
            Answer::Manager(manager) => retire(engines, context, &manager, engine, was).await,
            Answer::NoSwarm | Answer::Silence(_) => match engine {
                Some(engine) => leave(&engine).await,
                None => Ok(()),
            },
        }
    }
}

/// Sees to it that `engine` takes part in the swarm, and gives a manager of it.
async fn enter(engines: &Engines, context: &Context, spec: &SwarmNode, engine: &Engine) -> Result<Engine> {
    let known = managers::known(&spec.managers);
    let takes_part = managers::takes_part(&managers::info(engine).await?);
    match managers::ask(engines, &known).await? {
        Answer::Manager(manager) if takes_part => {
            belongs(&manager, engine).await?;
            Ok(manager)
        }
        Answer::Manager(manager) => {
            join(context, spec, engine, &manager).await?;
            Ok(manager)
        }
        Answer::Silence(error) => Err(error),
        Answer::NoSwarm if takes_part => Err(strange(engine)),
        Answer::NoSwarm if spec.first => {
            init(context, engine).await?;
            Ok(engine.clone())
        }
        Answer::NoSwarm => managers::manager(engines, &known).await,
    }
}

async fn init(context: &Context, engine: &Engine) -> Result<()> {
    context.waiting("forming the swarm");
    let request = SwarmInitRequest {
        listen_addr: Some(format!("0.0.0.0:{PORT}")),
        advertise_addr: address(engine.host()),
        spec: Some(SwarmSpec {
            name: Some("default".to_owned()),
            labels: Some(marks::of(&context.owner)),
            ..SwarmSpec::default()
        }),
        ..SwarmInitRequest::default()
    };
    let formed = engine
        .once("form the swarm", |docker| async move {
            docker.init_swarm(request).await
        })
        .await;
    formed.map(drop)
}

async fn join(context: &Context, spec: &SwarmNode, engine: &Engine, manager: &Engine) -> Result<()> {
    let swarm = manager
        .repeat("ask for the join token", |docker| async move {
            docker.inspect_swarm().await
        })
        .await?;
    let token = swarm.join_tokens.and_then(|tokens| match spec.role {
        Role::Manager => tokens.manager,
        Role::Worker => tokens.worker,
    });
    let info = managers::info(manager).await?;
    let request = SwarmJoinRequest {
        listen_addr: Some(format!("0.0.0.0:{PORT}")),
        advertise_addr: address(engine.host()),
        remote_addrs: Some(vec![format!("{}:{PORT}", info.node_addr.unwrap_or_default())]),
        join_token: token,
        ..SwarmJoinRequest::default()
    };
    context.waiting("joining the swarm");
    let joined = engine
        .once("join the swarm", |docker| async move {
            docker.join_swarm(request).await
        })
        .await;
    // An engine that gave up waiting for the answer goes on joining.
    if let Err(error) = joined
        && !managers::takes_part(&managers::info(engine).await?)
    {
        return Err(error);
    }
    let is_in = || async {
        let state = managers::info(engine).await?.local_node_state;
        Ok((state == Some(LocalNodeState::ACTIVE)).then_some(()))
    };
    context
        .until("waiting until the server joined the swarm", JOINING, is_in)
        .await
        .map_err(|error| {
            error.help(format!(
                "servers of a swarm reach each other at the ports {PORT}/tcp, 7946/tcp, 7946/udp and 4789/udp: \
                 let their packet filters pass these"
            ))
        })
}

/// An error if `engine` is a node of another swarm than `manager`'s.
async fn belongs(manager: &Engine, engine: &Engine) -> Result<()> {
    let id = managers::info(engine).await?.node_id;
    let rows = list(manager).await?;
    match rows.iter().any(|row| row.id == id) {
        true => Ok(()),
        false => Err(strange(engine)),
    }
}

fn strange(engine: &Engine) -> Error {
    let message = format!(
        "the engine at {} takes part in another swarm already",
        engine.host()
    );
    Error::new(ErrorKind::Conflict, message)
        .help("take it out by hand, if nobody needs it: `docker swarm leave`")
}

/// Gives the node its mark, its role and its groups, and waits until it is ready.
async fn describe(manager: &Engine, context: &Context, spec: &SwarmNode, id: &str) -> Result<()> {
    let mut labels: HashMap<String, String> = marks::of(&context.owner);
    labels.extend(
        spec.groups
            .iter()
            .map(|group| (format!("{GROUP}{group}"), "true".to_owned())),
    );
    let role = match spec.role {
        Role::Manager => NodeSpecRoleEnum::MANAGER,
        Role::Worker => NodeSpecRoleEnum::WORKER,
    };
    let wanted = NodeSpec {
        labels: Some(labels),
        role: Some(role),
        availability: Some(Availability::ACTIVE),
        name: None,
    };
    let settle = || async {
        let row = find(manager, id).await?;
        let Some(row) = row else { return Ok(None) };
        if row.spec.as_ref() != Some(&wanted) {
            set(manager, &row, wanted.clone()).await?;
        }
        let state = row.status.and_then(|status| status.state);
        Ok((state == Some(NodeState::READY)).then_some(()))
    };
    context
        .until("waiting until the node is ready", JOINING, settle)
        .await
}

/// Moves everything off the node, takes it out of the swarm, and forgets it.
async fn retire(
    engines: &Engines,
    context: &Context,
    manager: &Engine,
    engine: Option<Engine>,
    was: &Existing,
) -> Result<()> {
    let rows = list(manager).await?;
    let Some(row) = rows.iter().find(|row| row.id.as_deref() == Some(&was.id)) else {
        return Ok(());
    };
    if rows.len() == 1 {
        return leave(engine.as_ref().unwrap_or(manager)).await;
    }
    let is_alive = row.status.as_ref().and_then(|status| status.state) == Some(NodeState::READY);
    let spec = NodeSpec {
        availability: Some(Availability::DRAIN),
        ..row.spec.clone().unwrap_or_default()
    };
    set(manager, row, spec).await?;
    if is_alive {
        let empty = || async { Ok(is_empty(manager, &was.id).await?.then_some(())) };
        context
            .until(
                "waiting until other servers run what this one ran",
                DRAINING,
                empty,
            )
            .await?;
    }
    demote(context, manager, &was.id).await?;
    if let Some(engine) = &engine {
        leave(engine).await?;
    }
    let others: Vec<Host> = managers::of_existing(was)
        .into_iter()
        .filter(|host| engine.as_ref().is_none_or(|engine| engine.host() != host))
        .collect();
    forget(&managers::manager(engines, &others).await?, &was.id).await
}

async fn demote(context: &Context, manager: &Engine, id: &str) -> Result<()> {
    let done = || async {
        let Some(row) = find(manager, id).await? else {
            return Ok(Some(()));
        };
        let spec = row.spec.clone().unwrap_or_default();
        if spec.role == Some(NodeSpecRoleEnum::MANAGER) {
            let spec = NodeSpec {
                role: Some(NodeSpecRoleEnum::WORKER),
                ..spec
            };
            set(manager, &row, spec).await?;
            return Ok(None);
        }
        Ok(row.manager_status.is_none().then_some(()))
    };
    context
        .until("waiting until the node manages the swarm no more", DRAINING, done)
        .await
}

async fn is_empty(manager: &Engine, id: &str) -> Result<bool> {
    let options = ListTasksOptions {
        filters: Some(HashMap::from([("node".to_owned(), vec![id.to_owned()])])),
    };
    let tasks = manager
        .repeat("list what the node runs", |docker| {
            let options = options.clone();
            async move { docker.list_tasks(Some(options)).await }
        })
        .await?;
    let runs = |state| {
        matches!(
            state,
            Some(TaskState::RUNNING | TaskState::STARTING | TaskState::PREPARING)
        )
    };
    Ok(!tasks
        .iter()
        .any(|task| runs(task.status.as_ref().and_then(|status| status.state))))
}

async fn leave(engine: &Engine) -> Result<()> {
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

async fn forget(manager: &Engine, id: &str) -> Result<()> {
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

async fn set(manager: &Engine, row: &Node, spec: NodeSpec) -> Result<()> {
    let version = row
        .version
        .as_ref()
        .and_then(|version| version.index)
        .unwrap_or_default();
    let options = UpdateNodeOptions {
        version: i64::try_from(version).unwrap_or(i64::MAX),
    };
    let id = row.id.as_deref().unwrap_or_default();
    manager
        .once("update the node", |docker| async move {
            docker.update_node(id, spec, options).await
        })
        .await
}

async fn list(engine: &Engine) -> Result<Vec<Node>> {
    engine
        .repeat("list the nodes", |docker| async move {
            docker.list_nodes(None::<ListNodesOptions>).await
        })
        .await
}

async fn find(engine: &Engine, id: &str) -> Result<Option<Node>> {
    let rows = list(engine).await?;
    Ok(rows.into_iter().find(|row| row.id.as_deref() == Some(id)))
}

fn observed(row: &Node, scope: &Scope, wanted: &[Wanted]) -> Option<Observed> {
    let spec = row.spec.as_ref()?;
    let labels = spec.labels.as_ref()?;
    let owner = marks::ours(labels, scope, SwarmNode::KIND)?;
    let id = row.id.clone().unwrap_or_default();
    let mut groups: Vec<&str> = labels
        .keys()
        .filter_map(|name| name.strip_prefix(GROUP))
        .collect();
    groups.sort_unstable();
    let state = match row.status.as_ref().and_then(|status| status.state) {
        Some(NodeState::READY) if spec.availability == Some(Availability::DRAIN) => "drained".to_owned(),
        Some(state) => state.to_string(),
        None => "unknown".to_owned(),
    };
    let one = wanted.iter().find(|one| one.address == owner.address);
    let host = one.and_then(|one| one.remembered.as_ref()?.outputs.get("host").cloned());
    let live = json!({
        "name": owner.address.name(),
        "role": spec.role.map(|role| role.to_string()),
        "groups": groups,
        "status": state,
    });
    let outputs = json!({"id": id, "host": host.unwrap_or(Value::Null)});
    Some(Observed {
        outputs: Made::new("", &outputs).outputs,
        status: json!({"state": state}).as_object().cloned().unwrap_or_default(),
        ..Observed::marked(owner.address, id).showing(live)
    })
}

fn host_of_existing(was: &Existing) -> Option<Host> {
    let host = was.spec.get("host").and_then(Value::as_str);
    was.output("host").or(host)?.parse().ok()
}

/// The address that others reach a server at; an engine finds out by itself where there is none.
fn address(host: &Host) -> Option<String> {
    match host.place() {
        Place::Local => None,
        Place::Ssh { host, .. } => Some(host.clone()),
    }
}

fn made(id: &str, host: &Host) -> Made {
    Made::new(id, &json!({"id": id, "host": host}))
}
