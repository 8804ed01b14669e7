//! How an engine comes into a swarm: it forms one, or joins one. Join tokens are asked for when they are needed, and kept
//! nowhere: they are in no declaration, no output and no error.

use std::time::Duration;

use bollard::models::{LocalNodeState, SwarmInitRequest, SwarmJoinRequest, SwarmSpec};

use super::managers::{self, Answer};
use super::{Role, SwarmNode, nodes};
use crate::converge::Context;
use crate::docker::engines::{Engine, Engines};
use crate::docker::{Host, Place, marks};
use crate::error::{Error, ErrorKind, Result};

/// Where managers listen: <https://docs.docker.com/engine/swarm/swarm-tutorial/#open-protocols-and-ports-between-the-hosts>.
const PORT: u16 = 2377;
const JOINING: Duration = Duration::from_mins(3);
/// How long the servers that shall manage the swarm may take until they say whether there is one.
const BOOTING: Duration = Duration::from_mins(10);

/// Sees to it that `engine` takes part in the swarm, and gives a manager of it: another one where there is one, as this
/// one may be about to manage nothing.
pub(super) async fn enter(
    engines: &Engines,
    context: &Context,
    spec: &SwarmNode,
    engine: &Engine,
) -> Result<Engine> {
    let hosts = managers::known(&spec.managers);
    let takes_part = managers::takes_part(&managers::info(engine).await?);
    match answer(engines, context, &hosts, engine.host()).await? {
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
        Answer::NoSwarm => managers::manager(engines, &hosts).await,
    }
}

/// What the managers say, once one of them manages a swarm or all have answered: to form a swarm while some are silent
/// could be a second one.
async fn answer(engines: &Engines, context: &Context, hosts: &[Host], own: &Host) -> Result<Answer> {
    let ask = || async {
        match managers::ask_others(engines, hosts, own).await? {
            Answer::Silence(error) => {
                tracing::debug!(%error, "a server that shall manage the swarm does not answer yet");
                Ok(None)
            }
            answer => Ok(Some(answer)),
        }
    };
    let what = "waiting until the servers that manage the swarm answer";
    context.until(what, BOOTING, ask).await
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
    engine.hide(token.clone());
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
    let rows = nodes::list(manager).await?;
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

/// The address that others reach a server at; an engine finds out by itself where there is none.
fn address(host: &Host) -> Option<String> {
    match host.place() {
        Place::Local => None,
        Place::Ssh { host, .. } => Some(host.clone()),
    }
}
