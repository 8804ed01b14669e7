//! The Python module with a class for each kind, as text. It reads nothing but the catalog.

mod class;
mod document;
mod schema;

use std::collections::BTreeMap;

use fleetflow_core::catalog;
use fleetflow_core::model::Kind;

use class::{part, resource};
use schema::Types;

const HEAD: &str = r#""""The resources of a stack, and what they are made of.

Generated from FleetFlow's catalog of kinds: change the Rust types, then run
``FLEETFLOW_REGENERATE=1 cargo test -p fleetflow-py``.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import AbstractSet, Dict, Literal, Mapping, Sequence, Type

from .resource import Part, Resource
from .values import FilePath, Output, Text
"#;

/// The module.
pub(crate) fn module() -> String {
    let kinds: Vec<_> = catalog::kinds()
        .iter()
        .copied()
        .filter(|kind| kind.declarable())
        .collect();
    let mut parts = BTreeMap::new();
    let mut resources = Vec::new();
    for kind in &kinds {
        let schema = kind.named_schema();
        let mut types = Types::new(&schema);
        resources.push(resource(*kind, &schema, &mut types));
        for (name, text) in all_parts(&mut types) {
            let known = parts.entry(name.clone()).or_insert_with(|| text.clone());
            assert!(*known == text, "two kinds have different types called {name}");
        }
    }
    let names: Vec<_> = kinds.iter().map(|kind| title(*kind)).collect();
    let exported = names
        .iter()
        .chain(parts.keys())
        .map(|name| format!("    \"{name}\",\n"));
    let exported: String = exported.collect();
    let table = kinds.iter().zip(&names);
    let table: String = table
        .map(|(kind, name)| format!("    \"{}\": {name},\n", kind.name()))
        .collect();
    let bodies: String = parts
        .values()
        .chain(&resources)
        .map(|text| format!("\n\n{text}"))
        .collect();
    format!(
        "{HEAD}\n__all__ = [\n    \"KINDS\",\n{exported}]\n{bodies}\n\nKINDS: Dict[str, Type[Resource]] = {{\n{table}}}\n\
         \"\"\"The class of each kind, by the kind's name.\"\"\"\n"
    )
}

/// Every part that is named, and the parts of those.
fn all_parts(types: &mut Types<'_>) -> BTreeMap<String, String> {
    let mut written = BTreeMap::new();
    while let Some((name, schema)) = types.next_part() {
        let text = part(&name, &schema, types);
        written.insert(name, text);
    }
    written
}

/// The class of a kind.
fn title(kind: &dyn Kind) -> String {
    let schema = kind.named_schema();
    schema["title"].as_str().unwrap_or_default().to_owned()
}
