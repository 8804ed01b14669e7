//! A plan as plain data: it can be printed, saved, compared. It holds no secret and no clock reading.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Change, Disruption};
use crate::model::{Address, Existing, Spec};

/// The version of the plan's JSON form.
pub const PLAN_FORMAT: &str = "fleetflow/plan/v1";

/// The difference between what is declared and what is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// [`PLAN_FORMAT`].
    pub format: String,
    /// The project.
    pub project: String,
    /// The stage.
    pub stage: String,
    /// What it was made from.
    #[serde(default)]
    pub basis: super::Basis,
    /// What will be done, in an order that respects every dependency.
    pub steps: Vec<Step>,
    /// How many resources are already as declared.
    pub unchanged: usize,
    /// How many resources beside ours were seen, which are others' and are left alone.
    #[serde(default)]
    pub foreign: usize,
    /// What changed in the clouds since the last run, without us.
    pub drift: Vec<Drift>,
    /// What is worth knowing but needs no decision.
    pub notes: Vec<String>,
    /// Outputs of resources that stay as they are; steps may refer to them.
    pub known: BTreeMap<Address, Map<String, Value>>,
    /// Entries whose bookkeeping changes while the resource stays as it is.
    pub records: Vec<Record>,
    /// What it changes of what is paid, where something of it has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<super::Cost>,
}

impl Plan {
    /// Whether everything is as declared.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many steps have `action`.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }

    /// The worst disruption of all steps.
    pub fn disruption(&self) -> super::Level {
        self.steps
            .iter()
            .map(|step| step.disruption.level)
            .max()
            .unwrap_or_default()
    }

    /// Only the steps on `targets`, and what they depend on.
    #[must_use]
    pub fn targeting(mut self, targets: &BTreeSet<Address>) -> Self {
        let mut wanted = targets.clone();
        for step in self.steps.iter().rev() {
            if wanted.contains(&step.address) {
                wanted.extend(step.after.iter().cloned());
            }
        }
        self.steps.retain(|step| wanted.contains(&step.address));
        self.records.retain(|record| wanted.contains(&record.address));
        let left = self.steps.iter().map(|step| &step.address).collect();
        self.cost = self.cost.and_then(|cost| cost.only(&left));
        self
    }

    /// The same without steps on `unreachable`, and without those that wait for them. What disappears with its server
    /// needs no answer from it.
    #[must_use]
    pub(crate) fn without(mut self, unreachable: &BTreeSet<Address>) -> Self {
        let mut left_out = BTreeSet::new();
        for step in &self.steps {
            let is_asked = unreachable.contains(&step.address) && step.gone_with.is_none();
            if is_asked || !step.after.is_disjoint(&left_out) {
                left_out.insert(step.address.clone());
            }
        }
        self.steps.retain(|step| !left_out.contains(&step.address));
        self.records
            .retain(|record| !unreachable.contains(&record.address));
        self
    }
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Make what is not there, or finish an interrupted create.
    Create,
    /// Change it in place.
    Update,
    /// Delete it and make a new one.
    Replace,
    /// Delete it.
    Delete,
    /// Take over what exists, and change what differs.
    Adopt,
    /// Drop it from the state, and leave the cloud alone.
    Forget,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The resource.
    pub address: Address,
    /// What is done.
    pub action: Action,
    /// Why, where the action alone does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The fields that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What users notice.
    #[serde(default, skip_serializing_if = "Disruption::is_none")]
    pub disruption: Disruption,
    /// Steps of this plan that must be done before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<Address>,
    /// What is declared, with references; none for deletions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<Spec>,
    /// What is there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<Existing>,
    /// The resource it disappears with, without a call of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_with: Option<Address>,
    /// How long it waits when everything before it is done, and for what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// What the state will remember besides the declaration.
    #[serde(default)]
    pub record: Bookkeeping,
}

/// A wait before a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pause {
    /// How long, in seconds.
    pub seconds: u64,
    /// For what: `nobody resolves the name to it any more`.
    pub until: String,
}

/// What the state remembers about a resource besides its declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bookkeeping {
    /// What it depends on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<Address>,
    /// Never deleted or replaced; survives the removal of the declaration.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// Left in the cloud when it is no longer declared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
    /// The resource it lives in: a container's server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lives_in: Option<Address>,
    /// The scaled resource it is a further replica of: it may go when it is not needed, with all it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica_of: Option<Address>,
    /// Keyed fingerprints of the secrets in the declaration, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fingerprints: BTreeMap<String, String>,
}

/// Changed bookkeeping of a resource that stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// The resource.
    pub address: Address,
    /// What is there.
    pub existing: Existing,
    /// What the state will remember.
    pub record: Bookkeeping,
}

/// What changed without us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// The resource.
    pub address: Address,
    /// Whether it is gone altogether.
    pub gone: bool,
    /// The fields that differ from what was applied last.
    pub changes: Vec<Change>,
}
