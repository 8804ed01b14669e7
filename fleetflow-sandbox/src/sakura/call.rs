//! One request, read and ready for the routes. What its parts mean is theirs to say.

use http::Method;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::catalog::Zone;
use super::fields::Fields;
use super::refusal::{Outcome, Refusal, refuse};
use crate::frame::decode_percent;
use crate::{Shared, Timings};

/// A request to one zone.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Verb,
    pub(super) zone: &'static Zone,
    pub(super) now: Timestamp,
    pub(super) timings: &'a Timings,
    /// The query: always an object, empty if there was none.
    pub(super) query: Value,
    /// The body: an object, or null if there was none.
    pub(super) body: Value,
}

/// The methods the API knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

impl<'a> Call<'a> {
    /// Reads what the HTTP library has received.
    pub(super) fn read(shared: &'a Shared, parts: &Parts, zone: &'static Zone, body: &[u8]) -> Outcome<Self> {
        Ok(Self {
            method: verb(&parts.method)?,
            zone,
            now: shared.clock.now(),
            timings: &shared.timings,
            query: read_query(parts.uri.query().unwrap_or_default())?,
            body: read_body(body)?,
        })
    }

    /// The object under the envelope `key` of the body.
    pub(super) fn envelope(&self, key: &'static str) -> Outcome<Fields<'_>> {
        match self.body.get(key) {
            Some(object @ Value::Object(_)) => Ok(Fields(object)),
            Some(_) => refuse("invalid_format"),
            None => refuse("missing_param"),
        }
    }

    /// The body itself, for calls without an envelope.
    pub(super) fn bare(&self) -> Fields<'_> {
        Fields(&self.body)
    }
}

fn verb(method: &Method) -> Outcome<Verb> {
    match *method {
        Method::GET => Ok(Verb::Get),
        Method::POST => Ok(Verb::Post),
        Method::PUT => Ok(Verb::Put),
        Method::DELETE => Ok(Verb::Delete),
        _ => refuse("method_not_allowed"),
    }
}

/// The whole query is one JSON object, raw or percent-encoded; there are no `key=value` pairs (API doc §1.4).
fn read_query(query: &str) -> Outcome<Value> {
    if query.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_str(&decode_percent(query)) {
        Ok(object @ Value::Object(_)) => Ok(object),
        _ => refuse("bad_request"),
    }
}

fn read_body(body: &[u8]) -> Outcome<Value> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    match serde_json::from_slice(body) {
        Ok(object @ Value::Object(_)) => Ok(object),
        Ok(Value::Array(items)) if items.is_empty() => Ok(Value::Null),
        _ => Err(Refusal::new("bad_request")),
    }
}
