//! The reference of the resources, written from the catalog: fields, types, defaults, what a change disturbs, outputs.
//! The examples are files beside this one. `FLEETFLOW_REGENERATE=1` writes the page; otherwise it is compared.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path as FilePath;

use fleetflow_core::catalog;
use fleetflow_core::model::{Kind, Path};
use fleetflow_core::plan::{Change, Level};
use serde_json::{Value, json};

use super::root;

pub(super) const PAGE: &str = "docs/resources.md";

const HEAD: &str = "# Resources

Generated from FleetFlow's catalog of kinds. Fields are spelled as in KDL; in Rust, Python and JSON they have underscores.
Every resource also has the flags `protect`, `retain`, `adopt` and `depends-on`: see [the
language](language.md#on-every-resource).

The column *a change* says what is disturbed when a field changes later: `in place` is nothing that anybody notices,
`restart` a container that is away for some seconds, `reboot` a server that is off for a while, and **made anew** a new
resource in place of the old one, which is then deleted. Where a change costs more for some values than for others, the
plan says so.
";

#[test]
fn the_reference_is_that_of_the_catalog() {
    let file = root().join(PAGE);
    let wanted = page();
    if std::env::var("FLEETFLOW_REGENERATE").as_deref() == Ok("1") {
        fs::write(&file, &wanted).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let different = found
        .lines()
        .zip(wanted.lines())
        .find(|(found, wanted)| found != wanted);
    assert!(
        found == wanted,
        "{PAGE} is not what the catalog says ({different:?}): FLEETFLOW_REGENERATE=1 cargo test -p fleetflow-cli book"
    );
}

fn page() -> String {
    let mut text = HEAD.to_owned();
    let kinds = catalog::kinds().iter().filter(|kind| kind.declarable());
    for kind in kinds {
        text.push_str(&section(*kind));
    }
    text
}

/// A kind, with the parts it is made of.
fn section(kind: &dyn Kind) -> String {
    let schema = kind.named_schema();
    let mut parts = Parts {
        root: &schema,
        wanted: Vec::new(),
        seen: BTreeSet::new(),
    };
    let mut text = format!("\n## {}\n\n{}", kind.name(), paragraphs(&schema));
    let example = FilePath::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/book/examples")
        .join(format!("{}.kdl", kind.name()));
    let example = fs::read_to_string(&example)
        .unwrap_or_else(|_| panic!("an example for the reference: {}", example.display()));
    write!(text, "```kdl\n{example}```\n\n").unwrap();
    text.push_str(&fields(&schema, &mut parts, &|field, schema| {
        effect(kind, field, schema)
    }));
    text.push_str(&outputs(kind));
    while let Some((field, name)) = parts.next() {
        let part = schema["$defs"][&name].clone();
        let about = paragraphs(&part);
        write!(text, "\n### {}: {}\n\n{about}", kind.name(), kdl(&field)).unwrap();
        text.push_str(&part_fields(kind, &field, &part, &mut parts));
    }
    text
}

/// A part may have several forms, each with its fields.
fn part_fields(kind: &dyn Kind, field: &str, part: &Value, parts: &mut Parts<'_>) -> String {
    let leaf = leaf(kind, field);
    let effects = |name: &str, schema: &Value| match (leaf, field) {
        (Some(leaf), _) => effect(leaf, name, schema),
        (None, "disk") => of_disk(kind, name, schema),
        (None, _) => String::new(),
    };
    let forms = ["anyOf", "oneOf"].iter().find_map(|key| part[*key].as_array());
    let Some(forms) = forms else {
        return fields(part, parts, &effects);
    };
    let mut text = String::new();
    for form in forms {
        let form = parts.resolve(form).clone();
        if form.get("properties").is_none() {
            continue;
        }
        if let Some(tag) = form["properties"]["type"]["const"].as_str() {
            write!(text, "\n**{tag}**: {}", paragraphs(&form)).unwrap();
        }
        text.push_str(&fields(&form, parts, &effects));
    }
    text
}

/// What a part becomes when it is carried out by a kind of its own.
fn leaf(kind: &dyn Kind, field: &str) -> Option<&'static dyn Kind> {
    match (kind.name(), field) {
        ("service-group", "service") => catalog::kind("container"),
        ("dns", "record") => catalog::kind("dns-record"),
        _ => None,
    }
}

fn fields(schema: &Value, parts: &mut Parts<'_>, effect: &dyn Fn(&str, &Value) -> String) -> String {
    let Some(properties) = schema["properties"].as_object() else {
        return String::new();
    };
    let required = |name: &str| {
        let names = schema["required"].as_array();
        names.is_some_and(|names| names.iter().any(|one| one == name))
    };
    let mut text = "| field | type | default | meaning | a change |\n|---|---|---|---|---|\n".to_owned();
    for (name, field) in properties {
        if field.get("const").is_some() {
            continue;
        }
        let default = match (&field["default"], required(name)) {
            (_, true) => "required".to_owned(),
            (Value::Null, false) => String::new(),
            (Value::Array(items), false) if items.is_empty() => String::new(),
            (Value::Object(map), false) if map.is_empty() => String::new(),
            (value, false) => format!("`{value}`"),
        };
        let kind = parts.type_of(name, field);
        let about = described(field, parts.resolve(field));
        let effect = effect(name, field);
        writeln!(
            text,
            "| `{}` | {kind} | {default} | {about} | {effect} |",
            kdl(name)
        )
        .unwrap();
    }
    text
}

fn outputs(kind: &dyn Kind) -> String {
    if kind.outputs().is_empty() {
        return String::new();
    }
    let mut text = "\n| output | type | meaning |\n|---|---|---|\n".to_owned();
    for output in kind.outputs() {
        writeln!(
            text,
            "| `{}` | {} | {} |",
            output.name, output.value_type, output.doc
        )
        .unwrap();
    }
    text
}

/// What a change of a field disturbs, asked of the kind itself.
fn effect(kind: &dyn Kind, field: &str, schema: &Value) -> String {
    if kind.operations().is_none() {
        return String::new();
    }
    let (before, after) = two_values(schema);
    asked(kind, Path::root().key(field), before, after)
}

/// A field of a disk, which the server changes.
fn of_disk(kind: &dyn Kind, field: &str, schema: &Value) -> String {
    let (before, after) = two_values(schema);
    asked(kind, Path::root().key("disk").index(0).key(field), before, after)
}

fn asked(kind: &dyn Kind, path: Path, before: Value, after: Value) -> String {
    let change = Change {
        path,
        before,
        after,
        forces_replacement: false,
        secret: false,
    };
    if kind.forces_replacement(&change) {
        return "**made anew**".to_owned();
    }
    let disruption = kind.disruption(std::slice::from_ref(&change), &Value::Null);
    let lost = kind
        .loses(&[change])
        .map(|lost| format!(", loses {lost}"))
        .unwrap_or_default();
    match disruption.level {
        Level::None => format!("in place{lost}"),
        level => format!("{}{lost}", level.name()),
    }
}

/// A value and a larger one that fit the schema well enough to be compared.
fn two_values(schema: &Value) -> (Value, Value) {
    match kind_of(schema) {
        Some("integer" | "number") => (json!(20), json!(40)),
        Some("boolean") => (json!(false), json!(true)),
        Some("array") => (json!([]), json!(["a"])),
        Some("object") => (json!({}), json!({"a": "b"})),
        _ => (json!("a"), json!("b")),
    }
}

/// The types that fields name, to be told after them.
struct Parts<'s> {
    root: &'s Value,
    wanted: Vec<(String, String)>,
    seen: BTreeSet<String>,
}

impl<'s> Parts<'s> {
    fn next(&mut self) -> Option<(String, String)> {
        (!self.wanted.is_empty()).then(|| self.wanted.remove(0))
    }

    fn name(schema: &Value) -> Option<&str> {
        schema["$ref"].as_str()?.rsplit('/').next()
    }

    fn resolve<'v>(&self, schema: &'v Value) -> &'v Value
    where
        's: 'v,
    {
        Self::name(schema).map_or(schema, |name| &self.root["$defs"][name])
    }

    fn type_of(&mut self, field: &str, schema: &Value) -> String {
        let target = self.resolve(schema).clone();
        if let Some(words) = words(&target) {
            return words;
        }
        if let Some(name) = Self::name(schema)
            && has_fields(&target, self.root)
        {
            if self.seen.insert(name.to_owned()) {
                self.wanted.push((field.to_owned(), name.to_owned()));
            }
            return "block, below".to_owned();
        }
        let forms = ["anyOf", "oneOf"].iter().find_map(|key| target[*key].as_array());
        if let Some(forms) = forms {
            let mut names: Vec<_> = forms
                .iter()
                .filter(|form| form["type"] != "null")
                .map(|form| self.type_of(field, form))
                .collect();
            names.dedup();
            return names.join(" or ");
        }
        self.plain(field, &target)
    }

    fn plain(&mut self, field: &str, schema: &Value) -> String {
        let referable = if schema.get("x-input").is_some() {
            ", or a reference"
        } else {
            ""
        };
        let name = match kind_of(schema) {
            Some("array") => {
                let element = schema["items"].clone();
                return format!("list: {}", self.type_of(field, &element));
            }
            Some("object") => {
                let values = schema["additionalProperties"].clone();
                return if values.is_object() {
                    format!("names with {}", self.type_of(field, &values))
                } else {
                    "block".to_owned()
                };
            }
            Some("integer") => "whole number",
            Some("number") => "number",
            Some("boolean") => "flag",
            Some("string") if schema.get("x-path").is_some() => "path",
            Some("string") => "text",
            _ => "value",
        };
        format!("{name}{referable}")
    }
}

fn has_fields(schema: &Value, root: &Value) -> bool {
    let forms = ["anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array());
    let target = |form: &Value| match Parts::name(form) {
        Some(name) => root["$defs"][name].clone(),
        None => form.clone(),
    };
    schema.get("properties").is_some()
        || forms.is_some_and(|forms| forms.iter().any(|form| target(form).get("properties").is_some()))
}

fn kind_of(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    }
}

/// The words of an enumeration.
fn words(schema: &Value) -> Option<String> {
    let words: Vec<String> = match (schema["enum"].as_array(), schema["oneOf"].as_array()) {
        (Some(words), _) => words
            .iter()
            .filter(|word| !word.is_null())
            .map(ToString::to_string)
            .collect(),
        (None, Some(forms)) => forms
            .iter()
            .map(|form| form["const"].as_str().map(|word| format!("{word:?}")))
            .collect::<Option<_>>()?,
        (None, None) => return None,
    };
    Some(
        words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", "),
    )
}

/// A description without its examples, which are in Rust.
fn paragraphs(schema: &Value) -> String {
    let mut text = String::new();
    let mut in_example = false;
    for line in schema["description"].as_str().unwrap_or_default().lines() {
        if line.trim_start().starts_with("```") {
            in_example = !in_example;
        } else if !in_example {
            text.push_str(line.trim());
            text.push('\n');
        }
    }
    let kept: Vec<_> = text
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty() && !paragraph.ends_with(':'))
        .map(without_links)
        .collect();
    if kept.is_empty() {
        String::new()
    } else {
        format!("{}\n\n", kept.join("\n\n"))
    }
}

fn described(field: &Value, target: &Value) -> String {
    let found = [field, target]
        .into_iter()
        .find(|schema| schema["description"].is_string());
    let text = found.map(paragraphs).unwrap_or_default();
    let text = text
        .trim()
        .replace("\n\n", " ")
        .replace('\n', " ")
        .replace('|', "\\|");
    let least = field["minimum"].as_f64().filter(|least| *least > 0.0);
    match (least, field["maximum"].as_f64()) {
        (Some(least), Some(most)) => format!("{text} From {least} to {most}."),
        (Some(least), None) => format!("{text} {least} or more."),
        (None, Some(most)) => format!("{text} At most {most}."),
        (None, None) => text,
    }
    .trim()
    .to_owned()
}

/// Links of Rust's documents lead nowhere here: `[x](y)` becomes x.
fn without_links(text: &str) -> String {
    let link = regex::Regex::new(r"\[([^\]]+)\](\([^)]*\)|\[[^\]]*\])?").unwrap();
    link.replace_all(text, "$1").into_owned()
}

fn kdl(field: &str) -> String {
    field.replace('_', "-")
}
