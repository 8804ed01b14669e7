//! Settings that are no resources: providers, state, the project's name. Which values are right is core's matter,
//! except for the state's, which only the command line knows.

use std::borrow::Cow;
use std::path::Path;

use fleetflow_core::model::{Path as FieldPath, Problem, Providers, conform};
use schemars::generate::SchemaSettings;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::places::diagnostic_in;
use crate::ast::Node;
use crate::convert::Converter;
use crate::diagnostic::Diagnostic;
use crate::schema::Grammar;
use crate::source::Span;
use crate::tree::Tree;

/// Where the state is kept.
#[derive(Clone, Debug)]
pub struct StateSettings {
    /// A folder (relative to the main file's), or a URL such as `s3://bucket/prefix`.
    pub location: String,
    /// The endpoint of an S3-compatible store.
    pub endpoint: Option<String>,
    /// The key that the state is encrypted with.
    pub encrypt: Option<SecretString>,
}

impl Default for StateSettings {
    fn default() -> Self {
        Self {
            location: "./.fleetflow".into(),
            endpoint: None,
            encrypt: None,
        }
    }
}

pub(crate) fn providers_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings
        .into_generator()
        .into_root_schema_for::<Providers>()
        .to_value()
}

/// The settings of the file with those of the stage on top; none where something is wrong with them.
pub(super) fn providers(
    nodes: [Option<&Node>; 2],
    schema: &Value,
    converter: &mut Converter<'_>,
) -> Option<Providers> {
    let grammar = Grammar::new(schema);
    let trees = nodes
        .into_iter()
        .flatten()
        .map(|node| converter.object(node, grammar.root()));
    let Some(tree) = trees.collect::<Vec<_>>().into_iter().reduce(Tree::overridden) else {
        return Some(Providers::default());
    };
    let read = conform(schema, tree.value()).and_then(checked);
    if let Err(problems) = &read {
        let told = problems
            .iter()
            .filter_map(|problem| diagnostic_in(&tree, problem, "here"));
        converter.diagnostics.extend(told);
    }
    read.ok().filter(|_| !tree.has_broken())
}

fn checked(conformed: Value) -> Result<Providers, Vec<Problem>> {
    let unread = |error: serde_json::Error| vec![Problem::at(FieldPath::root(), error.to_string())];
    let providers: Providers = serde_json::from_value(conformed).map_err(unread)?;
    let problems = providers.check();
    if problems.is_empty() {
        Ok(providers)
    } else {
        Err(problems)
    }
}

/// Whether a stage is marked `protect`.
pub(super) fn protect(node: Option<&Node>, converter: &mut Converter<'_>) -> bool {
    let Some(node) = node else { return false };
    let schema = json!({"type": "boolean"});
    let tree = converter.value(node, Grammar::new(&schema).root());
    match conform(&schema, tree.value()) {
        Ok(value) => value == true,
        Err(problems) => {
            converter.diagnostics.extend(
                problems
                    .iter()
                    .filter_map(|problem| diagnostic_in(&tree, problem, "here")),
            );
            false
        }
    }
}

/// The name of a project that says none in the file at `path`.
pub(crate) fn called_like(path: &Path) -> Option<String> {
    let folders = path.ancestors().skip(1).filter_map(Path::file_name);
    let mut names = folders.map(|name| name.to_string_lossy());
    names.find(|name| name != ".fleetflow").map(Cow::into_owned)
}

pub(super) fn state(node: Option<&Node>, converter: &mut Converter<'_>) -> StateSettings {
    let Some(node) = node else {
        return StateSettings::default();
    };
    let schema = json!({
        "type": "object",
        "x-arguments": ["location"],
        "additionalProperties": false,
        "required": ["location"],
        "properties": {
            "location": {"type": "string", "x-path": true},
            "endpoint": {"type": "string"},
            "encrypt": {"type": "string", "x-input": "text"},
        },
    });
    let tree = converter.object(node, Grammar::new(&schema).root());
    if let Err(problems) = conform(&schema, tree.value()) {
        converter.diagnostics.extend(
            problems
                .iter()
                .filter_map(|problem| diagnostic_in(&tree, problem, "here")),
        );
        return StateSettings::default();
    }
    let text = |name: &str| {
        tree.field(name)
            .and_then(|field| field.tree.text())
            .map(str::to_owned)
    };
    let secret = tree.value()["encrypt"]["$secret"]
        .as_str()
        .and_then(|name| converter.secrets.remove(name));
    StateSettings {
        location: text("location").unwrap_or_default(),
        endpoint: text("endpoint"),
        encrypt: secret.or_else(|| text("encrypt").map(SecretString::from)),
    }
}

/// The name that the file gives the project, or that of the folder it lies in.
pub(super) fn project(
    node: Option<&Node>,
    path: &Path,
    found: &mut Vec<Diagnostic>,
) -> (String, Option<Span>) {
    let Some(node) = node else {
        return (folder_name(path, found), None);
    };
    let name = match node.arguments.as_slice() {
        [name] if node.properties.is_empty() && node.children.is_none() => name.literal.text(),
        _ => None,
    };
    if name.is_none() {
        let error = Diagnostic::error("flow::project", node.head(), "a project has exactly one name");
        found.push(error.label("write project \"NAME\""));
    }
    (
        name.unwrap_or("unnamed").to_owned(),
        node.arguments.first().map(|name| name.span),
    )
}

/// The folder's name; that of the folder above for `.fleetflow/flow.kdl`.
fn folder_name(path: &Path, found: &mut Vec<Diagnostic>) -> String {
    if let Some(name) = called_like(path) {
        return name;
    }
    let error = Diagnostic::error("flow::project", None, "the project has no name");
    found.push(error.help("write project \"NAME\" at the top of the file".to_owned()));
    "unnamed".to_owned()
}
