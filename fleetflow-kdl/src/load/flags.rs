//! What every resource may say beside its own fields: provider, protect, retain, adopt, depends-on. Their meaning is
//! core's.

use fleetflow_core::Address;
use fleetflow_core::model::{Declaration, conform};
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::schema::suggestion;
use crate::source::Span;
use crate::tree::Tree;

pub(super) const NAMES: [&str; 5] = ["provider", "protect", "retain", "adopt", "depends_on"];

/// The kind's schema with the flags as fields of it.
pub(super) fn with_flags(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return schema;
    };
    let Value::Object(flags) = flags() else {
        return schema;
    };
    for (name, flag) in flags {
        fields.entry(name).or_insert(flag);
    }
    schema
}

fn flags() -> Value {
    json!({
        "provider": {"type": "string"},
        "protect": {"type": "boolean"},
        "retain": {"type": "boolean"},
        "adopt": {"anyOf": [{"type": "boolean"}, {"type": "string"}]},
        "depends_on": {"type": "array", "items": {"type": "string"}},
    })
}

/// The flags that are not fields of the kind, taken out of its tree.
pub(super) fn take(tree: &mut Tree, schema: &Value) -> Tree {
    let own = |name: &str| {
        schema
            .get("properties")
            .is_some_and(|fields| fields.get(name).is_some())
    };
    let fields = NAMES
        .into_iter()
        .filter(|name| !own(name))
        .filter_map(|name| tree.take(name))
        .collect();
    Tree::map(tree.span, fields)
}

/// The declaration with its flags.
pub(super) fn apply(
    mut declaration: Declaration,
    tree: &Tree,
    provider: Option<&str>,
    providers: &[&str],
    found: &mut Vec<Diagnostic>,
) -> Declaration {
    let schema = json!({"type": "object", "properties": flags()});
    if let Err(problems) = conform(&schema, tree.value()) {
        let places = problems
            .into_iter()
            .map(|problem| (tree.locate(&problem.path), problem));
        found.extend(places.filter(|(place, _)| !place.broken).map(|(place, problem)| {
            Diagnostic::error("flow::value", place.span, problem.message).help(problem.help)
        }));
        return declaration;
    }
    let value = tree.value();
    declaration.protect = value["protect"] == true;
    declaration.retain = value["retain"] == true;
    declaration.adopt = match &value["adopt"] {
        Value::Bool(true) => Some(None),
        Value::String(id) => Some(Some(id.clone())),
        _ => None,
    };
    for (text, span) in texts(tree, "depends_on") {
        match text.parse::<Address>() {
            Ok(address) => drop(declaration.depends_on.insert(address)),
            Err(error) => found.push(Diagnostic::error("flow::depends_on", span, error.to_string())),
        }
    }
    for (name, span) in texts(tree, "provider") {
        found.extend(wrong_provider(
            declaration.address.kind(),
            name,
            span,
            provider,
            providers,
        ));
    }
    declaration
}

fn texts<'t>(tree: &'t Tree, name: &str) -> Vec<(&'t str, Span)> {
    tree.field(name)
        .map(|field| field.tree.texts())
        .unwrap_or_default()
}

fn wrong_provider(
    kind: &str,
    name: &str,
    span: Span,
    provider: Option<&str>,
    providers: &[&str],
) -> Option<Diagnostic> {
    let provider = provider.filter(|provider| *provider != name)?;
    let error = if providers.contains(&name) {
        let message = format!("a {kind} is served by `{provider}`, not by `{name}`");
        Diagnostic::error("flow::provider", span, message).help(format!("write provider \"{provider}\""))
    } else {
        let message = format!("there is no provider `{name}`");
        Diagnostic::error("flow::provider", span, message).help(suggestion(name, providers.iter().copied()))
    };
    Some(error.label("does not serve this kind"))
}
