//! What may be said where it could not be read: in a file that does not parse, or under a name that is not known. It marks
//! what is open then; core tells nothing that only follows from it.

use std::collections::BTreeSet;

use fleetflow_core::Stack;

use super::assembly::Build;
use super::groups::GROUP;
use crate::convert::Missing;
use crate::schema::{Grammar, Schema, Shape};
use crate::source::Span;
use crate::tree::{Content, Field, Tree};

impl Build<'_> {
    /// Whether there may be definitions of `kind` that could not be read.
    pub(super) fn may_define(&self, kind: &str) -> bool {
        self.more || self.definitions.has_nameless(kind)
    }

    pub(super) fn completed(&self, tree: Tree, kind: &str) -> Tree {
        match self.catalog.schema(kind) {
            Some(schema) => completed(tree, Grammar::new(schema).root()),
            None => tree,
        }
    }

    /// Kinds of which the stage may have more than what was read.
    pub(super) fn unread(&self) -> BTreeSet<String> {
        if self.more {
            return self.catalog.kinds().into_iter().map(str::to_owned).collect();
        }
        // Only groups come into a stage by the name of their definition alone.
        let group = Some(GROUP).filter(|group| self.definitions.has_nameless(group));
        let group = group.map(str::to_owned);
        self.nameless.iter().cloned().chain(group).collect()
    }

    /// A variable that is not set is a mistake where it decides on what needs what.
    pub(super) fn undecided(&mut self, stack: &Stack) {
        if self.is_chosen && self.converter.missing == Missing::Withheld {
            let undecided = stack.undecided();
            let places = undecided.iter().filter_map(|problem| {
                let written = self.places.written(problem.address.as_ref()?)?;
                Some(written.locate(&problem.path).span)
            });
            let places: Vec<Span> = places.collect();
            self.converter.need(&places);
        }
    }
}

/// The tree of a resource that may have a definition elsewhere: each field that it lacks may be there.
fn completed(tree: Tree, schema: Schema<'_>) -> Tree {
    let span = tree.span;
    let content = match (tree.content, schema.shape()) {
        (Content::Map(fields), Shape::Object) => Content::Map(fields_of(fields, span, schema)),
        (content, _) => content,
    };
    Tree { span, content }
}

fn fields_of(fields: Vec<Field>, span: Span, schema: Schema<'_>) -> Vec<Field> {
    let complete = |field: Field| match schema.field(&field.key) {
        Some((_, inner)) if field.known => Field {
            tree: completed(field.tree, inner),
            ..field
        },
        _ => field,
    };
    let mut all: Vec<Field> = fields.into_iter().map(complete).collect();
    for name in schema.field_names() {
        if all.iter().all(|field| field.key != name) {
            all.push(Field {
                key: name.to_owned(),
                key_span: span,
                known: true,
                tree: Tree::elsewhere(span),
            });
        }
    }
    all
}
