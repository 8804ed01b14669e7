//! From what was observed to a decision for each scaled server. It changes nothing.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::meter::{Machine, Meter};
use super::{Decision, Policy, Replica, count, decide};
use crate::converge::{Observation, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, Expansion, Observed, Ownership, Stack};
use crate::sakura::scale::{self, Metrics};

/// What is known and decided about one scaled server.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Judgement {
    /// The server.
    pub server: String,
    /// How many replicas there shall be now.
    pub current: u32,
    /// How many of them are there and do their work.
    pub well: u32,
    /// What is declared.
    pub policy: Policy,
    /// When the count was changed last, or a replica was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub last_change: Option<Timestamp>,
    /// In how many seconds one may be added; 0 for now.
    pub seconds_to_up: u64,
    /// In how many seconds one may be removed; 0 for now.
    pub seconds_to_down: u64,
    /// How many there shall be from now on, and why.
    pub decision: Decision,
}

/// The time it is, as the caller says.
pub(crate) fn now(session: &Session) -> Result<Timestamp> {
    let text = (session.caller.now)();
    text.parse().map_err(|error| {
        Error::new(
            ErrorKind::Invalid,
            format!("the caller's clock says `{text}`, which is no time: {error}"),
        )
        .help("let it answer in RFC 3339")
    })
}

/// A decision for each scaled server of `stack`.
pub(super) async fn judge(
    stack: &Stack,
    session: &Session,
    seen: &Observation,
    meter: &mut Meter,
) -> Result<Vec<Judgement>> {
    let now = now(session)?;
    let mut judgements = Vec::new();
    for declared in count::scales(stack) {
        let policy = declared.policy();
        let around = Expansion::new(stack, &seen.scaling.counts);
        let names = scale::replicas(&around, declared.server());
        let there: Vec<(&String, &Observed)> = names
            .iter()
            .filter_map(|name| Some((name, ours(seen, name)?)))
            .collect();
        let machines: Vec<_> = match policy.threshold {
            Some(_) => there
                .iter()
                .filter_map(|(_, found)| machine(found, declared.metrics()))
                .collect(),
            None => Vec::new(),
        };
        let loads = meter.read(&session.clouds, &machines, &policy, now).await?;
        let mut replicas: Vec<Replica> = there
            .iter()
            .map(|(name, found)| replica(seen, name, found))
            .collect();
        for (replica, (_, found)) in replicas.iter_mut().zip(&there) {
            let samples = found.id.parse().ok().and_then(|id| loads.get(&id));
            replica.samples = samples.cloned().unwrap_or_default();
        }
        let last_change = last_change(seen, declared.server(), &there);
        let current = u32::try_from(names.len()).unwrap_or(u32::MAX);
        judgements.push(Judgement {
            server: declared.server().to_owned(),
            current,
            well: u32::try_from(replicas.iter().filter(|replica| replica.well).count()).unwrap_or(u32::MAX),
            last_change,
            seconds_to_up: left(last_change, policy.up_cooldown, now),
            seconds_to_down: left(last_change, policy.down_cooldown, now),
            decision: decide(&replicas, &policy, current, last_change, now),
            policy,
        });
    }
    Ok(judgements)
}

/// What is left of a pause since `time`, in seconds.
fn left(time: Option<Timestamp>, pause: Duration, now: Timestamp) -> u64 {
    let since = time.and_then(|time| Duration::try_from(now.duration_since(time)).ok());
    since.map_or(0, |since| pause.saturating_sub(since).as_secs())
}

/// The server of this name, if it is ours and there.
fn ours<'o>(seen: &'o Observation, name: &str) -> Option<&'o Observed> {
    seen.at(&Address::new("server", name))
        .filter(|found| !matches!(found.ownership, Ownership::Foreign(_)))
}

/// The server as one whose load can be asked for.
pub(super) fn machine(found: &Observed, metrics: Metrics) -> Option<Machine> {
    let host = |metrics| match metrics {
        Metrics::SakuraCloud => None,
        Metrics::Docker => found.outputs.get("docker")?.as_str()?.parse().ok(),
    };
    Some(Machine {
        engine: host(metrics),
        zone: found.outputs.get("zone")?.as_str()?.to_owned(),
        id: found.id.parse().ok()?,
        cores: u32::try_from(found.live.get("plan")?.get("core")?.as_u64()?).ok()?,
    })
}

/// One that is unfinished or without power is repaired where it is; one whose services are ill is made anew, unless it
/// is the first, whose disk holds what nobody else has.
fn replica(seen: &Observation, name: &str, found: &Observed) -> Replica {
    let ill = has_ill_service(seen, &found.address);
    let is_first = seen
        .desired
        .iter()
        .any(|declared| declared.address == found.address && declared.replica_of.is_none());
    Replica {
        well: found.incomplete.is_none() && !ill,
        expendable: ill && !is_first,
        ..Replica::well(name)
    }
}

/// Whether a container that lives in `server` fails its health check.
fn has_ill_service(seen: &Observation, server: &Address) -> bool {
    let host = server.output("docker").to_string();
    let lives_there = seen.desired.iter().filter(|declared| {
        declared.address.kind() == "container"
            && declared.spec["host"].get("$ref").and_then(Value::as_str) == Some(host.as_str())
    });
    let mut found = lives_there.filter_map(|declared| seen.at(&declared.address));
    found.any(|container| container.status.get("health") == Some(&Value::String("unhealthy".to_owned())))
}

/// When the count was changed last: as decided, or as the newest replica says.
fn last_change(seen: &Observation, server: &str, there: &[(&String, &Observed)]) -> Option<Timestamp> {
    let decided = seen
        .state
        .scaled(server)
        .and_then(|scaled| scaled.time.parse().ok());
    let made = there
        .iter()
        .filter_map(|(_, found)| found.status.get("created")?.as_str()?.parse().ok());
    made.chain(decided).max()
}
