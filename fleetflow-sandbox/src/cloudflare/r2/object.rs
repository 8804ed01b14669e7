//! Objects through the REST API (API doc §2.5), so that a bucket can really be full. No multipart uploads, no versions.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::place::{self, CursorPage};
use super::refusal;
use crate::cloudflare::answer::{Answer, Outcome};
use crate::cloudflare::call::{Call, Context};

/// A stored object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Object {
    /// The bytes in Base64, so that the world stays readable JSON.
    body: String,
    size: usize,
    etag: String,
    content_type: String,
    modified: Timestamp,
    /// The other HTTP headers it is served with, as Workers name them: `cacheControl` and the like.
    #[serde(default)]
    pub(super) http: BTreeMap<String, Value>,
    /// What users noted about it.
    #[serde(default)]
    pub(super) custom: BTreeMap<String, String>,
}

/// Header names with the names that Workers have for them (API doc §6.5).
const HTTP_FIELDS: [(&str, &str); 4] = [
    ("cache-control", "cacheControl"),
    ("content-disposition", "contentDisposition"),
    ("content-encoding", "contentEncoding"),
    ("content-language", "contentLanguage"),
];

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let page = CursorPage::read(call)?;
    let prefix = call.query("prefix").unwrap_or_default();
    let start = call.query("start_after").unwrap_or_default();
    let objects: Vec<(String, Value)> = place::bucket(context, call)?
        .objects
        .iter()
        .filter(|(key, _)| key.starts_with(prefix) && key.as_str() > start)
        .map(|(key, object)| (key.clone(), object.render(key)))
        .collect();
    let (objects, mut info) = page.cut(objects);
    info["is_truncated"] = json!(info.get("cursor").is_some());
    Answer::list(objects, info)
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let bucket = place::bucket(context, call)?;
    let object = bucket
        .objects
        .get(call.path("key"))
        .ok_or_else(refusal::no_object)?;
    Ok(Answer::raw(&object.content_type, object.bytes()))
}

pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let (key, now) = (call.path("key").to_owned(), context.now);
    let bucket = place::bucket(context, call)?;
    if bucket.holds(&key, now) {
        return Err(refusal::locked());
    }
    let kind = call.header("content-type").unwrap_or("application/octet-stream");
    let mut object = Object::new(call.bytes(), kind, now);
    let sent = HTTP_FIELDS
        .into_iter()
        .filter_map(|(header, field)| Some((field.to_owned(), json!(call.header(header)?))));
    object.http = sent.collect();
    let shown = object.render(&key);
    bucket.objects.insert(key, object);
    Answer::of(shown)
}

pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    let (key, now) = (call.path("key"), context.now);
    let bucket = place::bucket(context, call)?;
    if bucket.holds(key, now) {
        return Err(refusal::locked());
    }
    bucket.objects.remove(key).ok_or_else(refusal::no_object)?;
    Answer::of(json!({ "key": key }))
}

/// Deletes the keys of a JSON array; those that are not there count as deleted, as in S3.
pub(super) fn delete_many(context: &mut Context<'_>, call: &Call) -> Outcome {
    let now = context.now;
    let bucket = place::bucket(context, call)?;
    let keys: Vec<String> =
        serde_json::from_slice(call.bytes()).map_err(|error| refusal::malformed(&error.to_string()))?;
    if keys.iter().any(|key| bucket.holds(key, now)) {
        return Err(refusal::locked());
    }
    for key in &keys {
        bucket.objects.remove(key);
    }
    let deleted: Vec<Value> = keys.iter().map(|key| json!({ "key": key })).collect();
    Answer::of(deleted)
}

impl Object {
    /// An object with these bytes.
    pub(super) fn new(bytes: &[u8], content_type: &str, now: Timestamp) -> Self {
        Self {
            body: STANDARD.encode(bytes),
            size: bytes.len(),
            etag: format!("{:x}", Md5::digest(bytes)),
            content_type: content_type.to_owned(),
            modified: now,
            http: BTreeMap::new(),
            custom: BTreeMap::new(),
        }
    }

    pub(in crate::cloudflare) fn bytes(&self) -> Vec<u8> {
        STANDARD.decode(&self.body).unwrap_or_default()
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(in crate::cloudflare) fn etag(&self) -> &str {
        &self.etag
    }

    /// The same object under another tag, as those have that were put together of parts.
    pub(super) fn with_etag(mut self, etag: String) -> Self {
        self.etag = etag;
        self
    }

    pub(in crate::cloudflare) fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The headers it is served with, apart from its type.
    pub(in crate::cloudflare) fn headers(&self) -> Vec<(&'static str, &str)> {
        let named =
            |(header, field): &(&'static str, &str)| Some((*header, self.http.get(*field)?.as_str()?));
        HTTP_FIELDS.iter().filter_map(named).collect()
    }

    /// When it was last written.
    pub(super) fn modified(&self) -> Timestamp {
        self.modified
    }

    fn render(&self, key: &str) -> Value {
        json!({
            "key": key,
            "etag": self.etag,
            "size": self.size,
            "last_modified": self.modified.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "http_metadata": { "contentType": self.content_type },
            "storage_class": "Standard",
        })
    }
}
