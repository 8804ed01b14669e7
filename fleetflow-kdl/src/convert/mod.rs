//! Turns nodes into trees, guided by JSON schemas: which field an argument, a property or a child node is. It decides
//! how a value is written, not whether it is right; core decides that, and names what it finds by path.

mod collect;
mod interpolate;
mod node;
mod scalar;
mod text;
mod union;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

pub(crate) use variables::Variables;

use crate::ast::{Node, Value};
use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::files::Files;
use crate::schema::{Grammar, Schema};
use crate::source::{FileId, Sources, Span};
use crate::tree::Tree;

/// What a missing environment variable or local file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// A mistake.
    Reported,
    /// Worth a warning: the file is only checked, and may be used elsewhere.
    Warned,
    /// A mistake only where it decides on how declarations hang together.
    Withheld,
    /// Nothing: another stage is used, whose variables may be set elsewhere.
    Tolerated,
}

/// Everything outside a node that its values may depend on.
pub(crate) struct Scope<'a> {
    pub(crate) project: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) variables: Variables<'a>,
    pub(crate) environment: Environment,
    /// The folder of the main file: what relative paths are relative to.
    pub(crate) root: &'a Path,
    pub(crate) home: Option<&'a Path>,
    /// Every kind that a reference may name.
    pub(crate) kinds: &'a [&'a str],
    pub(crate) files: &'a dyn Files,
    pub(crate) sources: Sources,
}

impl Scope<'_> {
    /// The folder of a file, relative to the main file's; empty for files beside it.
    fn folder(&self, file: FileId) -> PathBuf {
        let path = self
            .sources
            .file(file)
            .map(|file| file.path().to_path_buf())
            .unwrap_or_default();
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        folder
            .strip_prefix(self.root)
            .map(Path::to_path_buf)
            .unwrap_or(folder)
    }
}

/// Converts nodes in one scope, and gathers what is wrong and what is secret on the way.
pub(crate) struct Converter<'a> {
    scope: &'a Scope<'a>,
    pub(crate) missing: Missing,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) secrets: BTreeMap<String, SecretString>,
    /// What may be a mistake: where it is used, and what it is.
    withheld: Vec<(Span, Diagnostic)>,
    /// The variables that are being evaluated, outermost first: one of them again is a cycle.
    evaluating: Vec<String>,
}

impl<'a> Converter<'a> {
    pub(crate) fn new(scope: &'a Scope<'a>, missing: Missing) -> Self {
        Self {
            scope,
            missing,
            diagnostics: Vec::new(),
            secrets: BTreeMap::new(),
            withheld: Vec::new(),
            evaluating: Vec::new(),
        }
    }

    /// The tree of a node whose arguments, properties and children are the fields of `schema`.
    pub(crate) fn object(&mut self, node: &Node, schema: Schema<'_>) -> Tree {
        self.body(&node::Body::of(node), schema)
    }

    /// The value of a node that takes one.
    pub(crate) fn value(&mut self, node: &Node, schema: Schema<'_>) -> Tree {
        self.node(node, schema)
    }

    /// The name of something: a text that is known now.
    pub(crate) fn name(&mut self, argument: &Value) -> Option<String> {
        let anything = serde_json::json!({ "type": "string" });
        let tree = self.scalar(argument, Grammar::new(&anything).root());
        self.need(&tree.broken_places());
        if tree.text().is_none() && !tree.has_broken() {
            let error = Diagnostic::error(
                "flow::name",
                argument.span,
                "a name must be a text that is known now",
            );
            self.report(error.label("not a name"));
        }
        tree.text().map(str::to_owned)
    }

    /// What was withheld of `places` is a mistake.
    pub(crate) fn need(&mut self, places: &[Span]) {
        let is_needed = |(place, _): &mut (Span, Diagnostic)| places.iter().any(|one| one.has(*place));
        let needed: Vec<_> = self.withheld.extract_if(.., is_needed).collect();
        for (_, told) in needed {
            if !self.diagnostics.iter().any(|known| known.span == told.span) {
                self.report(told);
            }
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports, and stands in for the value.
    fn broken(&mut self, span: Span, diagnostic: Diagnostic) -> Tree {
        self.report(diagnostic);
        Tree::broken(span)
    }
}
