//! The part of an object that a Worker asks for (API doc §6.5). It reads no object.

use serde::Deserialize;
use serde_json::Value;

/// Numbers of 64 bits come as texts.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Range {
    offset: Option<Value>,
    length: Option<Value>,
    suffix: Option<Value>,
}

impl Range {
    /// Offset and length within so many bytes.
    pub(super) fn resolve(&self, size: usize) -> Option<(usize, usize)> {
        let number = |value: &Option<Value>| match value {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_u64().and_then(|number| usize::try_from(number).ok()),
            None => None,
        };
        if let Some(suffix) = number(&self.suffix) {
            let length = suffix.min(size);
            return (length > 0).then(|| (size - length, length));
        }
        let offset = number(&self.offset).unwrap_or(0);
        let length = number(&self.length).unwrap_or(usize::MAX);
        (offset < size && length > 0).then(|| (offset, length.min(size - offset)))
    }
}
