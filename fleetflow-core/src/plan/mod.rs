//! The pure heart: declared, observed and remembered become a [`Plan`]. No IO, no clock, no code about any one kind.

mod basis;
mod check;
mod cost;
mod declared;
mod deletions;
mod diff;
mod disruption;
pub(crate) mod graph;
mod rollback;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub use basis::Basis;
pub(crate) use check::{Known, check, dangling_in, needs};
pub use cost::{Bill, Cost};
pub use diff::Change;
pub(crate) use diff::{drift, left_out};
pub use disruption::{Disruption, Level};
pub(crate) use rollback::rollback;
pub use types::{Action, Bookkeeping, Drift, PLAN_FORMAT, Pause, Plan, Record, Step};

use crate::catalog;
use crate::codes;
use crate::model::{Address, Declaration, Existing, Found, Kind, Observed, OutputRef, Problem, secrets};
use crate::state::{Entry, State};

/// What is wanted of the resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataGuard {
    /// Refuse to delete what holds data.
    Refuse,
    /// The user agreed to lose it.
    Allow,
}

/// Whether a plan may delete a large part of what is in one place, a zone for instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeletionGuard {
    /// Refuse to delete more than 30 % of it.
    #[default]
    Refuse,
    /// The user agreed to it.
    Allow,
}

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct Inputs<'i> {
    /// The project.
    pub project: &'i str,
    /// The stage.
    pub stage: &'i str,
    /// What is declared, expanded and canonical. Empty to remove everything.
    pub desired: &'i [Declaration],
    /// What is there.
    pub observed: &'i Found,
    /// What is remembered.
    pub state: &'i State,
    /// Keyed fingerprints of the stack's secrets, by name.
    pub fingerprints: &'i BTreeMap<String, String>,
    /// Whether data may be lost.
    pub data: DataGuard,
    /// The one resource that the plan is about; everything without it.
    pub only: Option<&'i Address>,
    /// Whether a large part of a place may be deleted.
    pub deletions: DeletionGuard,
}

/// The difference between what is declared and what is there, or everything that stands in its way.
pub fn plan(inputs: &Inputs<'_>) -> Result<Plan, Vec<Problem>> {
    let graph = inputs
        .desired
        .iter()
        .map(|declared| (declared.address.clone(), needs(declared)))
        .collect();
    let order = graph::order(&graph).map_err(|cycle| {
        let names: Vec<_> = cycle.iter().map(ToString::to_string).collect();
        vec![
            Problem::at(
                crate::model::Path::root(),
                format!("these wait for each other: {}", names.join(", ")),
            )
            .code(&codes::CYCLE),
        ]
    })?;
    let mut planner = Planner::new(inputs);
    for address in &order {
        planner.declared(address);
    }
    planner.remaining();
    planner.finish()
}

/// A plan in the making.
struct Planner<'i> {
    inputs: &'i Inputs<'i>,
    declared: BTreeMap<&'i Address, &'i Declaration>,
    observed: BTreeMap<&'i Address, &'i Observed>,
    known: BTreeMap<Address, Map<String, Value>>,
    steps: BTreeMap<Address, Step>,
    problems: Vec<Problem>,
    notes: Vec<String>,
    drift: Vec<Drift>,
    records: Vec<Record>,
    unchanged: usize,
}

impl<'i> Planner<'i> {
    fn new(inputs: &'i Inputs<'i>) -> Self {
        Self {
            inputs,
            declared: check::by_address(inputs.desired),
            observed: inputs
                .observed
                .resources
                .iter()
                .chain(gone_with_their_homes(inputs))
                .map(|observed| (&observed.address, observed))
                .collect(),
            known: BTreeMap::new(),
            steps: BTreeMap::new(),
            problems: Vec::new(),
            notes: damage(inputs.state)
                .chain(inputs.observed.notes.iter().cloned())
                .collect(),
            drift: Vec::new(),
            records: Vec::new(),
            unchanged: 0,
        }
    }

    fn entry(&self, address: &Address) -> Option<&'i Entry> {
        self.inputs.state.entry(address)
    }

    fn step(&self, declared: &Declaration, action: Action) -> Step {
        Step {
            address: declared.address.clone(),
            action,
            reason: None,
            changes: Vec::new(),
            disruption: Disruption::none(),
            after: BTreeSet::new(),
            desired: Some(declared.spec.clone()),
            existing: None,
            gone_with: None,
            pause: None,
            record: self.bookkeeping(declared),
        }
    }

    fn bookkeeping(&self, declared: &Declaration) -> Bookkeeping {
        let fingerprints = secrets(&declared.spec)
            .into_iter()
            .filter_map(|(_, name)| Some((name.clone(), self.inputs.fingerprints.get(&name)?.clone())))
            .collect();
        Bookkeeping {
            depends_on: needs(declared),
            protect: declared.protect,
            retain: declared.retain,
            lives_in: catalog::kind(declared.address.kind()).and_then(|kind| parent_of(kind, &declared.spec)),
            replica_of: declared.replica_of.clone(),
            fingerprints,
        }
    }

    fn output(&self, reference: &OutputRef) -> Option<Value> {
        self.known
            .get(&reference.address)?
            .get(&reference.output)
            .filter(|value| !value.is_null())
            .cloned()
    }
}

/// What cannot be looked at and need not be: it lives in something that is to go, and goes with that.
fn gone_with_their_homes<'i>(inputs: &'i Inputs<'i>) -> impl Iterator<Item = &'i Observed> {
    let unreached = inputs.observed.unreached.iter();
    unreached
        .filter(|one| goes_with_its_home(inputs.desired, inputs.state, &one.address))
        .filter_map(|one| one.remembered.as_ref())
}

/// Whether nobody declares `address` any more, nor what it lives in.
pub(crate) fn goes_with_its_home(desired: &[Declaration], state: &State, address: &Address) -> bool {
    let home = state
        .entry(address)
        .and_then(|entry| entry.record.lives_in.as_ref());
    let declared = |wanted: &Address| desired.iter().any(|one| one.address == *wanted);
    home.is_some_and(|home| !declared(address) && !declared(home))
}

/// What is worth knowing of a state that could not be read as a whole.
fn damage(state: &State) -> impl Iterator<Item = String> {
    let told = state.damage().iter();
    told.map(|what| format!("the state is damaged: {what}; the rest is used (`flow state rebuild` mends it)"))
}

/// The resource that `spec` lives in.
pub(crate) fn parent_of(kind: &dyn Kind, spec: &Value) -> Option<Address> {
    let reference = spec.get(kind.lives_in()?)?.get("$ref")?.as_str()?;
    Some(reference.parse::<OutputRef>().ok()?.address)
}

fn existing(observed: &Observed, entry: Option<&Entry>) -> Existing {
    Existing {
        address: observed.address.clone(),
        id: observed.id.clone(),
        spec: entry.map_or_else(|| observed.live.clone(), |entry| entry.spec.clone()),
        outputs: observed.outputs.clone(),
    }
}
