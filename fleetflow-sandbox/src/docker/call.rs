//! One request, read completely: version prefix, path, query, body. It decides nothing about objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, Request};
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use hyper::upgrade::OnUpgrade;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Failure;
use super::daemon::Daemon;
use super::filter::Filters;
use crate::Shared;

/// The newest API version the emulated engine speaks.
pub(super) const API_VERSION: &str = "1.47";
/// The oldest one.
pub(super) const MINIMUM_API_VERSION: &str = "1.24";
const NEWEST: (u32, u32) = (1, 47);
const OLDEST: (u32, u32) = (1, 24);
/// Build contexts are the largest bodies; more than this is a mistake in a test.
const BODY_LIMIT: usize = 1 << 30;

/// The engine a router serves.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) shared: Arc<Shared>,
    pub(super) engine: String,
}

/// One request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) target: Target,
    pub(super) method: Method,
    /// Decoded segments, without the version prefix.
    pub(super) path: Vec<String>,
    pub(super) body: Bytes,
    /// Where the raw stream will appear when the client asked for one.
    pub(super) upgrade: Option<OnUpgrade>,
    query: BTreeMap<String, Vec<String>>,
}

impl Call {
    /// Reads a request to its end.
    pub(super) async fn read(target: Target, mut request: Request) -> Result<Self, Failure> {
        let upgrade = wants_upgrade(request.headers()).then(|| hyper::upgrade::on(&mut request));
        let (parts, body) = request.into_parts();
        let path = segments(parts.uri.path())?;
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| Failure::bad(format!("invalid query: {error}")))?;
        let body = axum::body::to_bytes(body, BODY_LIMIT)
            .await
            .map_err(|error| Failure::bad(format!("cannot read the request body: {error}")))?;
        let query = grouped(query.0);
        Ok(Self {
            target,
            method: parts.method,
            path,
            body,
            upgrade,
            query,
        })
    }

    /// Opens the engine for the length of `work`.
    pub(super) fn daemon<T>(&self, work: impl FnOnce(&mut Daemon<'_>) -> T) -> T {
        Daemon::open(&self.target.shared, &self.target.engine, work)
    }

    /// The body as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        if self.body.is_empty() {
            return Err(Failure::bad("invalid JSON: got EOF while reading request body"));
        }
        serde_json::from_slice(&self.body).map_err(|error| Failure::bad(format!("invalid JSON: {error}")))
    }

    /// The body as JSON, or the default when there is none.
    pub(super) fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Failure> {
        if self.body.is_empty() {
            Ok(T::default())
        } else {
            self.json()
        }
    }

    /// A query parameter that is there and not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// Every value of a query parameter that may be repeated.
    pub(super) fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.query.get(name).map(Vec::as_slice).unwrap_or_default();
        values
            .iter()
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A query parameter as engines read flags: everything but a few words means yes.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.parameter(name)
            .is_some_and(|value| !matches!(value, "0" | "no" | "false" | "none"))
    }

    /// The `filters` parameter.
    pub(super) fn filters(&self, known: &[&str]) -> Result<Filters, Failure> {
        Filters::parse(self.parameter("filters"), known)
    }

    /// A query parameter that holds a JSON object with string values.
    pub(super) fn object(&self, name: &str) -> Result<BTreeMap<String, Option<String>>, Failure> {
        let Some(text) = self.parameter(name) else {
            return Ok(BTreeMap::new());
        };
        serde_json::from_str::<Option<_>>(text)
            .map(Option::unwrap_or_default)
            .map_err(|error| Failure::bad(format!("error reading {name}: {error}")))
    }
}

fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

fn grouped(pairs: Vec<(String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in pairs {
        query.entry(name).or_default().push(value);
    }
    query
}

fn segments(path: &str) -> Result<Vec<String>, Failure> {
    let mut segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(decoded)
        .collect::<Result<_, _>>()?;
    if let Some(version) = segments.first().and_then(|first| api_version(first)) {
        check_version(version)?;
        segments.remove(0);
    }
    Ok(segments)
}

fn api_version(segment: &str) -> Option<(u32, u32)> {
    let (major, minor) = segment.strip_prefix('v')?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn check_version(asked: (u32, u32)) -> Result<(), Failure> {
    let (major, minor) = asked;
    if asked > NEWEST {
        let limit = format!("too new. Maximum supported API version is {API_VERSION}");
        return Err(Failure::bad(format!("client version {major}.{minor} is {limit}")));
    }
    if asked < OLDEST {
        let limit = format!("too old. Minimum supported API version is {MINIMUM_API_VERSION}");
        let advice = "please upgrade your client to a newer version";
        return Err(Failure::bad(format!(
            "client version {major}.{minor} is {limit}, {advice}"
        )));
    }
    Ok(())
}

fn decoded(segment: &str) -> Result<String, Failure> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let code = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.ok_or_else(|| Failure::bad(format!("invalid URL escape in {segment:?}")))?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).map_err(|_| Failure::bad(format!("invalid URL escape in {segment:?}")))
}

/// `null` and a missing key read as the default: clients written in Go send `null` for empty lists and maps.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A JSON value as a list of words: engines take a string for a list of one.
pub(super) fn words<'de, D>(deserializer: D) -> Result<Option<Vec<String>>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(word) => Ok(Some(vec![word])),
        other => serde_json::from_value(other)
            .map(Some)
            .map_err(serde::de::Error::custom),
    }
}
