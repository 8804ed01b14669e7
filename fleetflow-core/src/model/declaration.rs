//! One declared resource in its erased form: address, canonical value, life-cycle flags.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Address, Resource, Spec};

/// A declared resource: its canonical value, and what holds for every kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Declaration {
    /// Its address.
    pub address: Address,
    /// The canonical serde value of the resource.
    pub spec: Spec,
    /// Never deleted or replaced: the plan fails instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// Stays in the cloud when it is no longer declared, and on `down`; only the state forgets it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
    /// Takes over what already exists under this name: `Some(None)`, or under this id: `Some(Some(id))`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt: Option<Option<String>>,
    /// What must be there before it, without a reference.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<Address>,
    /// The scaled resource that this one is a further replica of, if it is one: it goes when it is not needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica_of: Option<Address>,
}

impl Declaration {
    /// The declaration of `address` with the canonical value `spec`.
    pub fn new(address: Address, spec: impl Into<Spec>) -> Self {
        Self {
            address,
            spec: spec.into(),
            protect: false,
            retain: false,
            adopt: None,
            depends_on: BTreeSet::new(),
            replica_of: None,
        }
    }

    /// The same, after `address`.
    #[must_use]
    pub fn after(mut self, address: Address) -> Self {
        self.depends_on.insert(address);
        self
    }

    /// A resource that takes over this one's flags.
    #[must_use]
    pub fn inherit(mut self, from: &Self) -> Self {
        self.protect |= from.protect;
        self.retain |= from.retain;
        self.depends_on.extend(from.depends_on.iter().cloned());
        self
    }
}

impl<R: Resource> From<R> for Declaration {
    fn from(resource: R) -> Self {
        let address = Address::new(R::KIND, resource.name());
        // A derived `Serialize` of maps with text keys cannot fail; a null would be reported by the decoder.
        Self::new(address, serde_json::to_value(&resource).unwrap_or(Value::Null))
    }
}

/// The life-cycle flags, for every resource type.
///
/// ```
/// use fleetflow_core::{R2Bucket, Stack, model::Declare};
///
/// let stack = Stack::new("creo", "dev").add(R2Bucket::builder().name("uploads").build().protect());
/// assert!(stack.declarations()[0].protect);
/// ```
pub trait Declare: Into<Declaration> {
    /// Never delete or replace it: the plan fails instead.
    fn protect(self) -> Declaration {
        Declaration {
            protect: true,
            ..self.into()
        }
    }

    /// Leave it in the cloud when it is no longer declared, and on `destroy`.
    fn retain(self) -> Declaration {
        Declaration {
            retain: true,
            ..self.into()
        }
    }

    /// Take over what exists under this name.
    fn adopt(self) -> Declaration {
        Declaration {
            adopt: Some(None),
            ..self.into()
        }
    }

    /// Take over what exists under this id.
    fn adopt_id(self, id: impl Into<String>) -> Declaration {
        Declaration {
            adopt: Some(Some(id.into())),
            ..self.into()
        }
    }

    /// Make it after `address`, without a reference.
    fn depends_on(self, address: Address) -> Declaration {
        self.into().after(address)
    }
}

impl<T: Into<Declaration>> Declare for T {}
