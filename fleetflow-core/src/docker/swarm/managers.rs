//! Finding an engine that manages the swarm now. Any of the declared managers will do, as long as most of them live.

use std::time::Duration;

use bollard::models::{LocalNodeState, SwarmInfo};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use serde_json::Value;
use tokio::time::timeout;

use crate::codes;
use crate::docker::Host;
use crate::docker::engines::{Engine, Engines};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Input, Wanted};

/// How long a manager may take to answer before another one is asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the managers said.
pub(super) enum Answer {
    /// This one manages the swarm.
    Manager(Engine),
    /// All that could be asked say that there is no swarm.
    NoSwarm,
    /// None of them answers, for this reason.
    Silence(Error),
}

/// Asks all of `hosts` at once whether they manage a swarm; the first that does is taken.
pub(super) async fn ask(engines: &Engines, hosts: &[Host]) -> Result<Answer> {
    let mut asked: FuturesUnordered<_> = hosts.iter().map(|host| ask_one(engines, host)).collect();
    let mut silence = None;
    while let Some(answer) = asked.next().await {
        match answer {
            Ok((engine, info)) if is_manager(&info) => return Ok(Answer::Manager(engine)),
            Ok(_) => {}
            Err(error) => silence = Some(error),
        }
    }
    Ok(silence.map_or(Answer::NoSwarm, Answer::Silence))
}

/// Asks all of `hosts`, and `own` only if no other one manages a swarm.
pub(super) async fn ask_others(engines: &Engines, hosts: &[Host], own: &Host) -> Result<Answer> {
    let others: Vec<Host> = hosts.iter().filter(|host| *host != own).cloned().collect();
    match ask(engines, &others).await? {
        Answer::Manager(manager) => Ok(Answer::Manager(manager)),
        others if !hosts.contains(own) => Ok(others),
        others => match (ask(engines, std::slice::from_ref(own)).await?, others) {
            (Answer::Manager(manager), _) => Ok(Answer::Manager(manager)),
            (_, Answer::Silence(error)) => Ok(Answer::Silence(error)),
            (own, _) => Ok(own),
        },
    }
}

async fn ask_one(engines: &Engines, host: &Host) -> Result<(Engine, SwarmInfo)> {
    let asked = async {
        let engine = engines.engine(host).await?;
        let info = look(&engine).await?;
        Ok((engine, info))
    };
    timeout(PATIENCE, asked).await.unwrap_or_else(|_| {
        let seconds = PATIENCE.as_secs();
        let message = format!("the engine at {host} did not answer within {seconds} s");
        Err(Error::of(&codes::SERVER_SILENT, message).help("see that the server runs"))
    })
}

/// What an engine says about its swarm now, asked once.
pub(super) async fn look(engine: &Engine) -> Result<SwarmInfo> {
    let info = engine
        .once("ask about the swarm", |docker| async move { docker.info().await })
        .await?;
    Ok(info.swarm.unwrap_or_default())
}

/// An engine that manages the swarm now; an error where there is none.
pub(super) async fn manager(engines: &Engines, hosts: &[Host]) -> Result<Engine> {
    match ask(engines, hosts).await? {
        Answer::Manager(engine) => Ok(engine),
        Answer::NoSwarm => Err(
            Error::new(ErrorKind::NotFound, "none of the servers manages a swarm")
                .help("run `flow up`, which forms it"),
        ),
        Answer::Silence(error) => Err(error),
    }
}

/// What an engine says about its swarm.
pub(super) async fn info(engine: &Engine) -> Result<SwarmInfo> {
    let info = engine
        .repeat("ask about the swarm", |docker| async move { docker.info().await })
        .await?;
    Ok(info.swarm.unwrap_or_default())
}

/// Whether an engine takes part in a swarm.
pub(super) fn takes_part(info: &SwarmInfo) -> bool {
    !matches!(
        info.local_node_state,
        None | Some(LocalNodeState::EMPTY | LocalNodeState::INACTIVE)
    )
}

fn is_manager(info: &SwarmInfo) -> bool {
    info.local_node_state == Some(LocalNodeState::ACTIVE) && info.control_available == Some(true)
}

/// The engines of `managers` that are known.
pub(super) fn known(managers: &[Input<Host>]) -> Vec<Host> {
    managers.iter().filter_map(|host| host.known().cloned()).collect()
}

/// The managers that `wanted` name, now or when they were applied.
pub(super) fn of_wanted(wanted: &[Wanted]) -> Vec<Host> {
    let specs = wanted.iter().flat_map(|one| {
        let before = one.remembered.as_ref().map(|existing| &*existing.spec);
        std::iter::once(&*one.spec).chain(before)
    });
    let mut hosts: Vec<Host> = specs.flat_map(of_spec).collect();
    hosts.sort();
    hosts.dedup();
    hosts
}

/// The managers that `was` was made with.
pub(super) fn of_existing(was: &Existing) -> Vec<Host> {
    of_spec(&was.spec).collect()
}

fn of_spec(spec: &Value) -> impl Iterator<Item = Host> + '_ {
    let hosts = spec
        .get("managers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    hosts.filter_map(|host| host.as_str()?.parse().ok())
}
