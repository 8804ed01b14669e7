//! Holds requests against the official description of the API, where a copy of it lies beside the project.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use fleetflow_sandbox::{Cloud, Entry};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

const SLICE: &str = "../../shared/reference/cloudflare-openapi-slice.json";

/// Requests that work, but that the description does not have (API doc §2.5, §7), and those about tokens, which are in
/// the API's reference (developers.cloudflare.com/api/resources/user/subresources/tokens).
const UNDESCRIBED: &[(&str, &str)] = &[
    ("get", "/user/tokens/{}"),
    ("get", "/accounts/{}/tokens/{}"),
    ("get", "/accounts/{}/r2/buckets/{}/objects"),
    ("delete", "/accounts/{}/r2/buckets/{}/objects"),
];

/// What modules may be (API doc §4.1).
const KINDS: &[&str] = &[
    "application/javascript+module",
    "application/javascript",
    "application/json",
    "application/wasm",
    "application/octet-stream",
    "text/plain",
];

static SPEC: LazyLock<Option<Value>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SLICE);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: requests are not held against the official description, which is not at {SLICE}");
        return None;
    };
    let mut spec: Value = serde_json::from_str(&text).unwrap();
    to_json_schema(&mut spec);
    Some(spec)
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Fails the test if one of the requests is not one that the description has.
pub(super) fn check(log: &[Entry]) {
    let Some(spec) = SPEC.as_ref() else { return };
    for entry in log.iter().filter(|entry| entry.cloud == Cloud::Cloudflare) {
        let path = entry.path.trim_start_matches("/client/v4");
        let verb = entry.method.to_lowercase();
        let Some(template) = template(spec, path, &verb) else {
            let known = UNDESCRIBED
                .iter()
                .any(|(method, form)| *method == verb && fits(form, path));
            assert!(known, "{verb} {path} is not described");
            continue;
        };
        let operation = &spec["paths"][&template][&verb];
        parameters(operation, entry.query.as_deref(), &format!("{verb} {path}"));
        if let Some(form) = operation["requestBody"]["content"].get("multipart/form-data") {
            check_form(spec, &format!("{verb} {template}"), &form["schema"], entry);
            continue;
        }
        if let (Some(body), Some(schema)) = (
            &entry.body,
            operation["requestBody"]["content"].get("application/json"),
        ) {
            let validator = validator(spec, &format!("{verb} {template}"), &schema["schema"]);
            let errors: Vec<String> = validator
                .iter_errors(body)
                .map(|error| format!("{error} at {}", error.instance_path()))
                .collect();
            assert!(
                errors.is_empty(),
                "{verb} {path} with {body:#} is not allowed: {errors:#?}"
            );
        }
    }
}

/// A form is held against the description as an object of its parts: fields as they are, files as texts. Modules, whose
/// names are free, are the `files` of the description.
fn check_form(spec: &Value, operation: &str, schema: &Value, entry: &Entry) {
    let body = entry
        .body
        .as_ref()
        .unwrap_or_else(|| panic!("{operation} has no body"));
    let parts = body["parts"].as_array();
    let parts = parts.unwrap_or_else(|| panic!("{operation}: the body is no form: {body}"));
    let described = &schema["properties"];
    let (mut form, mut files) = (Map::new(), Vec::new());
    for part in parts {
        let name = part["name"].as_str().unwrap();
        let is_file = part["filename"].is_string();
        if name == "metadata" {
            let bare = !is_file && part["content_type"].is_null();
            assert!(bare && part["json"].is_object(), "{operation}: {part}");
        }
        let wants_text = described[name]["type"] == "string" || described[name].is_null();
        let value = match &part["json"] {
            Value::Null if is_file => json!("a file"),
            Value::Null => part["text"].clone(),
            value if wants_text => json!(value.to_string()),
            value => value.clone(),
        };
        if is_file && described.get("files").is_some() {
            assert_eq!(
                part["filename"], part["name"],
                "{operation}: a module's name is its file's"
            );
            let kind = part["content_type"].as_str().unwrap_or_default();
            assert!(KINDS.contains(&kind), "{operation}: {part}");
            files.push(value);
        } else {
            assert!(
                described.get(name).is_some() || schema.get("additionalProperties").is_some(),
                "{operation}: the part `{name}` is not described"
            );
            form.insert(name.to_owned(), value);
        }
    }
    if !files.is_empty() {
        form.insert("files".to_owned(), Value::Array(files));
    }
    let form = Value::Object(form);
    let validator = validator(spec, operation, schema);
    let errors: Vec<String> = validator
        .iter_errors(&form)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "{operation} with {form:#} is not allowed: {errors:#?}"
    );
}

/// Fails the test if `value` is not what the description calls `name`.
pub(super) fn check_part(name: &str, value: &Value) {
    let Some(spec) = SPEC.as_ref() else { return };
    let schema = json!({"$ref": format!("#/components/schemas/{name}")});
    let validator = validator(spec, name, &schema);
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{value:#} is not allowed: {errors:#?}");
}

/// Every member of the query is a described parameter.
fn parameters(operation: &Value, query: Option<&str>, request: &str) {
    let described: Vec<&str> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    for pair in query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|pair| !pair.is_empty())
    {
        let name = pair.split('=').next().unwrap();
        assert!(
            described.contains(&name),
            "{request}: `{name}` is not described: {described:?}"
        );
    }
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
fn template(spec: &Value, path: &str, verb: &str) -> Option<String> {
    let paths = spec["paths"].as_object().unwrap();
    let described =
        |(template, operations): &(&String, &Value)| fits(template, path) && operations.get(verb).is_some();
    let candidates = paths.iter().filter(described);
    candidates
        .min_by_key(|(template, _)| template.matches('{').count())
        .map(|(template, _)| template.clone())
}

fn fits(template: &str, path: &str) -> bool {
    let (parts, segments): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    let fit = |(part, segment): (&&str, &&str)| part.starts_with('{') || part == segment;
    parts.len() == segments.len() && parts.iter().zip(&segments).all(fit)
}

/// The description says `nullable` where JSON Schema lists `null` among the types, and `oneOf` for objects of which several
/// fit, as none of them refuses further members.
fn to_json_schema(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(to_json_schema),
        Value::Object(members) => {
            members.values_mut().for_each(to_json_schema);
            if let Some(alternatives) = members.remove("oneOf") {
                members.insert("anyOf".to_owned(), alternatives);
            }
            if members.remove("nullable") == Some(Value::Bool(true)) {
                let schema = Value::Object(std::mem::take(members));
                *value = json!({ "anyOf": [schema, { "type": "null" }] });
            }
        }
        _ => {}
    }
}
