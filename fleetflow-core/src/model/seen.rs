//! What a life cycle is told and gives back: what is wanted, what exists, what was seen and made. It talks to nobody.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Address, Declaration, Former, Resource, Spec};
use crate::codes;
use crate::error::Result;

/// Whose resources are looked for.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The project.
    pub project: String,
    /// The stage.
    pub stage: String,
    /// Everything that the stage declares, expanded: for a kind whose reading depends on another one.
    pub declared: std::sync::Arc<[Declaration]>,
    /// Whether what lives where nobody answers is told ([`Found::unreachable`](super::Found::unreachable)) instead of
    /// being an error.
    pub bears_silence: bool,
}

/// A resource that is declared, or that the state remembers, and is to be looked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its address.
    pub address: Address,
    /// The declaration, with references resolved as far as they are known; the last applied one if it is no
    /// longer declared.
    pub spec: Spec,
    /// The id that the state remembers, and the outputs.
    pub remembered: Option<Existing>,
    /// What interrupted changes may have written since it was applied last: their declarations in one.
    pub attempted: Option<Spec>,
    /// The id to take over, when the user named one.
    pub adopt_id: Option<String>,
}

/// What is there, and how we know it: the subject of an update or a delete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Existing {
    /// Its address.
    pub address: Address,
    /// The id that its cloud gave it.
    pub id: String,
    /// The declaration as it was last applied; secrets are markers in it. What the cloud shows, where nothing was
    /// applied by us.
    #[serde(default)]
    pub spec: Spec,
    /// Its outputs.
    #[serde(default)]
    pub outputs: Map<String, Value>,
}

impl Existing {
    /// The last applied declaration as its type.
    pub fn spec_as<R: Resource>(&self) -> Result<R> {
        self.spec.decode().map_err(|error| {
            crate::Error::of(
                &codes::STATE_DAMAGED,
                format!("the state's entry does not decode: {error}"),
            )
            .on(&self.address)
        })
    }

    /// A text output.
    pub fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).and_then(Value::as_str)
    }
}

/// How an observed resource is connected to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// It carries our mark.
    Marked,
    /// Its API has no room for a mark; it was found by its name. Ours if the state says so.
    Unmarkable,
    /// It has the wanted name but not our mark: somebody else's, whose mark is given if it has one.
    Foreign(Option<String>),
}

/// Why a resource does not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// A create or a change was interrupted: what is missing. It is completed.
    Interrupted(String),
    /// It was complete, and is stopped now.
    Stopped {
        /// What it is: `it is powered off`.
        now: &'static str,
        /// What is done about it: `it is started`.
        then: &'static str,
    },
}

impl std::fmt::Display for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Interrupted(missing) => write!(f, "not finished: {missing}"),
            Self::Stopped { now, .. } => f.write_str(now),
        }
    }
}

/// One resource as its cloud describes it.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The address from its mark, or of the wanted resource whose name it has.
    pub address: Address,
    /// How we know that it is, or is not, ours.
    pub ownership: Ownership,
    /// The id that its cloud gave it.
    pub id: String,
    /// What the cloud says, a JSON object under the declaration's field names. A field that the cloud cannot show is left
    /// out; one that is known to be unset is null.
    pub live: Spec,
    /// Its outputs.
    pub outputs: Map<String, Value>,
    /// The fields of `live` as they stand to what was applied last, where `live` arranges them for what is declared now:
    /// what changed without us is told by them.
    pub unarranged: Map<String, Value>,
    /// Why it does not do its work yet, or any more.
    pub incomplete: Option<Unfinished>,
    /// What `status` shows beside it: power, health, load.
    pub status: Map<String, Value>,
    /// What it was before, where that is kept.
    pub former: Option<Former>,
}

impl Observed {
    /// A complete resource that carries our mark.
    pub fn marked(address: Address, id: impl Into<String>) -> Self {
        Self {
            address,
            ownership: Ownership::Marked,
            id: id.into(),
            live: Map::new().into(),
            outputs: Map::new(),
            unarranged: Map::new(),
            incomplete: None,
            status: Map::new(),
            former: None,
        }
    }

    /// The same, of which the cloud says `live`, a JSON object.
    #[must_use]
    pub fn showing(mut self, live: Value) -> Self {
        if live.is_object() {
            self.live = live.into();
        }
        self
    }
}

/// What a create or an update left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The id, which an update may have changed.
    pub id: String,
    /// The outputs, as JSON of the kind's output fields.
    pub outputs: Map<String, Value>,
}

impl Made {
    /// What exists, left as it is.
    pub(crate) fn unchanged(existing: &Existing) -> Self {
        Self {
            id: existing.id.clone(),
            outputs: existing.outputs.clone(),
        }
    }

    /// A result with `outputs`, a struct or a JSON object.
    pub fn new(id: impl Into<String>, outputs: &impl Serialize) -> Self {
        let outputs = match serde_json::to_value(outputs) {
            Ok(Value::Object(outputs)) => outputs,
            _ => Map::new(),
        };
        Self {
            id: id.into(),
            outputs,
        }
    }
}
