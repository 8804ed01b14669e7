//! What clients send about a record, laid over what is known already: nothing for POST and PUT, the stored record for PATCH.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::fields::{Fields, Kind, Settings};
use super::refusal;
use crate::cloudflare::answer::Failure;

/// A record in a request. Members that were not sent are `None`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Body {
    pub(super) id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
    content: Option<String>,
    data: Option<Map<String, Value>>,
    priority: Option<Value>,
    ttl: Option<Value>,
    proxied: Option<Value>,
    settings: Option<Settings>,
    /// Sent as null to be cleared, which is not the same as not sent.
    #[serde(default, deserialize_with = "sent")]
    comment: Option<Value>,
    tags: Option<Vec<String>>,
    private_routing: Option<bool>,
}

impl Body {
    /// The record that a POST or PUT describes: what is not sent has its default.
    pub(super) fn alone(self) -> Result<Fields, Failure> {
        if self.name.is_none() {
            return Err(refusal::required("name"));
        }
        let kind = self.kind()?.ok_or_else(|| refusal::required("type"))?;
        self.over(Fields::blank(kind))
    }

    /// The record that a PATCH describes: what is not sent stays.
    pub(super) fn over(self, mut base: Fields) -> Result<Fields, Failure> {
        base.kind = self.kind()?.unwrap_or(base.kind);
        base.ttl = self
            .ttl
            .map_or(Ok(base.ttl), |ttl| whole(&ttl).ok_or_else(bad_ttl))?;
        base.priority = match self.priority {
            Some(value) => whole(&value),
            None => base.priority,
        };
        base.proxied = self.proxied.map_or(Ok(base.proxied), |value| switch(&value))?;
        base.name = self.name.unwrap_or(base.name);
        base.content = self.content.unwrap_or(base.content);
        base.data = self.data.or(base.data);
        base.settings = self.settings.unwrap_or(base.settings);
        base.comment = self.comment.map_or(Ok(base.comment), |value| comment(&value))?;
        base.tags = self.tags.unwrap_or(base.tags);
        base.private_routing = self.private_routing.unwrap_or(base.private_routing);
        Ok(base)
    }

    fn kind(&self) -> Result<Option<Kind>, Failure> {
        let Some(name) = &self.kind else { return Ok(None) };
        let kind = Kind::parse(name)
            .ok_or_else(|| refusal::chained(9004, &format!("Invalid DNS record type `{name}`.")))?;
        Ok(Some(kind))
    }
}

fn sent<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(input).map(Some)
}

fn whole<T: TryFrom<u64>>(value: &Value) -> Option<T> {
    T::try_from(value.as_u64()?).ok()
}

fn switch(value: &Value) -> Result<bool, Failure> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(proxied) => Ok(*proxied),
        _ => Err(refusal::chained(
            9003,
            "Invalid 'proxied' value, must be a boolean.",
        )),
    }
}

/// Null and the empty text both clear.
fn comment(value: &Value) -> Result<Option<String>, Failure> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        _ => Err(refusal::plain(
            9207,
            "Request body is invalid. comment must be text.",
        )),
    }
}

fn bad_ttl() -> Failure {
    refusal::ttl(crate::cloudflare::rows::Plan::Free)
}
