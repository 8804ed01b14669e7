//! The CORS policy of a bucket (API doc §2.6). It is stored and shown; nothing here answers a preflight.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{place, refusal};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};

#[derive(Deserialize)]
struct Policy {
    rules: Vec<Rule>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    allowed: Allowed,
    #[serde(skip_serializing_if = "Option::is_none")]
    expose_headers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_seconds: Option<u64>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Allowed {
    origins: Vec<String>,
    methods: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<String>>,
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let rules = place::bucket(context, call)?
        .cors
        .as_ref()
        .ok_or_else(refusal::no_cors)?;
    Answer::of(json!({ "rules": rules }))
}

/// Replaces the whole policy.
pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let bucket = place::bucket(context, call)?;
    let policy: Policy =
        serde_json::from_slice(call.bytes()).map_err(|error| refusal::malformed(&error.to_string()))?;
    let rules: Result<Vec<Value>, Failure> = policy.rules.iter().map(Rule::settle).collect();
    bucket.cors = Some(rules?);
    Answer::of(json!({}))
}

/// Deleting a policy that is not there succeeds, as it does in the newer of the two known behaviours.
pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    place::bucket(context, call)?.cors = None;
    Answer::of(json!({}))
}

impl Rule {
    fn settle(&self) -> Result<Value, Failure> {
        const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];
        if self.allowed.origins.is_empty() || self.allowed.methods.is_empty() {
            return Err(refusal::malformed("a rule needs origins and methods"));
        }
        if let Some(method) = self
            .allowed
            .methods
            .iter()
            .find(|method| !METHODS.contains(&method.as_str()))
        {
            return Err(refusal::malformed(&format!(
                "{method} is not a method of a CORS rule"
            )));
        }
        if self.max_age_seconds.is_some_and(|age| age > 86_400) {
            return Err(refusal::malformed("maxAgeSeconds is at most 86400"));
        }
        serde_json::to_value(self).map_err(|error| refusal::malformed(&error.to_string()))
    }
}
