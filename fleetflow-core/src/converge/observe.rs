//! Reads what is there: all kinds at once; what lives inside other resources (containers in servers) right after them.
//! Sends no write to anything.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::try_join_all;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use super::{Event, Session};
use crate::autoscale::Scaling;
use crate::catalog;
use crate::clouds::Clouds;
use crate::error::Result;
use crate::model::{
    Address, Declaration, Found, Kind, Observed, Ownership, Scope, Wanted, has_unknown, resolve,
};
use crate::state::{Phase, State};

/// Everything that was read for one plan.
#[derive(Clone, Debug)]
pub struct Observation {
    /// What is declared, expanded, with digests of local files.
    pub desired: Vec<Declaration>,
    /// What is there.
    pub found: Found,
    /// What is remembered.
    pub state: State,
    /// The counts that the declarations were expanded with.
    pub(crate) scaling: Scaling,
}

/// Looks for everything that is declared or remembered.
///
/// What an interrupted create may have made, and is not seen, is looked for until what was made must be visible.
pub(super) async fn observe(
    session: &Session,
    scope: &Scope,
    desired: &[Declaration],
    state: &State,
) -> Result<Found> {
    let began = Instant::now();
    let mut wait = Duration::from_secs(1);
    loop {
        let found = observe_once(&session.clouds, scope, desired, state).await?;
        let missing = unseen(&found, state);
        if missing.is_empty() || began.elapsed() >= session.settle || session.cancelled.is_cancelled() {
            return Ok(found);
        }
        for address in missing {
            (session.watcher)(Event::Waiting {
                address: address.clone(),
                what: "an interrupted run may have made it: looking once more".to_owned(),
            });
        }
        sleep(wait.min(session.settle)).await;
        wait *= 2;
    }
}

/// What a run began to make and did not finish, and which is not to be seen.
fn unseen<'s>(found: &Found, state: &'s State) -> Vec<&'s Address> {
    let intended = state
        .entries()
        .filter(|(_, entry)| matches!(entry.phase, Phase::Intended));
    intended
        .map(|(address, _)| address)
        .filter(|address| !found.resources.iter().any(|seen| seen.address == **address))
        .collect()
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
    let parents = Parents::of(&found.resources);
    let second = inner
        .iter()
        .map(|kind| look(clouds, scope, *kind, wanted.of(*kind, Some(&parents))));
    found.extend(try_join_all(second).await?);
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
    fn of(&self, kind: &dyn Kind, parents: Option<&Parents>) -> Vec<Wanted> {
        let addresses = self.addresses.get(kind.name()).into_iter().flatten();
        addresses
            .filter_map(|address| self.wanted(address, kind, parents))
            .collect()
    }

    fn wanted(&self, address: &Address, kind: &dyn Kind, parents: Option<&Parents>) -> Option<Wanted> {
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
            spec = parents.resolve(&spec);
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
            adopt_id,
        })
    }
}

/// The outputs of what was found, for what lives in it.
struct Parents(BTreeMap<Address, Map<String, Value>>);

impl Parents {
    fn of(found: &[Observed]) -> Self {
        let there = found.iter().filter(|observed| {
            observed.incomplete.is_none() && !matches!(observed.ownership, Ownership::Foreign(_))
        });
        Self(
            there
                .map(|observed| (observed.address.clone(), observed.outputs.clone()))
                .collect(),
        )
    }

    fn has(&self, address: &Address) -> bool {
        self.0.contains_key(address)
    }

    fn resolve(&self, spec: &Value) -> Value {
        resolve(spec, &|reference| {
            self.0.get(&reference.address)?.get(&reference.output).cloned()
        })
    }
}
