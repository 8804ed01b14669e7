//! The events of the journal. Each is written before or after one call to a cloud, never in between.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::{Address, Spec};
use crate::plan::Bookkeeping;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// A run began.
    RunStarted {
        /// When, in RFC 3339.
        time: String,
        /// Who: user, machine, version, in words.
        who: String,
        /// The accounts that it works in, by provider: from then on the stage belongs to them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        accounts: BTreeMap<String, String>,
    },
    /// A create is about to be sent: from now on it may exist.
    CreateStarted {
        /// The resource.
        address: Address,
        /// What is applied, references resolved, secrets as markers.
        spec: Spec,
        /// What else is remembered.
        record: Bookkeeping,
        /// Whether nothing of it was there: an id that is remembered is that of something gone. Older versions did not write
        /// it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        anew: bool,
    },
    /// Its id became known, or changed.
    Identified {
        /// The resource.
        address: Address,
        /// The id that its cloud gave it.
        id: String,
        /// The outputs known so far.
        outputs: Map<String, Value>,
        /// When, in RFC 3339: reads may show the world before that for a while. Older versions did not write it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<String>,
    },
    /// It is there as declared: created, changed, or taken over.
    Applied {
        /// The resource.
        address: Address,
        /// The id that its cloud gave it.
        id: String,
        /// What was applied, references resolved, secrets as markers.
        spec: Spec,
        /// Its outputs.
        outputs: Map<String, Value>,
        /// What else is remembered.
        record: Bookkeeping,
        /// When, in RFC 3339: reads may show the world before that for a while. Not
        /// written where nothing was done about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<String>,
    },
    /// A change is about to be sent: until it is known to have happened, what was applied before may be there, or what is
    /// applied now, or something of both. What both depend on is needed, so that a removal goes in an order that fits in
    /// either case.
    ChangeStarted {
        /// The resource.
        address: Address,
        /// What it depends on after the change.
        depends_on: BTreeSet<Address>,
        /// What is applied, references resolved, secrets as markers. Older versions did not write it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spec: Option<Spec>,
        /// Keyed fingerprints of its secrets, by name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        fingerprints: BTreeMap<String, String>,
    },
    /// A delete is about to be sent.
    DeleteStarted {
        /// The resource.
        address: Address,
        /// When, in RFC 3339. Older versions did not write it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<String>,
    },
    /// It is gone.
    Deleted {
        /// The resource.
        address: Address,
        /// When, in RFC 3339: reads may show the world before that for a while. Older versions did not write it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<String>,
    },
    /// It is no longer looked after, and stays in its cloud.
    Forgotten {
        /// The resource.
        address: Address,
        /// Whether it is in its cloud, with our mark: it stays alone until it is declared again. Older versions did not write
        /// it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        left: bool,
    },
    /// How many replicas of a server there shall be: written before anything is done about it.
    Scaled {
        /// The server.
        server: String,
        /// The count.
        count: u32,
        /// When it was decided, in RFC 3339.
        time: String,
        /// Why, in words.
        reason: String,
    },
    /// What is declared, but only looked up (a zone), was seen with these outputs; nothing else of its kind is known.
    LookedUp {
        /// The outputs, by address.
        outputs: BTreeMap<Address, Map<String, Value>>,
    },
    /// A run ended.
    RunFinished {
        /// When, in RFC 3339.
        time: String,
        /// `converged`, `failed` or `interrupted`.
        outcome: String,
    },
}
