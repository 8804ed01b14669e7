//! What a Worker's bucket binding asks for and is answered (API doc §6.5): JSON beside the bytes of an object. It reads no HTTP.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::parts::Published;
use super::range::Range;
use super::{Bucket, Object, Upload};
use crate::World;
use crate::cloudflare::call::hex_identifier;
use crate::cloudflare::sites::condition::Condition;

/// Keys that one list holds at most, and with metadata.
const MOST_KEYS: usize = 1000;
const MOST_KEYS_WITH_METADATA: usize = 100;

/// What a binding is answered.
pub(in crate::cloudflare) struct Reply {
    pub(in crate::cloudflare) status: u16,
    /// The JSON in front of the bytes.
    pub(in crate::cloudflare) metadata: Option<Value>,
    pub(in crate::cloudflare) bytes: Vec<u8>,
    /// Code and text of a failure.
    pub(in crate::cloudflare) error: Option<(u32, String)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", tag = "method")]
enum Ask {
    Head(Named),
    Get(Get),
    List(List),
    Put(Put),
    Delete(Delete),
    CreateMultipartUpload(Put),
    #[serde(rename_all = "camelCase")]
    UploadPart {
        upload_id: String,
        part_number: u32,
    },
    #[serde(rename_all = "camelCase")]
    CompleteMultipartUpload {
        upload_id: String,
        parts: Vec<Published>,
    },
    #[serde(rename_all = "camelCase")]
    AbortMultipartUpload {
        upload_id: String,
    },
}

#[derive(Deserialize)]
struct Named {
    object: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Get {
    object: String,
    #[serde(default)]
    range: Option<Range>,
    #[serde(default)]
    only_if: Option<Condition>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct List {
    limit: Option<usize>,
    prefix: String,
    cursor: Option<String>,
    delimiter: Option<String>,
    start_after: Option<String>,
    include: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Put {
    object: String,
    #[serde(default)]
    custom_fields: Vec<Field>,
    #[serde(default)]
    http_fields: BTreeMap<String, Value>,
    #[serde(default)]
    only_if: Option<Condition>,
    /// Base64, unlike all other checksums.
    #[serde(default)]
    md5: Option<String>,
}

#[derive(Deserialize)]
struct Field {
    k: String,
    v: String,
}

#[derive(Deserialize)]
struct Delete {
    #[serde(default)]
    object: Option<String>,
    #[serde(default)]
    objects: Vec<String>,
}

/// Carries out what a binding asks of the bucket that is filed under `key`.
pub(in crate::cloudflare) fn answer(
    world: &mut World,
    key: &str,
    now: Timestamp,
    asked: &[u8],
    bytes: &[u8],
) -> Reply {
    let fresh = hex_identifier(&format!("r2 upload {}", world.next_serial()));
    let Some(bucket) = world.cloudflare.r2.buckets.get_mut(key) else {
        return Reply::error(404, 10_006, "The specified bucket does not exist.");
    };
    match serde_json::from_slice(asked) {
        Err(error) => Reply::error(400, 10_029, &format!("Metadata missing or invalid: {error}")),
        Ok(Ask::Head(named)) => bucket.head(&named.object),
        Ok(Ask::Get(get)) => bucket.get(&get),
        Ok(Ask::List(list)) => bucket.list(&list),
        Ok(Ask::Put(put)) => bucket.put(put, bytes, now),
        Ok(Ask::Delete(delete)) => bucket.delete(delete, now),
        Ok(Ask::CreateMultipartUpload(put)) => bucket.begin(put, fresh),
        Ok(Ask::UploadPart {
            upload_id,
            part_number,
        }) => match bucket.uploads.get_mut(&upload_id) {
            Some(upload) => Reply::ok(json!({ "etag": upload.take(part_number, bytes) })),
            None => Reply::no_upload(),
        },
        Ok(Ask::CompleteMultipartUpload { upload_id, parts }) => bucket.complete(&upload_id, &parts, now),
        Ok(Ask::AbortMultipartUpload { upload_id }) => match bucket.uploads.remove(&upload_id) {
            Some(_) => Reply::empty(),
            None => Reply::no_upload(),
        },
    }
}

impl Bucket {
    fn head(&self, name: &str) -> Reply {
        match self.objects.get(name) {
            Some(object) => Reply::ok(object.shown(name, true, true)),
            None => Reply::no_object(),
        }
    }

    fn get(&self, get: &Get) -> Reply {
        let Some(object) = self.objects.get(&get.object) else {
            return Reply::no_object();
        };
        let mut shown = object.shown(&get.object, true, true);
        let stands = |condition: &Condition| condition.holds(Some((object.etag(), object.modified())));
        if !get.only_if.as_ref().is_none_or(stands) {
            return Reply {
                metadata: Some(shown),
                ..Reply::error(
                    412,
                    10_031,
                    "At least one of the pre-conditions you specified did not hold.",
                )
            };
        }
        let mut bytes = object.bytes();
        if let Some(range) = &get.range {
            let Some((offset, length)) = range.resolve(bytes.len()) else {
                return Reply::error(416, 10_039, "The requested range is not satisfiable");
            };
            bytes = bytes[offset..offset + length].to_vec();
            shown["range"] = json!({ "offset": offset, "length": length });
        }
        Reply {
            bytes,
            ..Reply::ok(shown)
        }
    }

    fn put(&mut self, put: Put, bytes: &[u8], now: Timestamp) -> Reply {
        let known = self.objects.get(&put.object);
        let known = known.map(|object| (object.etag(), object.modified()));
        if !put
            .only_if
            .as_ref()
            .is_none_or(|condition| condition.holds(known))
        {
            return Reply::error(
                412,
                10_031,
                "At least one of the pre-conditions you specified did not hold.",
            );
        }
        if self.holds(&put.object, now) {
            return Reply::error(409, 10_069, "The object is locked by the bucket policy.");
        }
        let Put {
            object: name, md5, ..
        } = &put;
        let (name, md5) = (name.clone(), md5.clone());
        let (content_type, http, custom) = put.fields();
        let mut object = Object::new(bytes, &content_type, now);
        let wanted = md5.and_then(|text| STANDARD.decode(text).ok());
        if wanted.is_some_and(|wanted| hex(&wanted) != object.etag()) {
            return Reply::error(
                400,
                10_037,
                "The MD5 checksum you specified did not match what we received.",
            );
        }
        object.http = http;
        object.custom = custom;
        let shown = object.shown(&name, true, true);
        self.objects.insert(name, object);
        Reply::ok(shown)
    }

    fn delete(&mut self, delete: Delete, now: Timestamp) -> Reply {
        let keys: Vec<String> = delete.object.into_iter().chain(delete.objects).collect();
        if keys.iter().any(|key| self.holds(key, now)) {
            return Reply::error(409, 10_069, "The object is locked by the bucket policy.");
        }
        for key in keys {
            self.objects.remove(&key);
        }
        Reply::empty()
    }

    fn list(&self, list: &List) -> Reply {
        let most = match list.include.is_empty() {
            true => MOST_KEYS,
            false => MOST_KEYS_WITH_METADATA,
        };
        let limit = list.limit.unwrap_or(MOST_KEYS).clamp(1, most);
        let cursor = list.cursor.as_deref().and_then(decoded);
        let after = cursor.max(list.start_after.clone()).unwrap_or_default();
        let fitting = self.objects.iter();
        let fitting = fitting.filter(|(key, _)| key.starts_with(&list.prefix) && **key > after);
        let (mut objects, mut prefixes) = (Vec::new(), BTreeSet::new());
        let (mut last, mut more) = (String::new(), false);
        for (key, object) in fitting {
            let prefix = list.prefix_of(key);
            let is_known = prefix.as_ref().is_some_and(|prefix| prefixes.contains(prefix));
            if !is_known && objects.len() + prefixes.len() == limit {
                more = true;
                break;
            }
            last.clone_from(key);
            match prefix {
                Some(prefix) => drop(prefixes.insert(prefix)),
                None => objects.push(object.shown(key, list.include.contains(&0), list.include.contains(&1))),
            }
        }
        let mut shown = json!({ "objects": objects, "truncated": more, "delimitedPrefixes": prefixes });
        if more {
            shown["cursor"] = json!(URL_SAFE_NO_PAD.encode(last));
        }
        Reply::ok(shown)
    }

    fn begin(&mut self, put: Put, id: String) -> Reply {
        let name = put.object.clone();
        let (content_type, http, custom) = put.fields();
        let upload = Upload::new(name, content_type, http, custom);
        self.uploads.insert(id.clone(), upload);
        Reply::ok(json!({ "uploadId": id }))
    }

    fn complete(&mut self, id: &str, parts: &[Published], now: Timestamp) -> Reply {
        let Some(upload) = self.uploads.get(id) else {
            return Reply::no_upload();
        };
        let Some(object) = upload.complete(parts, now) else {
            return Reply::error(
                400,
                10_025,
                "One or more of the specified parts could not be found.",
            );
        };
        let name = upload.object.clone();
        let shown = object.shown(&name, true, true);
        self.uploads.remove(id);
        self.objects.insert(name, object);
        Reply::ok(shown)
    }
}

impl Object {
    /// The object as the runtime reads it.
    fn shown(&self, name: &str, with_http: bool, with_custom: bool) -> Value {
        let mut shown = json!({
            "name": name,
            "version": hex_identifier(&format!("{name} {} {}", self.etag(), self.modified())),
            "size": self.size(),
            "etag": self.etag(),
            "uploaded": self.modified().as_millisecond(),
            "checksums": {},
            "storageClass": "Standard",
        });
        if !self.etag().contains('-') {
            shown["checksums"]["0"] = json!(self.etag());
        }
        if with_http {
            shown["httpFields"] = json!(self.http);
            if !self.content_type().is_empty() {
                shown["httpFields"]["contentType"] = json!(self.content_type());
            }
        }
        if with_custom {
            let fields = self.custom.iter().map(|(k, v)| json!({ "k": k, "v": v }));
            shown["customFields"] = fields.collect();
        }
        shown
    }
}

impl Put {
    fn fields(mut self) -> (String, BTreeMap<String, Value>, BTreeMap<String, String>) {
        let kind = self.http_fields.remove("contentType");
        let kind = kind.and_then(|kind| kind.as_str().map(str::to_owned));
        let custom = self.custom_fields.into_iter();
        let custom = custom.map(|field| (field.k, field.v)).collect();
        (kind.unwrap_or_default(), self.http_fields, custom)
    }
}

impl List {
    /// What a key is listed as when lists are delimited: everything up to the delimiter after the prefix.
    fn prefix_of(&self, key: &str) -> Option<String> {
        let delimiter = self.delimiter.as_deref().filter(|text| !text.is_empty())?;
        let rest = &key[self.prefix.len()..];
        let end = self.prefix.len() + rest.find(delimiter)? + delimiter.len();
        Some(key[..end].to_owned())
    }
}

impl Reply {
    fn ok(metadata: Value) -> Self {
        Self {
            metadata: Some(metadata),
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            status: 200,
            metadata: None,
            bytes: Vec::new(),
            error: None,
        }
    }

    fn error(status: u16, code: u32, message: &str) -> Self {
        Self {
            status,
            error: Some((code, message.to_owned())),
            ..Self::empty()
        }
    }

    fn no_object() -> Self {
        Self::error(404, 10_007, "The specified key does not exist.")
    }

    fn no_upload() -> Self {
        Self::error(400, 10_024, "The specified multipart upload does not exist.")
    }
}

fn decoded(cursor: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    String::from_utf8(bytes).ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
