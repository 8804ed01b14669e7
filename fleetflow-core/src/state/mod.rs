//! What we remember of a stage: entries folded from a journal of events. Pure; the stores are in their own modules.

mod attempt;
mod bucket;
mod event;
mod folder;
mod format;
mod freshness;
mod hold;
mod memory;
#[cfg(test)]
mod runs;
mod store;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use attempt::Attempt;
#[cfg(feature = "encryption")]
pub use bucket::Encryption;
pub use bucket::{Bucket, BucketStore};
pub use event::Event;
pub use folder::FolderStore;
pub(crate) use freshness::{Doubt, Look, Seen};
pub use hold::{acquire_within, forget};
pub use memory::MemoryStore;
pub use store::{Holder, Lease, Store};

use freshness::Gone;

use crate::model::{Address, Declaration, Existing, Spec};
use crate::plan::Bookkeeping;

/// The version of the state's form; older ones are read, a newer one is refused.
pub const STATE_FORMAT: u32 = 2;

/// Everything that is remembered of one stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    serial: u64,
    entries: BTreeMap<Address, Entry>,
    /// The counts that were decided, by server.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    scaled: BTreeMap<String, Scaled>,
    /// The accounts that the stage belongs to, by provider.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    accounts: BTreeMap<String, String>,
    /// The outputs of what is declared and only looked up, as the last run saw them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    looked_up: BTreeMap<Address, Map<String, Value>>,
    /// What was deleted a short while before the last run, by address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    gone: BTreeMap<Address, Gone>,
    /// What stays in its cloud with our mark, and is not looked after until it is declared again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    left: BTreeSet<Address>,
    #[serde(skip)]
    damage: Vec<String>,
}

/// The last decision on a count of replicas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaled {
    /// The count.
    pub count: u32,
    /// When it was decided, in RFC 3339.
    pub time: String,
    /// Why, in words.
    pub reason: String,
}

/// What is remembered of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The declaration as it was applied last, with references resolved and secrets as markers.
    pub spec: Spec,
    /// What else is remembered.
    pub record: Bookkeeping,
    /// How far it has come.
    pub phase: Phase,
    /// When something was done about it last, in RFC 3339, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Whether a delete of it was begun, and it is not known what became of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doomed: bool,
    /// What changes of it that were begun, and did not end well as far as is known, may have written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
}

/// How far a resource has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "phase")]
pub enum Phase {
    /// A create was begun: it may exist.
    Intended,
    /// It exists under this id, but may not be finished.
    Identified {
        /// The id that its cloud gave it.
        id: String,
        /// The outputs known so far.
        outputs: Map<String, Value>,
    },
    /// It exists as applied.
    Ready {
        /// The id that its cloud gave it.
        id: String,
        /// Its outputs.
        outputs: Map<String, Value>,
    },
}

impl Entry {
    fn new(spec: Spec, record: Bookkeeping, phase: Phase) -> Self {
        Self {
            spec,
            record,
            phase,
            since: None,
            doomed: false,
            attempt: None,
        }
    }

    /// A change of it is begun.
    fn attempt(
        &mut self,
        depends_on: BTreeSet<Address>,
        spec: Option<Spec>,
        fingerprints: BTreeMap<String, String>,
    ) {
        self.record.depends_on.extend(depends_on);
        if let Some(spec) = spec {
            let attempt = self.attempt.get_or_insert_default();
            attempt.extend(&self.spec, spec.into_value(), fingerprints);
        }
    }

    fn doom(&mut self, time: Option<String>) {
        self.doomed = true;
        self.since = time;
    }

    fn identify(&mut self, id: String, outputs: Map<String, Value>, time: Option<String>) {
        self.phase = match self.phase {
            Phase::Ready { .. } => Phase::Ready { id, outputs },
            _ => Phase::Identified { id, outputs },
        };
        self.doomed = false;
        self.since = time.or(self.since.take());
    }

    /// The id, where one is known.
    pub fn id(&self) -> Option<&str> {
        match &self.phase {
            Phase::Intended => None,
            Phase::Identified { id, .. } | Phase::Ready { id, .. } => Some(id),
        }
    }

    /// The outputs known so far.
    pub fn existing_outputs(&self) -> &Map<String, Value> {
        static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        match &self.phase {
            Phase::Intended => &NONE,
            Phase::Identified { outputs, .. } | Phase::Ready { outputs, .. } => outputs,
        }
    }

    /// As the subject of a verb.
    pub fn existing(&self, address: &Address) -> Option<Existing> {
        Some(Existing {
            address: address.clone(),
            id: self.id()?.to_owned(),
            spec: self.spec.clone(),
            outputs: self.existing_outputs().clone(),
        })
    }
}

impl State {
    /// How many events it was folded from.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// What is remembered as it is declared is held once.
    pub(crate) fn share(&mut self, declared: &[Declaration]) {
        for one in declared {
            if let Some(entry) = self.entries.get_mut(&one.address)
                && entry.spec == one.spec
            {
                entry.spec = one.spec.clone();
            }
        }
    }

    /// A map that is filled in order, as one that is read is, takes almost twice the room that it needs.
    fn pack(&mut self) {
        self.entries = std::mem::take(&mut self.entries).into_iter().collect();
    }

    /// What of it could not be read, in words. The rest is used; what is ours is found again by its marks.
    pub fn damage(&self) -> &[String] {
        &self.damage
    }

    /// The entry of `address`.
    pub fn entry(&self, address: &Address) -> Option<&Entry> {
        self.entries.get(address)
    }

    /// All entries, by address.
    pub fn entries(&self) -> impl Iterator<Item = (&Address, &Entry)> {
        self.entries.iter()
    }

    /// What is remembered of `address` and of what lives in it, the former first; nothing where it is not remembered.
    pub fn household(&self, address: &Address) -> Vec<Address> {
        if !self.entries.contains_key(address) {
            return Vec::new();
        }
        let lives_here = |entry: &Entry| entry.record.lives_in.as_ref() == Some(address);
        let lodgers = self.entries.iter().filter(|(_, entry)| lives_here(entry));
        let lodgers = lodgers.map(|(lodger, _)| lodger);
        std::iter::once(address).chain(lodgers).cloned().collect()
    }

    /// Whether `address` was let go and stays in its cloud: a mark of it makes nothing ours until it is declared again.
    pub fn is_left(&self, address: &Address) -> bool {
        self.left.contains(address)
    }

    /// The outputs of everything that exists, and of what was looked up for it.
    pub fn outputs(&self) -> BTreeMap<Address, Map<String, Value>> {
        let made = self.entries.iter().filter(|(_, entry)| entry.id().is_some());
        let made = made.map(|(address, entry)| (address.clone(), entry.existing_outputs().clone()));
        self.looked_up.clone().into_iter().chain(made).collect()
    }

    /// The outputs of what was only looked up.
    pub(crate) fn looked_up(&self) -> &BTreeMap<Address, Map<String, Value>> {
        &self.looked_up
    }

    /// The last decisions on counts, by server.
    pub fn all_scaled(&self) -> impl Iterator<Item = (&str, &Scaled)> {
        self.scaled
            .iter()
            .map(|(server, scaled)| (server.as_str(), scaled))
    }

    /// The last decision on the count of `server`.
    pub fn scaled(&self, server: &str) -> Option<&Scaled> {
        self.scaled.get(server)
    }

    /// The account at `provider` that everything was made in, as far as it is remembered.
    pub fn account(&self, provider: &str) -> Option<&str> {
        let account = self.accounts.get(provider).map(String::as_str);
        account.filter(|_| !self.entries.is_empty())
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What exists already is completed, under the id that it has; where nothing does (`anew`), that is the id of what is gone.
    fn begin(&mut self, address: Address, (spec, record): (Spec, Bookkeeping), anew: bool) {
        self.left.remove(&address);
        let before = self.entries.remove(&address).filter(|_| !anew);
        let since = before.as_ref().and_then(|entry| entry.since.clone());
        let phase = match before.map(|entry| entry.phase) {
            Some(Phase::Identified { id, outputs } | Phase::Ready { id, outputs }) => {
                Phase::Identified { id, outputs }
            }
            _ => Phase::Intended,
        };
        let entry = Entry {
            since,
            ..Entry::new(spec, record, phase)
        };
        self.entries.insert(address, entry);
    }

    /// What is remembered belongs to `accounts` as well; where nothing is, to them alone.
    fn belong(&mut self, accounts: BTreeMap<String, String>) {
        if self.entries.is_empty() {
            self.accounts.clear();
        }
        self.accounts.extend(accounts);
    }

    /// It is there as declared, since `time` where something was done about it.
    fn ready(&mut self, address: Address, ready: Entry, time: Option<String>) {
        self.gone.remove(&address);
        self.left.remove(&address);
        let before = self.entries.remove(&address).and_then(|entry| entry.since);
        let since = time.or(before);
        self.entries.insert(address, Entry { since, ..ready });
    }

    fn let_go(&mut self, address: Address, stays: bool) {
        self.entries.remove(&address);
        if stays {
            self.left.insert(address);
        }
    }

    /// Folds one more event in. Each event is legal after each other one, so that a journal cut short still folds.
    pub fn apply(&mut self, event: &Event) {
        self.fold(event.clone());
    }

    fn fold(&mut self, event: Event) {
        self.serial += 1;
        match event {
            Event::CreateStarted {
                address,
                spec,
                record,
                anew,
            } => self.begin(address, (spec, record), anew),
            Event::Identified {
                address,
                id,
                outputs,
                time,
            } => {
                self.gone.remove(&address);
                if let Some(entry) = self.entries.get_mut(&address) {
                    entry.identify(id, outputs, time);
                }
            }
            Event::Applied {
                address,
                id,
                spec,
                outputs,
                record,
                time,
            } => {
                let ready = Entry::new(spec, record, Phase::Ready { id, outputs });
                self.ready(address, ready, time);
            }
            Event::DeleteStarted { address, time } => {
                if let Some(entry) = self.entries.get_mut(&address) {
                    entry.doom(time);
                }
            }
            Event::Deleted { address, time } => self.bury(address, time),
            Event::Forgotten { address, left } => self.let_go(address, left),
            Event::Scaled {
                server,
                count,
                time,
                reason,
            } => drop(self.scaled.insert(server, Scaled { count, time, reason })),
            Event::ChangeStarted {
                address,
                depends_on,
                spec,
                fingerprints,
            } => {
                if let Some(entry) = self.entries.get_mut(&address) {
                    entry.attempt(depends_on, spec, fingerprints);
                }
            }
            Event::RunStarted { accounts, time, .. } => {
                self.belong(accounts);
                self.forget_gone(&time);
            }
            Event::LookedUp { outputs } => self.looked_up = outputs,
            Event::RunFinished { .. } => {}
        }
    }
}
