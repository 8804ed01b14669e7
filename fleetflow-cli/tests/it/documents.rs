//! The JSON that programs read is as its published schema says, and the published schemas are those of this version.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Project, lines};

const SERVER: &str = r#"
providers { sakura-cloud { zone "tk1a" } }
stage "dev" {
    server "web" {
        plan core=1 memory=1
        disk size=20 os="ubuntu-24.04"
    }
}
"#;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas")
}

/// The schemas as they are published.
fn published() -> BTreeMap<String, Value> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|file| {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&file).unwrap();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect()
}

#[test]
fn the_published_schemas_are_those_of_this_version() {
    let current: BTreeMap<String, Value> = fleetflow_cli::schemas()
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::create_dir_all(folder()).unwrap();
        for (name, schema) in &current {
            let text = serde_json::to_string_pretty(schema).unwrap() + "\n";
            fs::write(folder().join(format!("{name}.json")), text).unwrap();
        }
    }
    assert!(
        published() == current,
        "a document changed its form: raise its version if that breaks readers, then run the tests with UPDATE_SCHEMAS=1"
    );
}

fn assert_conforms(name: &str, document: &Value) {
    let schema = &published()[name];
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{document:#}");
    let version = document["format"].as_str().unwrap();
    assert!(version.starts_with(&format!("fleetflow/{name}/v")), "{version}");
}

#[test]
fn every_document_conforms_to_its_schema() {
    let project = Project::new(SERVER);
    let document =
        |arguments: &[&str]| -> Value { serde_json::from_str(&project.sandbox(arguments)).unwrap() };
    assert_conforms("validation", &document(&["validate", "--json"]));
    let plan = document(&["plan", "--json"]);
    assert_conforms("plan", &plan);
    assert_eq!(plan["steps"][0]["address"], "server.web");
    assert_conforms("status", &document(&["status", "--json"]));
    let events = lines(&project.sandbox(&["up", "--yes", "--json"]));
    for event in &events {
        assert_conforms("event", event);
    }
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds[..2], ["planned", "started"]);
    assert_eq!(kinds[kinds.len() - 2..], ["done", "finished"]);
    let status = document(&["status", "--json"]);
    assert_conforms("status", &status);
    assert_eq!(status["resources"][0]["health"], "ok", "{status:#}");
    let outputs = document(&["outputs", "--json"]);
    assert_conforms("outputs", &outputs);
    assert!(outputs["outputs"]["server.web"]["ip"].is_string());
    assert_conforms("state", &document(&["state", "list", "--json"]));
    assert_conforms("history", &document(&["state", "history", "--json"]));
}

#[test]
fn a_failure_is_an_event_too() {
    let project = Project::new(SERVER);
    let run = project.in_sandbox(&["up", "--json"]);
    assert_eq!(run.code, Some(64));
    let events = lines(&run.out);
    assert_conforms("event", &events[0]);
    assert_eq!(events[0]["type"], "error");
    assert!(events[0]["error"]["message"].as_str().unwrap().contains("--yes"));
}

#[test]
fn a_wrong_file_is_a_document_with_places() {
    let project = Project::new("stage \"dev\" {\n    serve \"web\"\n}\n");
    let run = project.flow(&["validate", "--json"]);
    assert_eq!(run.code, Some(64));
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_conforms("validation", &document);
    assert_eq!(document["valid"], false);
    let problem = &document["problems"][0];
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&Value::from(2), &Value::from(5))
    );
}
