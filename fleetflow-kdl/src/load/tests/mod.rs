//! The loader against kinds of its own, so that the language is tested apart from what core's kinds happen to be.

mod corpus;
mod examples;

use std::collections::{BTreeMap, BTreeSet};

use fleetflow_core::model::{Path, Problem, conform, references};
use fleetflow_core::{Address, Stack};
use serde_json::{Value, json};

use super::*;
use crate::catalog::{Claim, claims};
use crate::files::MemoryFiles;

/// Kinds read from a file of schemas; references are checked as core checks them, in a few lines.
pub(super) struct ExampleCatalog {
    schemas: BTreeMap<String, Value>,
}

impl ExampleCatalog {
    pub(super) fn new() -> Self {
        Self {
            schemas: serde_json::from_str(include_str!("kinds.json")).unwrap(),
        }
    }
}

impl Catalog for ExampleCatalog {
    fn kinds(&self) -> Vec<&str> {
        self.schemas.keys().map(String::as_str).collect()
    }

    fn schema(&self, kind: &str) -> Option<&Value> {
        self.schemas.get(kind)
    }

    fn provider(&self, kind: &str) -> Option<&str> {
        Some(match kind {
            "server" | "scale" => "sakura-cloud",
            "service-group" => "docker",
            _ => "cloudflare",
        })
    }

    fn check(&self, stack: &Stack) -> Vec<Problem> {
        let known: Vec<&Address> = stack
            .declarations()
            .iter()
            .map(|declared| &declared.address)
            .collect();
        let known = Known {
            declared: &known,
            unread: stack.unread_kinds(),
        };
        let mut problems = Vec::new();
        for declared in stack.declarations() {
            let schema = &self.schemas[declared.address.kind()];
            let found = match conform(schema, declared.spec.clone().into_value()) {
                Ok(spec) => dangling(&spec, &known),
                Err(found) => found,
            };
            problems.extend(found.into_iter().map(|problem| problem.on(&declared.address)));
            let absent = declared.depends_on.iter().filter(|address| !known.has(address));
            problems.extend(absent.map(|address| {
                Problem::at(Path::root().key("depends_on"), format!("there is no `{address}`"))
                    .on(&declared.address)
            }));
        }
        problems
    }

    fn check_one(&self, kind: &str, spec: Value) -> Vec<Problem> {
        conform(&self.schemas[kind], spec).err().unwrap_or_default()
    }

    fn claims(&self, kind: &str, spec: &Value) -> Vec<Claim> {
        if self.provider(kind) == Some("cloudflare") {
            claims(kind, spec)
        } else {
            Vec::new()
        }
    }
}

struct Known<'k> {
    declared: &'k [&'k Address],
    unread: &'k BTreeSet<String>,
}

impl Known<'_> {
    fn has(&self, address: &Address) -> bool {
        self.declared.contains(&address) || self.unread.contains(address.kind())
    }
}

fn dangling(spec: &Value, known: &Known<'_>) -> Vec<Problem> {
    references(spec)
        .into_iter()
        .filter(|(_, reference)| !known.has(&reference.address))
        .map(|(path, reference)| Problem::at(path, format!("there is no `{}`", reference.address)))
        .collect()
}

pub(super) const PATH: &str = "shop/flow.kdl";

/// `shop/flow.kdl` with `text`, and nothing else.
pub(super) fn files(text: &str) -> MemoryFiles {
    MemoryFiles::new().with(PATH, text)
}

pub(super) fn loads(files: &MemoryFiles) -> Loaded {
    let options = LoadOptions::new(PATH, files).home("/home/me");
    load_with(&options, &ExampleCatalog::new()).unwrap_or_else(|found| panic!("{found:?}"))
}

/// The canonical declarations of a file, as one JSON object by address.
pub(super) fn specs(text: &str) -> Value {
    let loaded = loads(&files(text));
    by_address(&loaded.stack)
}

pub(super) fn by_address(stack: &Stack) -> Value {
    let all = stack.declarations().iter();
    Value::Object(
        all.map(|declared| (declared.address.to_string(), declared.spec.clone().into_value()))
            .collect(),
    )
}

pub(super) fn lines(found: &Diagnostics) -> Vec<String> {
    let line = |diagnostic: &Diagnostic| match found.location(diagnostic) {
        Some(at) => format!("{}:{} {}", at.line, at.column, diagnostic.message),
        None => diagnostic.message.clone(),
    };
    found.iter().map(line).collect()
}

#[test]
fn the_kinds_of_these_tests_accept_a_plain_bucket() {
    assert_eq!(specs("r2-bucket \"b\""), json!({"r2-bucket.b": {"name": "b"}}));
}
