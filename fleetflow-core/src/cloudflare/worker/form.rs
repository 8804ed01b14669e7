//! The form that a Worker is uploaded as: metadata, then modules (API doc §4.1, §4.2). It sends nothing.

use serde_json::{Value, json};

use super::{Binding, KeyFormat, Worker, plain};
use crate::cloudflare::multipart::Form;
use crate::cloudflare::script::Script;
use crate::http::Body;
use crate::model::{Input, Owner};

/// The behaviour of the runtime for Workers that declare none: without a date the API gives them the one of 2021
/// (API doc §4.2).
pub(super) const USUAL_DATE: &str = "2025-09-15";
/// What our mark among a Worker's tags begins with.
const MARK: &str = "fleetflow:owner=";

/// Our mark, as a tag.
pub(super) fn mark(owner: &Owner) -> String {
    format!("{MARK}{owner}")
}

/// The owner in one of `tags`.
pub(super) fn owner(tags: &[String]) -> Option<Owner> {
    tags.iter().find_map(|tag| tag.strip_prefix(MARK)?.parse().ok())
}

/// What an upload has beside the declaration and the code.
#[derive(Default)]
pub(in crate::cloudflare) struct With<'w> {
    /// Stands for uploaded files.
    pub(in crate::cloudflare) assets: Option<&'w Value>,
    /// Migrations of Durable Objects that are to be carried out.
    pub(in crate::cloudflare) migrations: Option<&'w Value>,
}

/// The whole form.
pub(super) fn form(worker: &Worker, code: &Script, owner: &Owner, with: &With<'_>) -> Body {
    let mut form = Form::default().field(
        "metadata",
        metadata(worker, code, owner, with).to_string().as_bytes(),
    );
    for module in &code.modules {
        form = form.file(&module.name, &module.name, module.media_type, &module.body);
    }
    form.body()
}

pub(in crate::cloudflare) fn metadata(
    worker: &Worker,
    code: &Script,
    owner: &Owner,
    with: &With<'_>,
) -> Value {
    let mut metadata = json!({
        "main_module": code.main,
        "bindings": worker.bindings.iter().map(binding).collect::<Vec<_>>(),
        "compatibility_date": worker.compatibility_date.as_deref().unwrap_or(USUAL_DATE),
        "compatibility_flags": flags(worker),
        // Whether secrets survive unasked is not documented; those that are no longer declared are deleted (§4.2).
        "keep_bindings": ["secret_text", "secret_key"],
        "tags": [mark(owner)],
    });
    if let Some(observability) = &worker.observability {
        metadata["observability"] = json!(observability);
    }
    if let Some(assets) = with.assets {
        metadata["assets"] = assets.clone();
    }
    if let Some(migrations) = with.migrations {
        metadata["migrations"] = migrations.clone();
    }
    metadata
}

/// The flags that are sent. From 2026-08-04 on, compatibility with Node.js is there without its flags, which may be
/// refused then (API doc §6.2).
pub(super) fn flags(worker: &Worker) -> Vec<String> {
    const USUAL_SINCE: &str = "2026-08-04";
    let date = worker.compatibility_date.as_deref().unwrap_or(USUAL_DATE);
    let has = |name: &str| worker.compatibility_flags.iter().any(|flag| flag == name);
    let is_needless = |flag: &String| {
        date >= USUAL_SINCE
            && matches!(flag.as_str(), "nodejs_compat" | "nodejs_compat_v2")
            && !has(&format!("no_{flag}"))
    };
    let flags = worker.compatibility_flags.iter();
    flags.filter(|flag| !is_needless(flag)).cloned().collect()
}

/// A binding as it is sent (API doc §4.3).
fn binding(binding: &Binding) -> Value {
    let text = |input: &Input<String>| input.known().cloned().unwrap_or_default();
    match binding {
        Binding::R2 {
            name,
            bucket,
            jurisdiction,
        } => {
            let mut sent = json!({"type": "r2_bucket", "name": name, "bucket_name": text(bucket)});
            if let Some(law) = jurisdiction {
                sent["jurisdiction"] = json!(law);
            }
            sent
        }
        Binding::Kv { name, namespace } => {
            json!({"type": "kv_namespace", "name": name, "namespace_id": text(namespace)})
        }
        Binding::Var { name, value } => json!({"type": "plain_text", "name": name, "text": text(value)}),
        Binding::Json { name, value } => {
            let value: Value = serde_json::from_str(&text(value)).unwrap_or_default();
            json!({"type": "json", "name": name, "json": value})
        }
        Binding::Secret { name, value } => json!({"type": "secret_text", "name": name, "text": text(value)}),
        // Clients still send the older name beside the one that is described.
        Binding::D1 { name, database } => {
            let id = text(database);
            json!({"type": "d1", "name": name, "database_id": id, "id": id})
        }
        Binding::Queue {
            name,
            queue,
            delivery_delay,
        } => {
            let mut sent = json!({"type": "queue", "name": name, "queue_name": text(queue)});
            if let Some(delay) = delivery_delay {
                sent["delivery_delay"] = json!(delay);
            }
            sent
        }
        Binding::Service {
            name,
            service,
            entrypoint,
        } => {
            let mut sent = json!({"type": "service", "name": name, "service": service});
            if let Some(entrypoint) = entrypoint {
                sent["entrypoint"] = json!(entrypoint);
            }
            sent
        }
        Binding::Ai { name } => json!({"type": "ai", "name": name}),
        Binding::Assets { name, .. } => json!({"type": "assets", "name": name}),
        Binding::SecretKey { .. } => key(binding),
        other => plain::sent(other).unwrap_or_default(),
    }
}

/// A key as it is sent: its algorithm is a name, or an object.
fn key(binding: &Binding) -> Value {
    let Binding::SecretKey {
        name,
        key,
        format,
        algorithm,
        usage,
    } = binding
    else {
        return Value::Null;
    };
    let key = key.known().cloned().unwrap_or_default();
    let (member, key) = match format {
        KeyFormat::Jwk => ("key_jwk", serde_json::from_str(&key).unwrap_or_default()),
        _ => ("key_base64", Value::String(key)),
    };
    let algorithm = serde_json::from_str::<serde_json::Map<String, Value>>(algorithm)
        .map_or_else(|_| json!(algorithm), Value::Object);
    json!({
        "type": "secret_key", "name": name, "format": format, "algorithm": algorithm, "usages": usage, member: key,
    })
}

/// A binding that was read, in the form of the declared `like`; none where it is of another kind.
///
/// What cannot be read back (a secret's text, a local folder) is shown as it was declared: that it changed is seen by
/// its fingerprint.
pub(super) fn declared(read: &Value, like: &Binding) -> Option<Binding> {
    let text = |member: &str| Some(Input::Value(read[member].as_str()?.to_owned()));
    let name = like.name().to_owned();
    let kind = read["type"].as_str()?;
    Some(match (kind, like) {
        ("r2_bucket", Binding::R2 { .. }) => Binding::R2 {
            name,
            bucket: text("bucket_name")?,
            jurisdiction: serde_json::from_value(read["jurisdiction"].clone()).ok(),
        },
        ("kv_namespace", Binding::Kv { .. }) => Binding::Kv {
            name,
            namespace: text("namespace_id")?,
        },
        ("plain_text", Binding::Var { .. }) => Binding::Var {
            name,
            value: text("text")?,
        },
        ("json", Binding::Json { value, .. }) => Binding::Json {
            name,
            // The same value can be written in many ways.
            value: match value
                .known()
                .and_then(|text| serde_json::from_str::<Value>(text).ok())
            {
                Some(declared) if declared == read["json"] => value.clone(),
                _ => Input::Value(read["json"].to_string()),
            },
        },
        ("d1", Binding::D1 { .. }) => Binding::D1 {
            name,
            database: text("id").or_else(|| text("database_id"))?,
        },
        ("queue", Binding::Queue { .. }) => Binding::Queue {
            name,
            queue: text("queue_name")?,
            delivery_delay: read["delivery_delay"]
                .as_u64()
                .and_then(|delay| delay.try_into().ok()),
        },
        ("service", Binding::Service { .. }) => Binding::Service {
            name,
            service: read["service"].as_str()?.to_owned(),
            entrypoint: read["entrypoint"].as_str().map(str::to_owned),
        },
        ("secret_text", Binding::Secret { .. })
        | ("secret_key", Binding::SecretKey { .. })
        | ("ai", Binding::Ai { .. })
        | ("assets", Binding::Assets { .. }) => like.clone(),
        _ => return plain::declared(read, like),
    })
}
