//! What words mean, from the catalog's schemas, and the outline of a file.

use fleetflow_core::catalog;
use fleetflow_core::model::OutputField;
use serde_json::Value;

use super::loose::{Loose, Node};
use super::place::{Schemas, Where, unquoted};
use super::{Declared, Explanation, File};
use crate::lexer::Kind;
use crate::schema::{Schema, kebab, snake};

/// Settings and words of the language that are no kinds, with what they mean.
const WORDS: [(&str, &str); 9] = [
    (
        "deploy-services",
        "Deploys service groups: on the local engine where it stands in a stage.",
    ),
    (
        "include",
        "Puts the nodes of another file here. The path is relative to this file.",
    ),
    (
        "project",
        "The name of the project. Without it, the name of the folder that holds the file.",
    ),
    (
        "protect",
        "The stage is changed only by those who name it once more (`--confirm-stage`).",
    ),
    (
        "providers",
        "The clouds, and what is set for each of them. A stage may override single fields.",
    ),
    (
        "service",
        "A group of one service, on the local engine where it stands in a stage.",
    ),
    ("stage", "A set of resources of its own, with its own state."),
    (
        "state",
        "Where the state is kept: a folder, or a bucket (`s3://BUCKET/PREFIX`).",
    ),
    (
        "variables",
        "Values by name, for `${var.NAME}`. A stage and `--var` override them.",
    ),
];

/// What a word of the language means.
pub(super) fn word(name: &str) -> Option<&'static str> {
    WORDS
        .iter()
        .find(|(word, _)| *word == name)
        .map(|(_, text)| *text)
}

/// What a kind is, as its schema says. Its example is in Rust and helps nobody here.
pub(super) fn kind(name: &str) -> Option<String> {
    let schema = catalog::kind(name)?.schema();
    let said = schema.get("description")?.as_str()?;
    Some(said.split("\n```").next().unwrap_or(said).trim_end().to_owned())
}

/// What references to `kind` may name.
pub(super) fn outputs_of(kind: &str) -> &'static [OutputField] {
    catalog::kind(kind)
        .map(fleetflow_core::model::Kind::outputs)
        .unwrap_or_default()
}

/// What a field is, its type and default.
pub(super) fn field(name: &str, schema: Schema<'_>) -> String {
    let said = schema.keyword("description").and_then(Value::as_str);
    let said = said.or_else(|| flag(name)).unwrap_or_default();
    let default = schema.keyword("default").filter(|value| !value.is_null());
    let default = default
        .map(|value| format!(" Default: `{value}`."))
        .unwrap_or_default();
    format!("{said}\n\n{}.{default}", type_of(schema))
}

fn flag(name: &str) -> Option<&'static str> {
    Some(match name {
        "protect" => "Never deleted or replaced: the plan fails instead.",
        "retain" => "Stays in the cloud when it is no longer declared, and on `down`.",
        "adopt" => "Takes over what exists under this name, or under the id that is given.",
        "depends_on" => "What must be there before it, without a reference.",
        "provider" => "Who serves it; may be left out.",
        _ => return None,
    })
}

/// The type of a field in words.
pub(super) fn type_of(schema: Schema<'_>) -> String {
    let words = schema.words();
    if !words.is_empty() {
        return format!(
            "One of {}",
            words
                .iter()
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    let name = match schema.json_type() {
        Some("string") => "A text",
        Some("integer") => "A whole number",
        Some("number") => "A number",
        Some("boolean") => "`#true` or `#false`",
        Some("array") => "May be given several times",
        Some("object") => "A block",
        _ => "A value",
    };
    let bound = |keyword| schema.keyword(keyword).and_then(Value::as_f64);
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!("{name} from {least} to {most}"),
        (Some(least), None) => format!("{name}, {least} or more"),
        _ => name.to_owned(),
    }
}

pub(super) fn explain(file: &File, offset: usize) -> Option<Explanation> {
    let token = file.tree.token(offset)?;
    let schemas = Schemas::of_catalog();
    let text = &file.text;
    let spot = file.tree.spot(offset);
    let node = spot.node?;
    let here = schemas.inside(text, &spot.around);
    let said = if token.range == node.name {
        of_node(schemas, here, &text[node.name.clone()])
    } else if let Some(key) = node
        .entries
        .iter()
        .find_map(|entry| entry.key.clone().filter(|key| *key == token.range))
    {
        match schemas.below(here, node, text) {
            Where::Fields(schema) => schema
                .field(&snake(&text[key]))
                .map(|(name, schema)| titled(&kebab(name), &field(name, schema))),
            _ => None,
        }
    } else if token.kind == Kind::Word {
        output(&text[token.range.clone()])
    } else {
        None
    };
    Some(Explanation {
        range: token.range.clone(),
        text: said?,
    })
}

fn of_node(schemas: &Schemas, here: Where<'_>, name: &str) -> Option<String> {
    let text = match here {
        Where::Top | Where::Stage => kind(name).or_else(|| word(name).map(str::to_owned))?,
        Where::Fields(schema) => {
            let (name, schema) = schema.field(&snake(name))?;
            field(name, schema)
        }
        Where::Variants(items) => {
            let (_, schema) = items.variant(name)?;
            schema.keyword("description")?.as_str()?.to_owned()
        }
        Where::Unknown => return None,
    };
    let outputs = match here {
        Where::Top | Where::Stage if schemas.kind(name).is_some() => outputs(name),
        _ => String::new(),
    };
    Some(titled(name, &format!("{text}{outputs}")))
}

fn titled(name: &str, text: &str) -> String {
    format!("**{name}**\n\n{text}")
}

fn outputs(kind: &str) -> String {
    let outputs = outputs_of(kind);
    let lines = outputs
        .iter()
        .map(|output| format!("\n- `{}`: {}", output.name, output.doc));
    let lines: String = lines.collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n\nOutputs, for references `{kind}.NAME.OUTPUT`:\n{lines}")
    }
}

/// What a reference names.
fn output(reference: &str) -> Option<String> {
    let (kind, rest) = reference.split_once('.')?;
    let (name, output) = rest.rsplit_once('.')?;
    let found = outputs_of(kind).iter().find(|found| found.name == output)?;
    Some(titled(
        reference,
        &format!(
            "Output `{output}` of {kind} `{name}`: {} ({})",
            found.doc, found.value_type
        ),
    ))
}

pub(super) fn outline(text: &str, tree: &Loose) -> Vec<Declared> {
    tree.nodes
        .iter()
        .filter_map(|node| declared(text, node))
        .collect()
}

fn declared(text: &str, node: &Node) -> Option<Declared> {
    let word = &text[node.name.clone()];
    let name = node.entries.iter().find(|entry| entry.key.is_none());
    let named = catalog::kind(word).is_some() || matches!(word, "stage" | "service" | "record");
    let shown = match name {
        Some(name) if named => format!("{word} {}", &text[unquoted(text, &name.value)]),
        _ if matches!(word, "providers" | "variables") => word.to_owned(),
        _ => return None,
    };
    let end = node
        .block
        .as_ref()
        .map_or(node.head.end, |block| (block.end + 1).min(text.len()));
    Some(Declared {
        name: shown,
        range: node.head.start..end.max(node.head.end),
        head: node.name.clone(),
        inside: node
            .children
            .iter()
            .filter_map(|node| declared(text, node))
            .collect(),
    })
}
