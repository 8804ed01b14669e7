//! Objects that Workers upload in parts through a binding. The wire form is in `runtime`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Object;

/// An upload that was begun and not ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(super) object: String,
    pub(super) content_type: String,
    pub(super) http: BTreeMap<String, Value>,
    pub(super) custom: BTreeMap<String, String>,
    parts: BTreeMap<u32, Part>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    etag: String,
    /// Base64.
    body: String,
}

/// A part as the one who completes an upload names it.
#[derive(Deserialize)]
pub(super) struct Published {
    etag: String,
    part: u32,
}

impl Upload {
    pub(super) fn new(
        object: String,
        content_type: String,
        http: BTreeMap<String, Value>,
        custom: BTreeMap<String, String>,
    ) -> Self {
        Self {
            object,
            content_type,
            http,
            custom,
            parts: BTreeMap::new(),
        }
    }

    /// Takes a part, or takes it anew, and says its tag.
    pub(super) fn take(&mut self, number: u32, bytes: &[u8]) -> String {
        let etag = format!("{:x}", Md5::digest(bytes));
        let part = Part {
            etag: etag.clone(),
            body: STANDARD.encode(bytes),
        };
        self.parts.insert(number, part);
        etag
    }

    /// The object that the named parts make, unless one of them was never uploaded. Its tag is the one that S3 gives.
    pub(super) fn complete(&self, published: &[Published], now: Timestamp) -> Option<Object> {
        let mut bytes = Vec::new();
        let mut digests = Md5::new();
        for named in published {
            let part = self
                .parts
                .get(&named.part)
                .filter(|part| part.etag == named.etag)?;
            let body = STANDARD.decode(&part.body).ok()?;
            digests.update(Md5::digest(&body));
            bytes.extend(body);
        }
        let etag = format!("{:x}-{}", digests.finalize(), published.len());
        let mut object = Object::new(&bytes, &self.content_type, now).with_etag(etag);
        object.http = self.http.clone();
        object.custom = self.custom.clone();
        Some(object)
    }
}
