//! How nodes come about: the first server forms the swarm, the others join. Joining and leaving are said elsewhere.

use std::collections::BTreeSet;
use std::time::Duration;

use bollard::models::{Node, NodeSpecAvailabilityEnum as Availability, NodeState};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::managers::{self, Answer};
use super::nodes::GROUP;
use super::{SwarmNode, joining, leaving, nodes, wait};
use crate::converge::Context;
use crate::docker::engines::{Engine, Engines};
use crate::docker::look::host_of;
use crate::docker::{Host, marks};
use crate::error::Result;
use crate::model::{
    Address, Existing, Found, Lifecycle, Made, Observed, Resource as _, Scope, Unfinished, Wanted,
};
use crate::plan::Change;

/// How long a server whose node is down may take to answer before it counts as dead.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many managers are asked to let a node go, one after another.
const ROUNDS: usize = 4;

impl Lifecycle for SwarmNode {
    type Cloud = Engines;

    async fn observe(engines: &Engines, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        wait::look(engines, scope, wanted, |engine| async move {
            let mut found = Found::default();
            let rows = nodes::list(&engine).await?;
            found.resources = unmarked(engines, &rows, wanted).await;
            for row in rows {
                let Some(mut node) = observed(&row, scope, wanted) else {
                    continue;
                };
                if nodes::state(&row) == Some(NodeState::DOWN) && is_dead(engines, &node).await {
                    found.notes.push(format!(
                        "the server {0} of the swarm is down: its services run on the others, as far as these have \
                         room; start it again, or take `deploy-services` out of `server.{0}`",
                        node.address.name()
                    ));
                    // Nothing but a living server mends that: it is told, and no step waits for the dead.
                    node.live["status"] = json!("ready");
                }
                found.resources.push(node);
            }
            Ok(found)
        })
        .await
    }

    async fn create(engines: &Engines, context: &Context, spec: &Self, _: Option<&Existing>) -> Result<Made> {
        bring_in(engines, context, spec).await.map(|(_, made)| made)
    }

    /// A node that is down either comes back by itself, or its server was made anew and joins again.
    async fn update(
        engines: &Engines,
        context: &Context,
        was: &Existing,
        spec: &Self,
        _: &[Change],
    ) -> Result<Made> {
        let (manager, made) = bring_in(engines, context, spec).await?;
        if made.id != was.id {
            leaving::forget(&manager, &was.id).await?;
        }
        Ok(made)
    }

    async fn delete(engines: &Engines, context: &Context, was: &Existing) -> Result<()> {
        let mut rounds = 1..ROUNDS;
        loop {
            match let_go(engines, context, was).await {
                // The manager that was asked may have left the swarm itself meanwhile: another one goes on with what is left.
                Err(error) if error.is_retryable() && rounds.next().is_some() => {
                    tracing::debug!(%error, "another manager is looked for");
                }
                answer => return answer,
            }
        }
    }
}

async fn let_go(engines: &Engines, context: &Context, was: &Existing) -> Result<()> {
    let host = host_of_existing(was);
    let engine = match &host {
        Some(host) => answering(engines, host).await,
        None => None,
    };
    let hosts = managers::of_existing(was);
    let own = host.unwrap_or_else(Host::local);
    match (managers::ask_others(engines, &hosts, &own).await?, engine) {
        (Answer::Manager(manager), engine) => leaving::retire(context, &manager, engine.as_ref(), was).await,
        (_, Some(engine)) => leaving::leave(&engine).await,
        (_, None) => Ok(()),
    }
}

async fn bring_in(engines: &Engines, context: &Context, spec: &SwarmNode) -> Result<(Engine, Made)> {
    let host = host_of(&spec.host, context)?;
    let engine = engines.ready(host, context).await?;
    let manager = joining::enter(engines, context, spec, &engine).await?;
    let id = managers::info(&engine).await?.node_id.unwrap_or_default();
    nodes::describe(&manager, context, spec, &id).await?;
    Ok((manager, made(&id, host)))
}

/// Whether nobody answers where the node was: one that was made anew answers, and joins again.
async fn is_dead(engines: &Engines, node: &Observed) -> bool {
    let host = node.outputs.get("host").and_then(Value::as_str);
    match host.and_then(|host| host.parse().ok()) {
        Some(host) => answering(engines, &host).await.is_none(),
        None => false,
    }
}

/// The engine at `host`, if it answers soon: an engine that answered once may be dead by now.
async fn answering(engines: &Engines, host: &Host) -> Option<Engine> {
    let asked = async {
        let engine = engines.engine(host).await?;
        managers::look(&engine).await.map(|_| engine)
    };
    match timeout(PATIENCE, asked).await {
        Ok(Ok(engine)) => Some(engine),
        Ok(Err(error)) => {
            tracing::debug!(%error, %host, "the server does not answer");
            None
        }
        Err(_) => None,
    }
}

/// The nodes that joined in a run which ended before they got their marks: their engines say who they are.
async fn unmarked(engines: &Engines, rows: &[Node], wanted: &[Wanted]) -> Vec<Observed> {
    let owner = |row: &Node| {
        row.spec
            .as_ref()
            .and_then(|spec| marks::owner(spec.labels.as_ref()?))
    };
    let marked: BTreeSet<Address> = rows.iter().filter_map(owner).map(|owner| owner.address).collect();
    let strange: Vec<&str> = rows
        .iter()
        .filter(|row| owner(row).is_none())
        .filter_map(|row| row.id.as_deref())
        .collect();
    if strange.is_empty() {
        return Vec::new();
    }
    let missing = wanted.iter().filter(|one| !marked.contains(&one.address));
    let asked = missing.filter_map(|one| {
        let host: Host = one.spec.get("host")?.as_str()?.parse().ok()?;
        let strange = &strange;
        Some(async move {
            let engine = answering(engines, &host).await?;
            let id = managers::look(&engine).await.ok()?.node_id?;
            strange.contains(&id.as_str()).then(|| Observed {
                outputs: made(&id, &host).outputs,
                incomplete: Some(Unfinished::Interrupted(
                    "it joined the swarm, and its role was not set yet".to_owned(),
                )),
                ..Observed::marked(one.address.clone(), id)
            })
        })
    });
    join_all(asked).await.into_iter().flatten().collect()
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
    let state = match nodes::state(row) {
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

fn made(id: &str, host: &Host) -> Made {
    Made::new(id, &json!({"id": id, "host": host}))
}
