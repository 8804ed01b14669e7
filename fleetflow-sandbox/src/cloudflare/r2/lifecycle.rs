//! Lifecycle rules of a bucket (API doc §2.9). They are checked and stored; no object ages here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{place, refusal};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};

#[derive(Deserialize)]
struct Policy {
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    enabled: bool,
    conditions: Conditions,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_objects_transition: Option<Transition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_class_transitions: Option<Vec<ClassTransition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    abort_multipart_uploads_transition: Option<Transition>,
}

/// An empty prefix means everything, and is not shown.
#[derive(Deserialize, Serialize)]
struct Conditions {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    prefix: String,
}

#[derive(Deserialize, Serialize)]
struct Transition {
    condition: Condition,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClassTransition {
    condition: Condition,
    storage_class: String,
}

/// Ages are in seconds.
#[derive(Deserialize, Serialize)]
#[serde(tag = "type")]
enum Condition {
    Age {
        #[serde(rename = "maxAge")]
        max_age: u64,
    },
    Date {
        date: jiff::Timestamp,
    },
}

/// What a new bucket comes with: unfinished uploads are dropped after seven days.
pub(super) fn default_rule() -> Value {
    json!({
        "id": "Default Multipart Abort Rule",
        "enabled": true,
        "conditions": {},
        "abortMultipartUploadsTransition": { "condition": { "type": "Age", "maxAge": 604_800 } },
    })
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(json!({ "rules": place::bucket(context, call)?.lifecycle }))
}

/// Replaces all rules, the default one included.
pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let bucket = place::bucket(context, call)?;
    let policy: Policy =
        serde_json::from_slice(call.bytes()).map_err(|error| refusal::malformed(&error.to_string()))?;
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for rule in &policy.rules {
        rule.check()?;
        if !seen.insert(&rule.id) {
            return Err(refusal::malformed("two rules have the same id"));
        }
        rules.push(serde_json::to_value(rule).map_err(|error| refusal::malformed(&error.to_string()))?);
    }
    bucket.lifecycle = rules;
    Answer::of(json!({}))
}

impl Rule {
    fn check(&self) -> Result<(), Failure> {
        let abort = self.abort_multipart_uploads_transition.as_ref();
        if abort.is_some_and(|transition| matches!(transition.condition, Condition::Date { .. })) {
            return Err(refusal::malformed("unfinished uploads are dropped by age only"));
        }
        let classes = self.storage_class_transitions.as_deref().unwrap_or_default();
        if classes
            .iter()
            .any(|transition| transition.storage_class != "InfrequentAccess")
        {
            return Err(refusal::malformed("objects can only move to InfrequentAccess"));
        }
        if self.id.is_empty() {
            return Err(refusal::malformed("a rule needs an id"));
        }
        Ok(())
    }
}
