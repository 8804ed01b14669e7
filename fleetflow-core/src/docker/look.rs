//! Looking at the engines that something is wanted on, all at once. What is looked for is said elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::try_join_all;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::engines::{Engine, Engines};
use super::{Host, Place};
use crate::codes;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Found, Input, Observed, Scope, Unreached, Wanted};

/// How long a server that ran before may take to answer. One that nothing is known of is asked only once.
const PATIENCE: Duration = Duration::from_secs(10);
const ONE_TRY: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(300);

/// What `ask` finds on each engine that something of `wanted` is on.
pub(super) async fn look<F>(
    engines: &Engines,
    scope: &Scope,
    wanted: &[Wanted],
    ask: impl Fn(Engine, Vec<Wanted>) -> F,
) -> Result<Found>
where
    F: Future<Output = Result<Found>>,
{
    let looks = by_host(wanted).into_iter().map(|(host, wanted)| {
        let ask = &ask;
        async move {
            match reach(engines, &host, &wanted).await {
                Ok(engine) => match ask(engine, wanted.clone()).await {
                    // Cut off in the middle of it.
                    Err(error) if error.kind() == ErrorKind::Unavailable => {
                        Ok(without_engine(error, &host, scope, wanted))
                    }
                    answer => answer,
                },
                Err(error) => match other_way(engines, &error, &host, &wanted).await {
                    Some(engine) => {
                        let mut found = ask(engine.clone(), wanted).await?;
                        found.notes.push(format!(
                            "nothing answers at {host}; what runs there was looked at through {}",
                            engine.host()
                        ));
                        Ok(found)
                    }
                    None => Ok(without_engine(error, &host, scope, wanted)),
                },
            }
        }
    });
    let mut found = Found::default();
    found.extend(try_join_all(looks).await?);
    Ok(found)
}

/// The engine that `was` is on, for a verb that waits for no server to be made.
pub(super) async fn engine_of(engines: &Engines, was: &Existing) -> Result<Engine> {
    let host = was
        .output("host")
        .or_else(|| was.spec.get("host").and_then(Value::as_str));
    let host: Host = host.and_then(|host| host.parse().ok()).ok_or_else(|| {
        Error::new(ErrorKind::State, "the state does not say which engine it is on")
            .on(&was.address)
            .help("run `flow plan` again, which looks for it")
    })?;
    patiently(engines, &host, PATIENCE * 3).await
}

/// The engine that a declaration names, which is known by the time it is carried out.
pub(super) fn host_of<'h>(host: &'h Input<Host>, context: &Context) -> Result<&'h Host> {
    host.known().ok_or_else(|| {
        Error::new(ErrorKind::Internal, "the engine's address is not known").on(&context.owner.address)
    })
}

fn by_host(wanted: &[Wanted]) -> BTreeMap<Host, Vec<Wanted>> {
    let mut hosts: BTreeMap<Host, Vec<Wanted>> = BTreeMap::new();
    for one in wanted {
        let host = one.spec.get("host").and_then(Value::as_str);
        if let Some(host) = host.and_then(|host| host.parse().ok()) {
            hosts.entry(host).or_default().push(one.clone());
        }
    }
    hosts
}

async fn reach(engines: &Engines, host: &Host, wanted: &[Wanted]) -> Result<Engine> {
    let known = wanted.iter().any(|one| one.remembered.is_some());
    match host.place() {
        Place::Local => engines.engine(host).await,
        Place::Ssh { .. } if known && former_way(host, wanted).is_none() => {
            patiently(engines, host, PATIENCE).await
        }
        Place::Ssh { .. } => in_time(engines, host, ONE_TRY).await,
    }
}

/// Another way to the same server than `host`, which worked when the state was written: its port or user was changed
/// in the declaration.
fn former_way(host: &Host, wanted: &[Wanted]) -> Option<Host> {
    let Place::Ssh { host: address, .. } = host.place() else {
        return None;
    };
    let remembered = wanted.iter().filter_map(|one| one.remembered.as_ref());
    let mut ways = remembered.filter_map(|existing| existing.output("host")?.parse::<Host>().ok());
    ways.find(|way| way != host && matches!(way.place(), Place::Ssh { host, .. } if host == address))
}

async fn other_way(engines: &Engines, error: &Error, host: &Host, wanted: &[Wanted]) -> Option<Engine> {
    let way = former_way(host, wanted)?;
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Unauthorized => in_time(engines, &way, ONE_TRY).await.ok(),
        _ => None,
    }
}

/// The engine for a change of `was`. One that is only reached in another way than before was up before, and is not
/// waited for as a new one is.
pub(super) async fn ready_for(
    engines: &Engines,
    host: &Host,
    context: &Context,
    was: &Existing,
) -> Result<Engine> {
    match was.output("host").map(str::parse::<Host>) {
        Some(Ok(before)) if before != *host => patiently(engines, host, PATIENCE * 3).await,
        _ => engines.ready(host, context).await,
    }
}

/// Asks again and again for as long as `patience`, but only where another try may help.
async fn patiently(engines: &Engines, host: &Host, patience: Duration) -> Result<Engine> {
    let end = Instant::now() + patience;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match in_time(engines, host, left).await {
            Err(error) if error.kind() == ErrorKind::Unavailable && Instant::now() + PAUSE < end => {
                sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

async fn in_time(engines: &Engines, host: &Host, limit: Duration) -> Result<Engine> {
    timeout(limit, engines.engine(host)).await.unwrap_or_else(|_| {
        let message = format!(
            "the engine at {host} did not answer within {} s",
            limit.as_secs_f32().ceil()
        );
        Err(Error::of(&codes::SERVER_SILENT, message)
            .help("see that the server runs, and that its packet filter lets this machine in"))
    })
}

/// What is to be said of an engine that cannot be reached: of a new server, that nothing is there yet; of one that is
/// to go, what the state remembers; of any other, that it is not known how things are.
fn without_engine(error: Error, host: &Host, scope: &Scope, wanted: Vec<Wanted>) -> Found {
    let goes_away = scope.declared.is_empty();
    // A server whose key is lost can still be deleted, and what it runs goes with it.
    let bearable = match error.kind() {
        ErrorKind::Unavailable => true,
        ErrorKind::Unauthorized | ErrorKind::TimedOut => goes_away || scope.bears_silence,
        _ => false,
    };
    let bearable = bearable && *host.place() != Place::Local;
    let is_new = wanted.iter().all(|one| one.remembered.is_none());
    if !bearable || !(is_new || goes_away || scope.bears_silence) {
        return Found {
            unreached: wanted
                .into_iter()
                .map(|one| unreached(one, host, &error))
                .collect(),
            ..Found::default()
        };
    }
    let remembered: Vec<_> = wanted.iter().filter_map(|one| remembered(one, host)).collect();
    if !remembered.is_empty() && !goes_away {
        return silent(&error, host, &wanted, remembered);
    }
    let note = if goes_away {
        format!("the engine at {host} cannot be reached: what the state remembers of it is believed")
    } else {
        format!("the engine at {host} does not answer yet: what it runs is not known")
    };
    Found {
        resources: remembered,
        notes: vec![note],
        ..Found::default()
    }
}

fn unreached(wanted: Wanted, host: &Host, error: &Error) -> Unreached {
    Unreached {
        remembered: remembered(&wanted, host),
        address: wanted.address,
        error: error.clone(),
    }
}

fn silent(error: &Error, host: &Host, wanted: &[Wanted], mut remembered: Vec<Observed>) -> Found {
    for one in &mut remembered {
        one.status.insert("state".to_owned(), json!("unreachable"));
    }
    Found {
        resources: remembered,
        notes: vec![format!(
            "the engine at {host} cannot be reached, what it runs is left as it is: {error}"
        )],
        unreachable: wanted.iter().map(|one| one.address.clone()).collect(),
        ..Found::default()
    }
}

fn remembered(wanted: &Wanted, host: &Host) -> Option<Observed> {
    let existing = wanted.remembered.as_ref()?;
    let mut outputs = existing.outputs.clone();
    outputs
        .entry("host")
        .or_insert_with(|| Value::String(host.to_string()));
    Some(Observed {
        outputs,
        status: Map::from_iter([("state".to_owned(), json!("unknown"))]),
        ..Observed::marked(wanted.address.clone(), existing.id.clone())
    })
}
