//! What the loader asks about kinds. In production core answers; tests of the loader bring kinds of their own.

use fleetflow_core::model::{Kind, Path, Problem, Provider};
use fleetflow_core::{Stack, catalog};
use serde_json::Value;

/// The kinds that may be declared, and the checks on what was declared.
pub(crate) trait Catalog {
    /// Every kind that a file may name.
    fn kinds(&self) -> Vec<&str>;
    /// The JSON schema of a kind.
    fn schema(&self, kind: &str) -> Option<&Value>;
    /// The provider that serves a kind.
    fn provider(&self, kind: &str) -> Option<&str>;
    /// Everything that is wrong with a stack and can be known without a cloud.
    fn check(&self, stack: &Stack) -> Vec<Problem>;
    /// What is wrong with one declaration that may still be incomplete.
    fn check_one(&self, kind: &str, spec: Value) -> Vec<Problem>;
    /// What the declaration reserves for itself at its provider, across all stages, with the place that says so.
    fn claims(&self, kind: &str, spec: &Value) -> Vec<Claim>;
}

/// A name that only one resource can have at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) name: String,
    pub(crate) place: Path,
}

/// The kinds of fleetflow-core.
pub(crate) struct CoreCatalog;

impl Catalog for CoreCatalog {
    fn kinds(&self) -> Vec<&str> {
        catalog::kinds()
            .iter()
            .filter(|kind| kind.declarable())
            .map(|kind| kind.name())
            .collect()
    }

    fn schema(&self, kind: &str) -> Option<&Value> {
        catalog::kind(kind)
            .filter(|kind| kind.declarable())
            .map(|kind| Kind::schema(kind))
    }

    fn provider(&self, kind: &str) -> Option<&str> {
        catalog::kind(kind).map(|kind| kind.provider().name())
    }

    fn check(&self, stack: &Stack) -> Vec<Problem> {
        stack.check()
    }

    fn check_one(&self, kind: &str, spec: Value) -> Vec<Problem> {
        catalog::kind(kind)
            .and_then(|kind| kind.decode(spec).err())
            .unwrap_or_default()
    }

    fn claims(&self, kind: &str, spec: &Value) -> Vec<Claim> {
        match catalog::kind(kind) {
            Some(found) if found.provider() == Provider::Cloudflare => claims(kind, spec),
            _ => Vec::new(),
        }
    }
}

/// Cloudflare's names are names of an account or a zone; a zone itself is shared, its records are not.
pub(crate) fn claims(kind: &str, spec: &Value) -> Vec<Claim> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    if kind != "dns" {
        let name = text(spec, "name").map(|name| format!("{kind} `{name}`"));
        return name
            .map(|name| Claim {
                name,
                place: Path::root().key("name"),
            })
            .into_iter()
            .collect();
    }
    let zone = text(spec, "zone").unwrap_or_default();
    let records = spec
        .get("records")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate();
    let claim = |(index, record): (usize, &Value)| {
        let name = format!(
            "record {} `{}` of `{zone}`",
            text(record, "type")?,
            text(record, "name")?
        );
        Some(Claim {
            name,
            place: Path::root().key("records").index(index),
        })
    };
    records.filter_map(claim).collect()
}
