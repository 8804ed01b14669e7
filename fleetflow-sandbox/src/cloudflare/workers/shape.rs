//! What each type of binding must have (API doc §4.3 and the official description). Whether its target exists is asked
//! elsewhere, for what the emulation has: databases, queues and the like it has not.

use serde_json::Value;

use super::binding::text;
use super::refusal;
use crate::cloudflare::answer::Failure;

/// A type, and the members that it must have; `|` between those of which one is enough.
const TYPES: &[(&str, &[&str])] = &[
    ("ai", &[]),
    ("ai_search", &["instance_name"]),
    ("ai_search_namespace", &["namespace"]),
    ("analytics_engine", &["dataset"]),
    ("assets", &[]),
    ("browser", &[]),
    ("d1", &["database_id|id"]),
    ("data_blob", &["part"]),
    ("dispatch_namespace", &["namespace"]),
    ("durable_object_namespace", &["class_name|namespace_id"]),
    ("flagship", &["app_id"]),
    ("hyperdrive", &["id"]),
    ("images", &[]),
    ("json", &["json"]),
    ("kv_namespace", &["namespace_id"]),
    ("media", &[]),
    ("messaging", &["namespace"]),
    ("mtls_certificate", &["certificate_id"]),
    ("pipelines", &["pipeline|stream"]),
    ("plain_text", &["text"]),
    ("queue", &["queue_name"]),
    ("r2_bucket", &["bucket_name"]),
    ("ratelimit", &["namespace_id", "simple"]),
    (
        "secret_key",
        &["algorithm", "format", "usages", "key_base64|key_jwk"],
    ),
    ("secret_text", &["text"]),
    ("secrets_store_secret", &["store_id", "secret_name"]),
    ("send_email", &[]),
    ("service", &["service"]),
    ("stream", &[]),
    ("text_blob", &["part"]),
    ("vectorize", &["index_name"]),
    ("version_metadata", &[]),
    ("vpc_network", &["network_id|tunnel_id"]),
    ("vpc_service", &["service_id"]),
    ("wasm_module", &["part"]),
    ("worker_loader", &[]),
    ("workflow", &["workflow_name"]),
];

/// Refuses a binding of a type that does not exist, or without what its type must have.
pub(super) fn check(binding: &Value, name: &str) -> Result<(), Failure> {
    let kind = text(binding, "type");
    let refused = |why: String| Err(refusal::validation(&format!("Binding `{name}` {why}.")));
    if kind.is_empty() {
        return refused("has no type".to_owned());
    }
    let Some((_, members)) = TYPES.iter().find(|(known, _)| *known == kind) else {
        return refused(format!("has the type `{kind}`, which is not known"));
    };
    for member in *members {
        if !member.split('|').any(|one| is_given(binding, kind, one)) {
            return refused(format!("of type `{kind}` needs {}", member.replace('|', " or ")));
        }
    }
    match malformed(binding, kind) {
        Some(why) => refused(why),
        None => Ok(()),
    }
}

/// An empty text is one: a variable and a JSON value may be empty.
fn is_given(binding: &Value, kind: &str, member: &str) -> bool {
    match &binding[member] {
        Value::Null => kind == "json" && binding.get(member).is_some(),
        Value::String(text) => !text.is_empty() || member == "text",
        _ => true,
    }
}

fn malformed(binding: &Value, kind: &str) -> Option<String> {
    let hexadecimal = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match kind {
        "d1" => {
            let id = [text(binding, "database_id"), text(binding, "id")];
            let id = id.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
            let is_uuid = id.len() == 36 && hexadecimal(&id.replace('-', ""));
            (!is_uuid).then(|| format!("names the database `{id}`, which is no id of one"))
        }
        "hyperdrive" => {
            let id = text(binding, "id");
            (!hexadecimal(id)).then(|| format!("names the configuration `{id}`, which is no id of one"))
        }
        "ratelimit" => {
            let (limit, period) = (&binding["simple"]["limit"], &binding["simple"]["period"]);
            let fits = limit.as_u64().is_some() && [10, 60].map(Some).contains(&period.as_u64());
            (!fits).then(|| "needs a limit, and a period of 10 or 60 seconds".to_owned())
        }
        "queue" => {
            let delay = &binding["delivery_delay"];
            // Messages wait for twelve hours at most (developers.cloudflare.com/queues/platform/limits).
            let fits = delay.is_null() || delay.as_u64().is_some_and(|seconds| seconds <= 43_200);
            (!fits).then(|| "delays messages by more than 12 hours".to_owned())
        }
        _ => None,
    }
}
