//! What SAKURA Cloud's JSON has in common: fields that are null instead of absent. It decodes; it asks nobody.

use serde::{Deserialize, Deserializer};

/// Null and nothing are the same: most unset values arrive as null (API doc "Encoding rules").
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A reference to another object: only its id is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Reference {
    /// Its id.
    #[serde(rename = "ID")]
    pub(super) id: super::Id,
}
