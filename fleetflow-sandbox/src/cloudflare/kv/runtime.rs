//! What a Worker's namespace binding asks for and is answered (API doc §6.5), as HTTP parts that are read and written elsewhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::entry::{Entry, Expiry, is_key};
use super::{Namespace, Rows};

const MOST_KEYS: usize = 1000;
const MOST_KEYS_AT_ONCE: usize = 100;

/// A request of a binding.
pub(in crate::cloudflare) struct Ask<'a> {
    pub(in crate::cloudflare) method: &'a str,
    /// The decoded path without its slash: a key, or nothing for a list.
    pub(in crate::cloudflare) key: &'a str,
    pub(in crate::cloudflare) query: &'a [(String, String)],
    /// `CF-KV-Metadata`.
    pub(in crate::cloudflare) metadata: Option<&'a str>,
    pub(in crate::cloudflare) body: &'a [u8],
}

/// What a binding is answered: a status, the body, and of a value its metadata and when it ends.
pub(in crate::cloudflare) struct Reply {
    pub(in crate::cloudflare) status: u16,
    pub(in crate::cloudflare) body: Vec<u8>,
    pub(in crate::cloudflare) metadata: Option<String>,
    pub(in crate::cloudflare) expiration: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bulk {
    keys: Vec<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    with_metadata: bool,
}

/// Carries out what a binding asks of a namespace.
pub(in crate::cloudflare) fn answer(rows: &mut Rows, id: &str, now: Timestamp, ask: &Ask<'_>) -> Reply {
    let Some(namespace) = rows.namespaces.iter_mut().find(|namespace| namespace.id == id) else {
        return Reply::failure(404, "The namespace does not exist.");
    };
    match (ask.method, ask.key) {
        ("GET", "") => namespace.list(ask, now),
        ("POST", "bulk/get") => namespace.bulk(ask.body, now),
        (_, key) if !is_key(key) => Reply::failure(400, "A key has 1 to 512 bytes and is not `.` or `..`."),
        ("GET", key) => namespace.value(key, now),
        ("PUT", key) => namespace.put(key, ask, now),
        ("DELETE", key) => {
            namespace.entries.remove(key);
            Reply::of(Vec::new())
        }
        _ => Reply::failure(405, "Method not allowed."),
    }
}

impl Ask<'_> {
    fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

impl Namespace {
    fn alive(&self, key: &str, now: Timestamp) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| entry.is_alive(now))
    }

    fn value(&self, key: &str, now: Timestamp) -> Reply {
        let Some((entry, bytes)) = self
            .alive(key, now)
            .and_then(|entry| Some((entry, entry.bytes().ok()?)))
        else {
            return Reply::failure(404, "Not Found");
        };
        Reply {
            metadata: entry.metadata().map(Value::to_string),
            expiration: entry.expiration(),
            ..Reply::of(bytes)
        }
    }

    fn put(&mut self, key: &str, ask: &Ask<'_>, now: Timestamp) -> Reply {
        let number = |name| ask.query(name).and_then(|text| text.parse::<i64>().ok());
        let expiry = Expiry::new(number("expiration"), number("expiration_ttl"));
        let metadata = ask.metadata.map(serde_json::from_str).transpose();
        let Ok(metadata) = metadata else {
            return Reply::failure(400, "The metadata is not JSON.");
        };
        match Entry::new(ask.body, &expiry, metadata, now) {
            Ok(entry) => {
                self.entries.insert(key.to_owned(), entry);
                Reply::of(Vec::new())
            }
            Err(_) => Reply::failure(
                400,
                "The value is larger than 25 MiB, or ends in less than 60 seconds.",
            ),
        }
    }

    fn list(&self, ask: &Ask<'_>, now: Timestamp) -> Reply {
        let limit = ask.query("key_count_limit").and_then(|text| text.parse().ok());
        let limit = limit.unwrap_or(MOST_KEYS).clamp(1, MOST_KEYS);
        let prefix = ask.query("prefix").unwrap_or_default();
        let after = ask.query("cursor").and_then(|cursor| {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
            String::from_utf8(bytes).ok()
        });
        let fitting = self.entries.iter().filter(|(key, entry)| {
            key.starts_with(prefix) && entry.is_alive(now) && after.as_ref().is_none_or(|after| *key > after)
        });
        let mut fitting: Vec<(&String, &Entry)> = fitting.take(limit + 1).collect();
        let more = fitting.len() > limit;
        fitting.truncate(limit);
        let mut shown = json!({ "list_complete": !more, "cacheStatus": null });
        if let (true, Some((last, _))) = (more, fitting.last()) {
            shown["cursor"] = json!(URL_SAFE_NO_PAD.encode(last));
        }
        let keys = fitting.into_iter().map(|(key, entry)| {
            let mut row = entry.render(key);
            // The runtime reads a text that is JSON.
            if let Some(metadata) = row.get_mut("metadata") {
                *metadata = Value::from(metadata.to_string());
            }
            row
        });
        shown["keys"] = keys.collect();
        Reply::of(shown.to_string().into_bytes())
    }

    fn bulk(&self, body: &[u8], now: Timestamp) -> Reply {
        let Ok(bulk) = serde_json::from_slice::<Bulk>(body) else {
            return Reply::failure(400, "The body is not a list of keys.");
        };
        if bulk.keys.is_empty() || bulk.keys.len() > MOST_KEYS_AT_ONCE {
            return Reply::failure(400, "You can request 1 to 100 keys.");
        }
        let mut found = Map::new();
        for key in bulk.keys {
            let entry = self.alive(&key, now);
            let text = entry.and_then(|entry| String::from_utf8(entry.bytes().ok()?).ok());
            let value = match (text, bulk.kind.as_deref()) {
                (Some(text), Some("json")) => match serde_json::from_str(&text) {
                    Ok(value) => value,
                    Err(_) => return Reply::failure(400, "One of the values is not JSON."),
                },
                (text, _) => json!(text),
            };
            let metadata = entry.and_then(Entry::metadata);
            let value = match bulk.with_metadata && !value.is_null() {
                true => json!({ "value": value, "metadata": metadata }),
                false => value,
            };
            found.insert(key, value);
        }
        Reply::of(Value::Object(found).to_string().into_bytes())
    }
}

impl Reply {
    fn of(body: Vec<u8>) -> Self {
        Self {
            status: 200,
            body,
            metadata: None,
            expiration: None,
        }
    }

    fn failure(status: u16, message: &str) -> Self {
        Self {
            status,
            ..Self::of(message.as_bytes().to_vec())
        }
    }
}
