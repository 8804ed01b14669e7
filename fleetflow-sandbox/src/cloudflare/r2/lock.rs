//! Lock rules of a bucket: which objects cannot be deleted or overwritten yet (API doc §2.9).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Bucket, place, refusal};
use crate::cloudflare::answer::{Answer, Outcome};
use crate::cloudflare::call::{Call, Context};

#[derive(Deserialize)]
struct Policy {
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize, Serialize)]
struct Rule {
    id: String,
    enabled: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    prefix: String,
    condition: Condition,
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "type")]
enum Condition {
    Age {
        #[serde(rename = "maxAgeSeconds")]
        max_age_seconds: u32,
    },
    Date {
        date: Timestamp,
    },
    Indefinite,
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(json!({ "rules": place::bucket(context, call)?.locks }))
}

/// Replaces all rules.
pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let bucket = place::bucket(context, call)?;
    let policy: Policy =
        serde_json::from_slice(call.bytes()).map_err(|error| refusal::malformed(&error.to_string()))?;
    let rules: Result<Vec<Value>, _> = policy.rules.iter().map(serde_json::to_value).collect();
    bucket.locks = rules.map_err(|error| refusal::malformed(&error.to_string()))?;
    Answer::of(json!({}))
}

impl Bucket {
    /// True while a rule holds this object. An object that does not exist is held by none.
    pub(super) fn holds(&self, key: &str, now: Timestamp) -> bool {
        let Some(object) = self.objects.get(key) else {
            return false;
        };
        self.locks
            .iter()
            .filter_map(|rule| Rule::deserialize(rule).ok())
            .filter(|rule| rule.enabled && key.starts_with(&rule.prefix))
            .any(|rule| rule.condition.holds(object.modified(), now))
    }
}

impl Condition {
    fn holds(&self, modified: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Age { max_age_seconds } => {
                now < modified + SignedDuration::from_secs(i64::from(*max_age_seconds))
            }
            Self::Date { date } => now < *date,
            Self::Indefinite => true,
        }
    }
}
