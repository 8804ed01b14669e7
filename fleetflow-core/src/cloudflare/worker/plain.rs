//! Bindings whose members are sent as they are declared, under the names of the API (API doc §4.3) and of wrangler's
//! configuration (cloudflare/workers-sdk, packages/workers-utils/src/config/environment.ts). It sends nothing.

use serde_json::{Map, Value, json};

use super::Binding;

/// A member: its name here, in the API, and in wrangler's configuration; `/` where it lies deeper.
type Member = (&'static str, &'static str, &'static str);

/// What one type of binding is called, here, in the API, and in wrangler's configuration.
pub(super) struct Plain {
    tag: &'static str,
    sent: &'static str,
    /// Where wrangler's configuration has it.
    pub(super) configured: &'static str,
    members: &'static [Member],
}

const fn plain(
    tag: &'static str,
    sent: &'static str,
    configured: &'static str,
    members: &'static [Member],
) -> Plain {
    Plain {
        tag,
        sent,
        configured,
        members,
    }
}

/// A member of which both have the same idea.
const fn same(ours: &'static str, theirs: &'static str) -> Member {
    (ours, theirs, theirs)
}

/// Names of parameters are objects in the API.
const PARAMETERS: &str = "/outbound/params";
/// Members that say something about wrangler's own development server only.
const OF_DEVELOPMENT: &[&str] = &["remote", "localConnectionString"];

pub(super) const ALL: &[Plain] = &[
    plain(
        "durable-object",
        "durable_object_namespace",
        "durable_objects/bindings",
        &[same("class", "/class_name"), same("worker", "/script_name")],
    ),
    plain("hyperdrive", "hyperdrive", "hyperdrive", &[same("id", "/id")]),
    plain(
        "vectorize",
        "vectorize",
        "vectorize",
        &[same("index", "/index_name")],
    ),
    plain(
        "analytics-engine",
        "analytics_engine",
        "analytics_engine_datasets",
        &[same("dataset", "/dataset")],
    ),
    plain(
        "workflow",
        "workflow",
        "workflows",
        &[
            ("workflow", "/workflow_name", "/name"),
            same("class", "/class_name"),
            same("worker", "/script_name"),
        ],
    ),
    plain("browser", "browser", "browser", &[]),
    plain("images", "images", "images", &[]),
    plain("media", "media", "media", &[]),
    plain("version-metadata", "version_metadata", "version_metadata", &[]),
    plain(
        "mtls-certificate",
        "mtls_certificate",
        "mtls_certificates",
        &[same("certificate", "/certificate_id")],
    ),
    plain(
        "dispatch-namespace",
        "dispatch_namespace",
        "dispatch_namespaces",
        &[
            same("namespace", "/namespace"),
            ("outbound", "/outbound/worker/service", "/outbound/service"),
            ("parameter", PARAMETERS, "/outbound/parameters"),
        ],
    ),
    plain(
        "rate-limit",
        "ratelimit",
        "ratelimits",
        &[
            same("namespace", "/namespace_id"),
            same("limit", "/simple/limit"),
            same("period", "/simple/period"),
        ],
    ),
    plain(
        "send-email",
        "send_email",
        "send_email",
        &[
            same("to", "/destination_address"),
            same("allowed_to", "/allowed_destination_addresses"),
            same("allowed_from", "/allowed_sender_addresses"),
        ],
    ),
    plain(
        "pipeline",
        "pipelines",
        "pipelines",
        &[same("pipeline", "/pipeline")],
    ),
    plain(
        "secrets-store",
        "secrets_store_secret",
        "secrets_store_secrets",
        &[same("store", "/store_id"), same("secret", "/secret_name")],
    ),
    plain(
        "ai-search",
        "ai_search",
        "ai_search",
        &[
            same("instance", "/instance_name"),
            same("namespace", "/namespace"),
        ],
    ),
    plain(
        "ai-search-namespace",
        "ai_search_namespace",
        "ai_search_namespaces",
        &[same("namespace", "/namespace")],
    ),
    plain("flagship", "flagship", "flagship", &[same("app", "/app_id")]),
    plain("messaging", "messaging", "", &[same("namespace", "/namespace")]),
    plain(
        "vpc-service",
        "vpc_service",
        "vpc_services",
        &[same("service", "/service_id")],
    ),
    plain(
        "vpc-network",
        "vpc_network",
        "vpc_networks",
        &[same("tunnel", "/tunnel_id"), same("network", "/network_id")],
    ),
];

/// `binding` as it is sent; none where it is not one of these.
pub(super) fn sent(binding: &Binding) -> Option<Value> {
    let declared = serde_json::to_value(binding).ok()?;
    let plain = ALL.iter().find(|plain| declared["type"] == plain.tag)?;
    let mut sent = json!({"type": plain.sent, "name": declared["name"]});
    for (ours, theirs, _) in plain.members {
        if let Some(value) = declared.get(ours) {
            put(&mut sent, theirs, to_api(theirs, value));
        }
    }
    Some(sent)
}

/// What was read, in the form of the declared `like`: only the members that it has, as the API adds others by itself.
pub(super) fn declared(read: &Value, like: &Binding) -> Option<Binding> {
    let mut shown = serde_json::to_value(like).ok()?;
    let plain = ALL.iter().find(|plain| shown["type"] == plain.tag)?;
    if read["type"] != plain.sent {
        return None;
    }
    let shown = shown.as_object_mut()?;
    for (ours, theirs, _) in plain.members {
        if shown.remove(*ours).is_some()
            && let Some(value) = read.pointer(theirs).filter(|value| !value.is_null())
        {
            shown.insert((*ours).to_owned(), from_api(theirs, value));
        }
    }
    serde_json::from_value(Value::Object(shown.clone())).ok()
}

impl Plain {
    /// The binding that one entry of wrangler's configuration describes, and the members that have no counterpart.
    pub(super) fn configured(&self, entry: &Value) -> (Option<Binding>, Vec<String>) {
        // Some of them are called `name`, as the class of a workflow has a binding and a name.
        let name = entry.get("binding").or_else(|| entry.get("name"));
        let mut binding = Map::from_iter([
            ("type".to_owned(), json!(self.tag)),
            ("name".to_owned(), name.cloned().unwrap_or_default()),
        ]);
        let mut known = vec!["binding", "name"];
        for (ours, _, configured) in self.members {
            known.extend(configured.trim_start_matches('/').split('/').next());
            if let Some(value) = entry.pointer(configured) {
                binding.insert((*ours).to_owned(), value.clone());
            }
        }
        if self.tag == "analytics-engine" && !binding.contains_key("dataset") {
            binding.insert("dataset".to_owned(), name.cloned().unwrap_or_default());
        }
        let others = entry.as_object().into_iter().flat_map(Map::keys);
        let others = others
            .filter(|member| !known.contains(&member.as_str()) && !OF_DEVELOPMENT.contains(&member.as_str()));
        let others = others.map(|member| format!("{}.{member}", self.configured.replace('/', ".")));
        (
            serde_json::from_value(Value::Object(binding)).ok(),
            others.collect(),
        )
    }
}

fn to_api(pointer: &str, value: &Value) -> Value {
    let names = value.as_array().filter(|_| pointer == PARAMETERS);
    match names {
        Some(names) => names.iter().map(|name| json!({"name": name})).collect(),
        None => value.clone(),
    }
}

fn from_api(pointer: &str, value: &Value) -> Value {
    let parameters = value.as_array().filter(|_| pointer == PARAMETERS);
    match parameters {
        Some(parameters) => parameters.iter().map(|one| one["name"].clone()).collect(),
        None => value.clone(),
    }
}

/// Sets a member that may lie deeper.
fn put(target: &mut Value, pointer: &str, value: Value) {
    let mut place = target;
    for member in pointer.trim_start_matches('/').split('/') {
        place = &mut place[member];
    }
    *place = value;
}
