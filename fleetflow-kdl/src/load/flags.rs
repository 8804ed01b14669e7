//! What every resource may say beside its own fields: provider, protect, retain, adopt, depends-on. Their meaning is
//! core's.

use fleetflow_core::model::{Declaration, Path, flags};
use serde_json::Value;

use super::places::located;
use crate::diagnostic::Diagnostic;
use crate::schema::suggestion;
use crate::source::Span;
use crate::tree::Tree;
use crate::written::Written;

pub(super) const NAMES: [&str; 5] = ["provider", "protect", "retain", "adopt", "depends_on"];

/// The kind's schema with the flags as fields of it.
pub(crate) fn with_flags(schema: &Value) -> Value {
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
    declaration: Declaration,
    tree: &Tree,
    provider: Option<&str>,
    providers: &[&str],
    found: &mut Vec<Diagnostic>,
) -> Declaration {
    let (declaration, problems) = declaration.with_flags(&tree.value());
    if !problems.is_empty() {
        let written = Written::of(tree);
        let problems = problems.iter();
        found.extend(problems.filter_map(|problem| located(&written, problem, "here")));
    }
    for (name, span) in texts(tree, "provider") {
        let wrong = wrong_provider(declaration.address.kind(), name, span, provider, providers);
        found.extend(wrong.map(|error| error.about(&declaration.address, Path::root().key("provider"))));
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
