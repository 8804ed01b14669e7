//! Making, listing, changing and deleting buckets (API doc §2.2 to §2.4).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::place::{self, CursorPage};
use super::{Bucket, domain, lifecycle, refusal};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};

const LOCATIONS: [&str; 6] = ["apac", "eeur", "enam", "weur", "wnam", "oc"];
const STORAGE_CLASSES: [&str; 2] = ["Standard", "InfrequentAccess"];

/// Requests say camelCase where answers say `snake_case`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewBucket {
    name: String,
    location_hint: Option<String>,
    storage_class: Option<String>,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let jurisdiction = place::jurisdiction(call)?;
    let page = CursorPage::read(call)?;
    let contains = call.query("name_contains").unwrap_or_default();
    let descending = call.query("direction") == Some("desc");
    let mut buckets: Vec<(String, Value)> = context
        .rows()
        .r2
        .buckets
        .values()
        .filter(|bucket| bucket.jurisdiction == jurisdiction && bucket.name.contains(contains))
        .map(|bucket| (bucket.name.clone(), bucket.render()))
        .collect();
    if descending {
        buckets.reverse();
    }
    if let Some(start) = call.query("start_after") {
        buckets.retain(|(name, _)| {
            if descending {
                name.as_str() < start
            } else {
                name.as_str() > start
            }
        });
    }
    let (buckets, info) = page.cut(buckets);
    Answer::list(json!({ "buckets": buckets }), info)
}

pub(super) fn create(context: &mut Context<'_>, call: &Call) -> Outcome {
    let new: NewBucket =
        serde_json::from_slice(call.bytes()).map_err(|error| refusal::malformed(&error.to_string()))?;
    new.check()?;
    let jurisdiction = place::jurisdiction(call)?.to_owned();
    let key = place::key(&jurisdiction, &new.name);
    if context.rows().r2.buckets.contains_key(&key) {
        return Err(refusal::bucket_exists());
    }
    let location = new.location(&jurisdiction);
    let location = context
        .rows()
        .r2
        .first_locations
        .entry(key.clone())
        .or_insert(location)
        .clone();
    let bucket = Bucket {
        id: context.identifier(),
        name: new.name,
        jurisdiction,
        location,
        storage_class: new.storage_class.unwrap_or_else(|| STORAGE_CLASSES[0].to_owned()),
        created: context.now,
        cors: None,
        lifecycle: vec![lifecycle::default_rule()],
        locks: Vec::new(),
        public: false,
        domains: BTreeMap::new(),
        objects: BTreeMap::new(),
        uploads: BTreeMap::new(),
    };
    let shown = bucket.render();
    context.rows().r2.buckets.insert(key, bucket);
    Answer::of(shown)
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(place::bucket(context, call)?.render())
}

/// The new class is a header; a request without it changes nothing.
pub(super) fn patch(context: &mut Context<'_>, call: &Call) -> Outcome {
    let bucket = place::bucket(context, call)?;
    if let Some(class) = call.header("cf-r2-storage-class") {
        if !STORAGE_CLASSES.contains(&class) {
            return Err(refusal::storage_class());
        }
        class.clone_into(&mut bucket.storage_class);
    }
    Answer::of(bucket.render())
}

/// Custom domains go with their bucket, and their records with them.
pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    let bucket = place::bucket(context, call)?;
    if !bucket.objects.is_empty() {
        return Err(refusal::not_empty());
    }
    let domains: Vec<domain::Domain> = bucket.domains.values().cloned().collect();
    let key = place::key(&bucket.jurisdiction, &bucket.name);
    for domain in domains {
        domain.remove_record(context.rows());
    }
    context.rows().r2.buckets.remove(&key);
    Answer::of(json!({}))
}

impl NewBucket {
    fn check(&self) -> Result<(), Failure> {
        if !is_name(&self.name) {
            return Err(refusal::bucket_name());
        }
        if self
            .location_hint
            .as_ref()
            .is_some_and(|hint| !LOCATIONS.contains(&hint.as_str()))
        {
            return Err(refusal::malformed("locationHint is not a location"));
        }
        if self
            .storage_class
            .as_ref()
            .is_some_and(|class| !STORAGE_CLASSES.contains(&class.as_str()))
        {
            return Err(refusal::malformed("storageClass is not a storage class"));
        }
        Ok(())
    }

    /// Upper case, as answers carry it.
    fn location(&self, jurisdiction: &str) -> String {
        let usual = match jurisdiction {
            "eu" => "weur",
            "fedramp" => "enam",
            _ => "apac",
        };
        self.location_hint.as_deref().unwrap_or(usual).to_uppercase()
    }
}

impl Bucket {
    fn render(&self) -> Value {
        json!({
            "name": self.name,
            "creation_date": self.created.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "location": self.location,
            "storage_class": self.storage_class,
            "jurisdiction": self.jurisdiction,
        })
    }
}

fn is_name(name: &str) -> bool {
    let simple = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = name.bytes().all(|byte| simple(byte) || byte == b'-');
    (3..=63).contains(&name.len()) && inner && !name.starts_with('-') && !name.ends_with('-')
}
