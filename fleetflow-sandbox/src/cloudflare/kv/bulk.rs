//! Many keys in one request. A write that fails for some keys still succeeds for the others, and says which failed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::entry::{Entry, Expiry, is_key};
use super::{namespace, refusal};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};

const MAX_PAIRS: usize = 10_000;
const MAX_READS: usize = 100;

#[derive(Deserialize)]
struct Pair {
    key: String,
    value: String,
    #[serde(default)]
    base64: bool,
    #[serde(flatten)]
    expiry: Expiry,
    metadata: Option<Value>,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<String>,
}

pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let now = context.now;
    let pairs: Vec<Pair> = call.json()?;
    if pairs.len() > MAX_PAIRS {
        return Err(refusal::too_large("bulk write"));
    }
    let entries = &mut namespace::find(context, call)?.entries;
    let mut failed = Vec::new();
    let mut written = 0;
    for pair in pairs {
        if let Ok(entry) = pair.entry(now) {
            entries.insert(pair.key, entry);
            written += 1;
        } else {
            failed.push(pair.key);
        }
    }
    Answer::of(json!({ "successful_key_count": written, "unsuccessful_keys": failed }))
}

pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    let keys: Vec<String> = call.json()?;
    if keys.len() > MAX_PAIRS {
        return Err(refusal::too_large("bulk delete"));
    }
    let entries = &mut namespace::find(context, call)?.entries;
    for key in &keys {
        entries.remove(key);
    }
    Answer::of(json!({ "successful_key_count": keys.len(), "unsuccessful_keys": [] }))
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let now = context.now;
    let wanted: Keys = call.json()?;
    if wanted.keys.len() > MAX_READS {
        return Err(refusal::too_large("bulk read"));
    }
    let entries = &namespace::find(context, call)?.entries;
    let mut values = Map::new();
    for key in wanted.keys {
        let value = match entries.get(&key).filter(|entry| entry.is_alive(now)) {
            Some(entry) => Value::from(String::from_utf8_lossy(&entry.bytes()?).into_owned()),
            None => Value::Null,
        };
        values.insert(key, value);
    }
    Answer::of(json!({ "values": values }))
}

impl Pair {
    fn entry(&self, now: Timestamp) -> Result<Entry, Failure> {
        if !is_key(&self.key) {
            return Err(refusal::too_large("key"));
        }
        let bytes = if self.base64 {
            STANDARD
                .decode(&self.value)
                .map_err(|_| refusal::too_large("value"))?
        } else {
            self.value.clone().into_bytes()
        };
        Entry::new(&bytes, &self.expiry, self.metadata.clone(), now)
    }
}
