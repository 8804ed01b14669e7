//! `${var.NAME}`: what the file, the stage and the caller say a variable is. The caller wins over the stage, the stage
//! over the file.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Converter;
use super::collect::Occurrence;
use super::text::spelled;
use crate::ast::{Literal, Name, Node};
use crate::diagnostic::Diagnostic;
use crate::schema::{Grammar, suggestion};
use crate::source::Span;
use crate::tree::{Content, Tree};

/// The variables of a stage.
#[derive(Default)]
pub(crate) struct Variables<'a> {
    declared: BTreeMap<&'a str, Declared<'a>>,
    /// Whether there may be more of them, in files that could not be read.
    more: bool,
}

struct Declared<'a> {
    name: &'a Name,
    value: Occurrence<'a>,
    given: Option<Json>,
}

impl<'a> Variables<'a> {
    /// The `variables` blocks of the file, then those of the stage, then what the caller gave.
    pub(crate) fn new(
        file: &[&'a Node],
        stage: &[&'a Node],
        given: &BTreeMap<String, String>,
        more: bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut variables = Self {
            more,
            ..Self::default()
        };
        for level in [file, stage] {
            let mut seen = BTreeMap::new();
            for block in level {
                variables.read(block, &mut seen, diagnostics);
            }
        }
        for (name, text) in given {
            variables.give(name, text, diagnostics);
        }
        variables
    }

    fn read(
        &mut self,
        block: &'a Node,
        seen: &mut BTreeMap<&'a str, Span>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        if let Some(value) = block.arguments.first() {
            let error = Diagnostic::error("flow::argument", value.span, "`variables` takes a block only");
            diagnostics.push(error.label("not expected"));
        }
        let properties = block
            .properties
            .iter()
            .map(|property| (&property.name, Occurrence::Property(property)));
        let children = block
            .children()
            .iter()
            .map(|child| (&child.name, Occurrence::Child(child)));
        for (name, value) in properties.chain(children) {
            if let Some(first) = seen.insert(&name.text, name.span) {
                let message = format!("the variable `{}` is given twice", name.text);
                let error = Diagnostic::error("flow::given_twice", name.span, message).label("again here");
                diagnostics.push(error.related(first, "first here"));
            }
            self.declared.insert(
                &name.text,
                Declared {
                    name,
                    value,
                    given: None,
                },
            );
        }
    }

    fn give(&mut self, name: &str, text: &str, diagnostics: &mut Vec<Diagnostic>) {
        let known: Vec<&str> = self.declared.keys().copied().collect();
        let Some(declared) = self.declared.get_mut(name) else {
            if self.more {
                return;
            }
            let message = format!("there is no variable `{name}` to set");
            let help = if known.is_empty() {
                "declare it: variables { NAME \"default\" }".to_owned()
            } else {
                suggestion(name, known)
            };
            return diagnostics.push(Diagnostic::error("flow::variable", None, message).help(help));
        };
        declared.given = declared.typed(text);
        if declared.given.is_none() {
            let message = format!("the variable `{name}` was set to a text, but it is a number or a flag");
            let error = Diagnostic::error("flow::variable", declared.name.span, message);
            diagnostics.push(error.label("declared here"));
        }
    }

    pub(crate) fn names(&self) -> Vec<&'a str> {
        self.declared.keys().copied().collect()
    }
}

impl Declared<'_> {
    /// The caller can give texts only; the declaration says what they mean.
    fn typed(&self, text: &str) -> Option<Json> {
        let literal = match &self.value {
            Occurrence::Property(property) => Some(&property.value.literal),
            Occurrence::Child(node) => node.arguments.first().map(|value| &value.literal),
            _ => None,
        };
        match literal {
            Some(Literal::Bool(_)) => spelled(text).filter(Json::is_boolean),
            Some(Literal::Integer(_) | Literal::Float(_)) => spelled(text).filter(Json::is_number),
            _ => Some(Json::String(text.to_owned())),
        }
    }
}

impl Converter<'_> {
    /// The value of a variable, at the place that asks for it.
    pub(super) fn variable(&mut self, name: &str, span: Span) -> Tree {
        let scope = self.scope;
        let Some(declared) = scope.variables.declared.get(name) else {
            if scope.variables.more {
                return Tree::broken(span);
            }
            let help = match scope.variables.names() {
                names if names.is_empty() => "declare it: variables { NAME \"value\" }".to_owned(),
                names => suggestion(name, names),
            };
            let error = Diagnostic::error("flow::variable", span, format!("there is no variable `{name}`"));
            return self.broken(span, error.label("not declared").help(help));
        };
        if let Some(given) = &declared.given {
            return Tree::scalar(span, given.clone());
        }
        if self.evaluating.iter().any(|outer| outer == name) {
            let names = [self.evaluating.as_slice(), &[name.to_owned()]]
                .concat()
                .join("` -> `");
            let error = Diagnostic::error(
                "flow::variable",
                span,
                format!("these variables need each other: `{names}`"),
            );
            return self.broken(span, error.label("leads back to itself"));
        }
        self.evaluating.push(name.to_owned());
        let before = self.withheld.len();
        let anything = serde_json::json!({ "x-input": "text" });
        let tree = self.occurrence(&declared.value, Grammar::new(&anything).root());
        self.evaluating.pop();
        // What is missing is missing where the variable is used.
        self.withheld[before..]
            .iter_mut()
            .for_each(|(place, _)| *place = span);
        match tree.content {
            Content::Scalar(Json::Null) => {
                let error = Diagnostic::error(
                    "flow::variable",
                    span,
                    format!("the variable `{name}` has no value"),
                );
                self.broken(span, error.related(declared.name.span, "declared here"))
            }
            content => Tree { span, content },
        }
    }

    /// Evaluates every variable, so that mistakes in unused ones are seen as well.
    pub(crate) fn check_variables(&mut self) {
        for name in self.scope.variables.names() {
            if let Some(declared) = self.scope.variables.declared.get(name) {
                self.variable(name, declared.name.span);
            }
        }
    }
}
