//! The value of a declaration, held once by everybody who has it. It knows no kind.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::value::is_resolved;
use super::{OutputRef, resolve};

/// The value of a resource's declaration: a JSON object in canonical form.
///
/// Clones share it, as it is in many hands at once: what is declared, what is remembered, what is looked for, what a
/// plan and the journal say. Whoever changes a shared one gets a copy of their own first.
///
/// ```
/// use fleetflow_core::model::Spec;
/// use serde_json::json;
///
/// let declared = Spec::from(json!({"name": "uploads"}));
/// let mut changed = declared.clone();
/// changed["location"] = json!("apac");
/// assert_eq!(*declared, json!({"name": "uploads"}));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Spec(Arc<Value>);

impl Spec {
    /// The same with references replaced by what `known` knows of them: this very one, where there are none.
    pub(crate) fn resolved(&self, known: &dyn Fn(&OutputRef) -> Option<Value>) -> Self {
        if is_resolved(self) {
            return self.clone();
        }
        resolve(self, known).into()
    }

    /// `other`, which is this one where they are equal: then it is held once.
    pub(crate) fn or_same(&self, other: Value) -> Self {
        if *self.0 == other {
            self.clone()
        } else {
            other.into()
        }
    }

    /// What it is as `T`. The error is that of serde: it has no place, and may quote what is in the value.
    pub fn decode<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        T::deserialize(&*self.0)
    }

    /// Its fields, by name.
    pub fn fields(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.as_object().into_iter().flatten()
    }

    /// The value by itself: a copy where others have it too.
    pub fn into_value(self) -> Value {
        Arc::unwrap_or_clone(self.0)
    }
}

impl PartialEq for Spec {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl PartialEq<Value> for Spec {
    fn eq(&self, other: &Value) -> bool {
        *self.0 == *other
    }
}

impl From<Value> for Spec {
    fn from(value: Value) -> Self {
        Self(Arc::new(value))
    }
}

impl From<Map<String, Value>> for Spec {
    fn from(fields: Map<String, Value>) -> Self {
        Value::Object(fields).into()
    }
}

impl From<Spec> for Value {
    fn from(spec: Spec) -> Self {
        spec.into_value()
    }
}

impl Deref for Spec {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl DerefMut for Spec {
    fn deref_mut(&mut self) -> &mut Value {
        Arc::make_mut(&mut self.0)
    }
}

impl Serialize for Spec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Spec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

impl JsonSchema for Spec {
    fn inline_schema() -> bool {
        Value::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Value::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Value::json_schema(generator)
    }
}
