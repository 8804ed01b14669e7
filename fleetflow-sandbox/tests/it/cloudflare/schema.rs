//! Holds answers against the official description of the API, where a copy of it lies beside the project.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Map, Value, json};

const SLICE: &str = "../../shared/reference/cloudflare-openapi-slice.json";

static SPEC: LazyLock<Option<Value>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SLICE);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: answers are not held against the official description, which is not at {SLICE}");
        return None;
    };
    let mut spec: Value = serde_json::from_str(&text).unwrap();
    to_json_schema(&mut spec);
    Some(spec)
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Fails the test if the answer is not one that the description allows for this request.
#[track_caller]
pub(super) fn check(method: &Method, path: &str, status: u16, body: &Value) {
    let Some(spec) = SPEC.as_ref() else { return };
    let path = path.split('?').next().unwrap();
    let Some(template) = template(spec, path) else {
        return;
    };
    if body.is_null() {
        return; // Not an envelope: stored bytes, or nothing at all.
    }
    let verb = method.as_str().to_lowercase();
    let wanted = match status {
        200 => "200",
        // The description knows only the last answer of an upload of static files (API doc §4.13).
        201 | 202 => "201",
        _ => "4XX",
    };
    let Some(schema) =
        spec["paths"][&template][&verb]["responses"][wanted]["content"].get("application/json")
    else {
        return;
    };
    let validator = validator(spec, &format!("{verb} {template} {wanted}"), &schema["schema"]);
    let body = known_deviations(body.clone());
    let errors: Vec<String> = validator
        .iter_errors(&body)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "{verb} {path} answered {status} {body:#}, which is not allowed: {errors:#?}"
    );
}

fn validator(spec: &Value, key: &str, schema: &Value) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let make = || {
        let mut used = Map::new();
        collect(spec, schema, &mut used);
        let root = json!({ "allOf": [schema], "components": { "schemas": used } });
        Arc::new(jsonschema::draft202012::new(&root).unwrap())
    };
    Arc::clone(validators.entry(key.to_owned()).or_insert_with(make))
}

/// The components that a schema refers to, so that no validator carries all of them.
fn collect(spec: &Value, schema: &Value, used: &mut Map<String, Value>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| collect(spec, item, used)),
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = reference.and_then(|text| text.strip_prefix("#/components/schemas/"))
                && !used.contains_key(name)
            {
                let component = &spec["components"]["schemas"][name];
                used.insert(name.to_owned(), component.clone());
                collect(spec, component, used);
            }
            members.values().for_each(|member| collect(spec, member, used));
        }
        _ => {}
    }
}

/// The path of the description that a request's path is an instance of; one without parameters goes first.
fn template(spec: &Value, path: &str) -> Option<String> {
    let segments: Vec<&str> = path.split('/').collect();
    let fits = |template: &&String| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == segments.len()
            && parts
                .iter()
                .zip(&segments)
                .all(|(part, segment)| part.starts_with('{') || part == segment)
    };
    let candidates = spec["paths"].as_object().unwrap().keys().filter(fits);
    candidates
        .min_by_key(|template| template.matches('{').count())
        .cloned()
}

/// The description says `nullable` where JSON Schema lists `null` among the types.
fn to_json_schema(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(to_json_schema),
        Value::Object(members) => {
            members.values_mut().for_each(to_json_schema);
            if members.remove("nullable") == Some(Value::Bool(true)) {
                let schema = Value::Object(std::mem::take(members));
                *value = json!({ "anyOf": [schema, { "type": "null" }] });
            }
        }
        _ => {}
    }
}

/// Where the real API is known to answer otherwise than its description says: a record without a comment
/// has `comment: null`, the location of a bucket is in upper case, the conditions of a lifecycle rule
/// may be empty, and a directly uploaded site has no repository (API doc §2.3, §2.9, §3.2, §5.2).
fn known_deviations(mut body: Value) -> Value {
    match &mut body {
        Value::Object(members) => {
            if members.get("comment").is_some_and(Value::is_null) {
                members.remove("comment");
            }
            if let Some(Value::String(location)) = members.get_mut("location") {
                *location = location.to_lowercase();
            }
            if members
                .get("conditions")
                .is_some_and(|conditions| *conditions == json!({}))
            {
                members["conditions"] = json!({ "prefix": "" });
            }
            if members.contains_key("deployment_trigger") {
                members.insert("source".to_owned(), any_repository());
            }
            for member in members.values_mut() {
                *member = known_deviations(std::mem::take(member));
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = known_deviations(std::mem::take(item));
            }
        }
        _ => {}
    }
    body
}

fn any_repository() -> Value {
    let texts = ["owner", "owner_id", "production_branch", "repo_id", "repo_name"];
    let lists = [
        "path_excludes",
        "path_includes",
        "preview_branch_excludes",
        "preview_branch_includes",
    ];
    let switches = [
        "deployments_enabled",
        "pr_comments_enabled",
        "production_deployments_enabled",
    ];
    let mut config = json!({ "preview_deployment_setting": "all" });
    for name in texts {
        config[name] = json!("");
    }
    for name in lists {
        config[name] = json!([]);
    }
    for name in switches {
        config[name] = json!(true);
    }
    json!({ "type": "github", "config": config })
}
