//! Reads what is there: all kinds at once; what lives inside other resources (containers in servers) right after them.
//! Sends no write to anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use super::concealed::conceal;
use super::{Event, Session, Uncompared};
use crate::autoscale::Scaling;
use crate::catalog;
use crate::clouds::Clouds;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Address, Declaration, Found, Kind, Observed, Operations, Ownership, Scope, Spec, Wanted, has_unknown,
};
use crate::plan::drift;
use crate::state::{Doubt, Look, Seen, State};

/// Everything that was read for one plan.
#[derive(Clone, Debug)]
pub struct Observation {
    /// What is declared, expanded, with digests of local files.
    pub desired: Arc<[Declaration]>,
    /// What is there.
    pub found: Found,
    /// What is remembered.
    pub state: State,
    /// What is declared with files that cannot be read here: nothing can be said of how it would change.
    pub uncompared: Vec<Uncompared>,
    /// The counts that the declarations were expanded with.
    pub(crate) scaling: Scaling,
}

/// Looks for everything that is declared or remembered.
///
/// What was done a short while ago, and is not seen so, is looked for until reads can no longer be stale.
pub(super) async fn observe(
    session: &Session,
    scope: &Scope,
    desired: &[Declaration],
    (state, secrets): (&State, &BTreeMap<String, SecretString>),
) -> Result<Found> {
    let began = Instant::now();
    let mut wait = Duration::from_secs(1);
    // What was fresh at first stays so until `settle` is over: by how much clocks are apart is nobody's to know.
    let look = Look::at(&(session.caller.now)(), session.settle);
    loop {
        // What comes may show how things were before this, and not one moment later, however long it is on its way.
        let over = began.elapsed() >= session.settle;
        let mut found = observe_once(&session.clouds, scope, desired, state).await?;
        conceal(&mut found, desired, state, secrets);
        let doubts = doubts(&found, desired, state, look);
        if doubts.is_empty() || over {
            return Ok(found);
        }
        for (address, doubt) in &doubts {
            (session.watcher)(Event::Waiting {
                address: address.clone(),
                what: doubtful(*doubt).to_owned(),
            });
        }
        let pause = sleep(wait.min(session.settle));
        if session.cancelled.run_until_cancelled(pause).await.is_none() {
            // What is in doubt must not pass for what is there: as such it might look as if there was nothing to do.
            return Err(stopped(&doubts));
        }
        wait *= 2;
    }
}

fn stopped(doubts: &[(Address, Doubt)]) -> Error {
    let why = doubts.first().map_or("", |(_, doubt)| doubtful(*doubt));
    let message = format!("stopped before it was certain what is there ({why})");
    let error = Error::new(ErrorKind::Cancelled, message)
        .help("run the same command again: this one changed nothing");
    match doubts.first() {
        Some((address, _)) => error.on(address),
        None => error,
    }
}

fn doubtful(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Intended => "an interrupted run may have made it: looking once more",
        Doubt::Unseen => "it was there a short while ago and is not to be seen: looking once more",
        Doubt::Older => "it was changed just now and looks otherwise: looking once more",
        Doubt::Doomed => "an interrupted run may have deleted it: looking once more",
        Doubt::Lingering => "it was deleted a short while ago and is still to be seen: looking once more",
    }
}

/// What `found` leaves in doubt, and would make another plan. What could not be looked at is not waited for.
fn doubts(found: &Found, desired: &[Declaration], state: &State, look: Look) -> Vec<(Address, Doubt)> {
    if state.is_settled(look) {
        return Vec::new();
    }
    let mut seen = Seen::new();
    for one in &found.resources {
        seen.entry(&one.address).or_default().push(&one.id);
    }
    let parents = Parents::of(&found.resources);
    let hidden: BTreeSet<_> = found
        .unreached
        .iter()
        .map(|one| &one.address)
        .chain(&found.unreachable)
        .collect();
    let lags = |address: &Address| catalog::operations(address.kind()).is_some_and(Operations::lags);
    let looked_at = |address: &Address| {
        let home = state
            .entry(address)
            .and_then(|entry| entry.record.lives_in.as_ref());
        !hidden.contains(address) && home.is_none_or(|home| parents.has(home))
    };
    let declared: BTreeMap<_, _> = desired
        .iter()
        .map(|declared| (&declared.address, &declared.spec))
        .collect();
    let of = state.doubts(look, &seen).filter(|(address, doubt)| match doubt {
        // What its maker sent before it died may arrive late, wherever that is.
        Doubt::Intended => true,
        _ if !lags(address) => false,
        Doubt::Older | Doubt::Lingering => true,
        Doubt::Unseen => looked_at(address),
        // To delete it once more does no harm.
        Doubt::Doomed => declared.contains_key(address),
    });
    let of = of.map(|(address, doubt)| (address.clone(), doubt));
    let older = found.resources.iter().filter(|seen| {
        let entry = state.entry(&seen.address).filter(|entry| {
            entry.id() == Some(seen.id.as_str()) && lags(&seen.address) && entry.is_just_done(look)
        });
        let pair = entry.zip(declared.get(&seen.address));
        pair.is_some_and(|(entry, desired)| {
            !drift(&entry.spec, seen.live.fields()).is_empty()
                || is_early(&entry.spec, desired, seen, &parents)
        })
    });
    of.chain(older.map(|seen| (seen.address.clone(), Doubt::Older)))
        .collect()
}

/// Whether something of `desired` that was not `applied` is there already: it may have been removed just now.
fn is_early(applied: &Spec, desired: &Spec, seen: &Observed, parents: &Parents<'_>) -> bool {
    let is_added = |field: &String| applied.get(field).is_none() && desired.get(field).is_some();
    let mut added = seen.live.fields().filter(|(field, _)| is_added(field)).peekable();
    if added.peek().is_none() {
        return false;
    }
    let desired = parents.resolved(desired);
    added.any(|shown| drift(&desired, [shown]).is_empty())
}

async fn observe_once(
    clouds: &Clouds,
    scope: &Scope,
    desired: &[Declaration],
    state: &State,
) -> Result<Found> {
    let wanted = Wants::new(desired, state);
    let (outer, inner): (Vec<_>, Vec<_>) = wanted.kinds().partition(|kind| kind.lives_in().is_none());
    let first = outer
        .iter()
        .map(|kind| look(clouds, scope, *kind, wanted.of(*kind, None)));
    let mut found = Found::default();
    found.extend(try_join_all(first).await?);
    if let Some(engines) = clouds.given_engines() {
        let there = found.resources.iter();
        there.for_each(|seen| engines.recognise(&seen.address, &seen.id, &seen.outputs));
    }
    let parents = Parents::of(&found.resources);
    let second = inner
        .iter()
        .map(|kind| look(clouds, scope, *kind, wanted.of(*kind, Some(&parents))));
    let second = try_join_all(second).await?;
    found.extend(second);
    Ok(found)
}

async fn look(clouds: &Clouds, scope: &Scope, kind: &dyn Kind, wanted: Vec<Wanted>) -> Result<Found> {
    match kind.operations() {
        Some(operations) if !wanted.is_empty() => {
            let name = kind.name();
            let span = tracing::debug_span!(
                "observe",
                otel.name = format!("observe {name}"),
                wanted = wanted.len()
            );
            operations.observe(clouds, scope, &wanted).instrument(span).await
        }
        _ => Ok(Found::default()),
    }
}

/// What is looked for, by kind.
struct Wants<'w> {
    addresses: BTreeMap<&'w str, BTreeSet<&'w Address>>,
    desired: BTreeMap<&'w Address, &'w Declaration>,
    state: &'w State,
}

impl<'w> Wants<'w> {
    fn new(desired: &'w [Declaration], state: &'w State) -> Self {
        let declared = desired.iter().map(|declared| &declared.address);
        let mut addresses: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for address in declared.chain(state.entries().map(|(address, _)| address)) {
            addresses.entry(address.kind()).or_default().insert(address);
        }
        Self {
            addresses,
            desired: desired
                .iter()
                .map(|declared| (&declared.address, declared))
                .collect(),
            state,
        }
    }

    fn kinds(&self) -> impl Iterator<Item = &'static dyn Kind> {
        self.addresses.keys().copied().filter_map(catalog::kind)
    }

    /// What is looked for of `kind`; with `parents`, only what lives in one that is there.
    fn of(&self, kind: &dyn Kind, parents: Option<&Parents<'_>>) -> Vec<Wanted> {
        let addresses = self.addresses.get(kind.name()).into_iter().flatten();
        addresses
            .filter_map(|address| self.wanted(address, kind, parents))
            .collect()
    }

    fn wanted(&self, address: &Address, kind: &dyn Kind, parents: Option<&Parents<'_>>) -> Option<Wanted> {
        let entry = self.state.entry(address);
        let declared = self.desired.get(address);
        let mut spec = declared.map_or_else(
            || entry.map(|e| e.spec.clone()).unwrap_or_default(),
            |d| d.spec.clone(),
        );
        if let Some(parents) = parents {
            let home = entry.and_then(|entry| entry.record.lives_in.as_ref());
            if declared.is_none() && home.is_some_and(|home| !parents.has(home)) {
                return None;
            }
            spec = parents.resolved(&spec);
            if kind
                .lives_in()
                .and_then(|field| spec.get(field))
                .is_none_or(has_unknown)
            {
                return None;
            }
        }
        let adopt_id = declared.and_then(|declared| declared.adopt.clone()).flatten();
        Some(Wanted {
            address: address.clone(),
            spec,
            remembered: entry.and_then(|entry| entry.existing(address)),
            attempted: entry
                .and_then(|entry| entry.attempt.as_ref())
                .map(|attempt| attempt.spec.clone().into()),
            adopt_id,
        })
    }
}

/// What others may live in.
fn whole(found: &[Observed]) -> impl Iterator<Item = &Observed> {
    found
        .iter()
        .filter(|seen| seen.incomplete.is_none() && !matches!(seen.ownership, Ownership::Foreign(_)))
}

/// The outputs of what was found, for what lives in it.
struct Parents<'f>(BTreeMap<&'f Address, &'f Map<String, Value>>);

impl<'f> Parents<'f> {
    fn of(found: &'f [Observed]) -> Self {
        Self(
            whole(found)
                .map(|observed| (&observed.address, &observed.outputs))
                .collect(),
        )
    }

    fn has(&self, address: &Address) -> bool {
        self.0.contains_key(address)
    }

    fn resolved(&self, spec: &Spec) -> Spec {
        spec.resolved(&|reference| self.0.get(&reference.address)?.get(&reference.output).cloned())
    }
}
