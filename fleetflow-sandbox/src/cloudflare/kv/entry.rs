//! Single keys: values in and out, the list of keys, expiry by the sandbox's clock.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{namespace, refusal};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::multipart;

const MAX_VALUE: usize = 25 * 1024 * 1024;
const MAX_KEY: usize = 512;

/// A stored value.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The bytes in Base64.
    value: String,
    /// Seconds since the epoch.
    expiration: Option<i64>,
    metadata: Option<Value>,
}

impl std::fmt::Debug for Entry {
    /// Values may be secrets, so only their size is shown.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Entry")
            .field("length", &self.value.len())
            .finish_non_exhaustive()
    }
}

pub(super) fn keys(context: &mut Context<'_>, call: &Call) -> Outcome {
    let now = context.now;
    let limit = call.query("limit").map_or(Some(1000), |text| text.parse().ok());
    let limit: usize = limit
        .filter(|limit| (10..=1000).contains(limit))
        .ok_or_else(refusal::paging)?;
    let prefix = call.query("prefix").unwrap_or_default();
    let after = cursor(call)?;
    let mut keys: Vec<(&String, &Entry)> = namespace::find(context, call)?
        .entries
        .iter()
        .filter(|(key, entry)| key.starts_with(prefix) && entry.is_alive(now))
        .filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after))
        .collect();
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = keys
        .last()
        .filter(|_| more)
        .map(|(key, _)| URL_SAFE_NO_PAD.encode(key));
    let info = json!({ "count": keys.len(), "cursor": next.unwrap_or_default() });
    Answer::list(
        keys.into_iter()
            .map(|(key, entry)| entry.render(key))
            .collect::<Vec<Value>>(),
        info,
    )
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let now = context.now;
    let entries = &namespace::find(context, call)?.entries;
    let entry = entries.get(call.path("key")).filter(|entry| entry.is_alive(now));
    let bytes = entry.ok_or_else(refusal::no_key)?.bytes()?;
    Ok(Answer::raw("application/octet-stream", bytes))
}

pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let number = |name| {
        call.query(name)
            .map(|text| text.parse::<i64>().map_err(|_| refusal::expiration()))
    };
    let expiry = Expiry {
        expiration: number("expiration").transpose()?,
        expiration_ttl: number("expiration_ttl").transpose()?,
    };
    let (value, metadata) = sent(call)?;
    let entry = Entry::new(&value, &expiry, metadata, context.now)?;
    let key = call.path("key").to_owned();
    if key.len() > MAX_KEY {
        return Err(refusal::too_large("key"));
    }
    namespace::find(context, call)?.entries.insert(key, entry);
    Answer::of(json!({}))
}

/// The value and its metadata: the bytes of the body, or two parts of a form, as Cloudflare's own libraries send them.
fn sent(call: &Call) -> Result<(Vec<u8>, Option<Value>), Failure> {
    let kind = call.header("content-type").unwrap_or_default();
    let Some(parts) = multipart::read(kind, call.bytes()) else {
        return Ok((call.bytes().to_vec(), None));
    };
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    let value = part("value").ok_or_else(refusal::form)?;
    let metadata = part("metadata").map(|part| serde_json::from_slice(&part.body));
    let metadata = metadata.transpose().map_err(|_| refusal::form())?;
    Ok((value.body.clone(), metadata))
}

pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    namespace::find(context, call)?.entries.remove(call.path("key"));
    Answer::of(json!({}))
}

/// When a value ends, in the two ways of saying it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Expiry {
    expiration: Option<i64>,
    expiration_ttl: Option<i64>,
}

impl Expiry {
    pub(super) fn new(expiration: Option<i64>, expiration_ttl: Option<i64>) -> Self {
        Self {
            expiration,
            expiration_ttl,
        }
    }
}

impl Entry {
    /// An entry with this value, if value and expiry are acceptable.
    pub(super) fn new(
        value: &[u8],
        expiry: &Expiry,
        metadata: Option<Value>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        if value.len() > MAX_VALUE {
            return Err(refusal::too_large("value"));
        }
        let after = expiry.expiration_ttl.map(|seconds| now.as_second() + seconds);
        let expiration = expiry.expiration.or(after);
        if expiration.is_some_and(|end| end < now.as_second() + 60) {
            return Err(refusal::expiration());
        }
        Ok(Self {
            value: STANDARD.encode(value),
            expiration,
            metadata,
        })
    }

    /// The value's bytes.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Failure> {
        STANDARD.decode(&self.value).map_err(|_| refusal::no_key())
    }

    /// False once the value has expired.
    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        self.expiration.is_none_or(|end| now.as_second() < end)
    }

    /// A digest of the value, to compare worlds by.
    pub(super) fn fingerprint(&self) -> String {
        blake3::hash(self.value.as_bytes()).to_hex()[..16].to_owned()
    }

    /// What was noted about the value.
    pub(super) fn metadata(&self) -> Option<&Value> {
        self.metadata.as_ref()
    }

    /// When it ends, in seconds since the epoch.
    pub(super) fn expiration(&self) -> Option<i64> {
        self.expiration
    }

    /// The key as lists show it.
    pub(super) fn render(&self, key: &str) -> Value {
        let mut shown = json!({ "name": key });
        if let Some(expiration) = self.expiration {
            shown["expiration"] = json!(expiration);
        }
        if let Some(metadata) = &self.metadata {
            shown["metadata"] = metadata.clone();
        }
        shown
    }
}

/// True for a key that can be stored.
pub(super) fn is_key(key: &str) -> bool {
    (1..=MAX_KEY).contains(&key.len()) && key != "." && key != ".."
}

fn cursor(call: &Call) -> Result<Option<String>, Failure> {
    let Some(cursor) = call.query("cursor").filter(|cursor| !cursor.is_empty()) else {
        return Ok(None);
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refusal::paging())?;
    String::from_utf8(bytes).map(Some).map_err(|_| refusal::paging())
}
