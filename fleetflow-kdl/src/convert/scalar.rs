//! Values by the shape that the schema asks for: scalars, lists, maps, variants. What stands inside texts is read
//! elsewhere.

use super::Converter;
use super::collect::{Gathered, Occurrence, StandIn};
use super::node::Body;
use crate::ast::{Node, Property, Value};
use crate::diagnostic::Diagnostic;
use crate::schema::{Schema, Shape, kebab};
use crate::source::Span;
use crate::tree::{Content, Field, Tree};

impl Converter<'_> {
    pub(super) fn occurrence(&mut self, occurrence: &Occurrence<'_>, schema: Schema<'_>) -> Tree {
        match occurrence {
            Occurrence::Argument(value) => self.lone(value, schema),
            Occurrence::Property(property) => self.lone(&property.value, schema),
            Occurrence::Environment(stand_in) => self.environment(stand_in, schema),
            Occurrence::Child(node) => self.node(node, schema),
        }
    }

    /// A value without a node around it.
    fn lone(&mut self, value: &Value, schema: Schema<'_>) -> Tree {
        if schema.accepts_scalar() || matches!(schema.shape(), Shape::Any) {
            return self.scalar(value, schema);
        }
        let takes_one = |one: &Schema<'_>| !one.positional().is_empty();
        match schema.alternatives().into_iter().find(takes_one) {
            Some(object) => self.body(&Body::of_value(value), object),
            // Not what the schema asks for; core says so, and names what it asks for.
            None => self.scalar(value, schema),
        }
    }

    pub(super) fn node(&mut self, node: &Node, schema: Schema<'_>) -> Tree {
        match schema.shape() {
            Shape::Scalar => self.scalar_node(node, schema),
            Shape::Object => self.body(&Body::of(node), schema),
            Shape::Map(values) => self.map(node.name.span, &[node], values),
            Shape::List { items, tagged } => {
                let items = self.elements(&Occurrence::Child(node), items, tagged);
                Tree {
                    span: node.name.span,
                    content: Content::List(items),
                }
            }
            Shape::Union => self.union(node, schema),
            Shape::Any => unexamined(node.name.span),
        }
    }

    /// A node that takes exactly one value.
    pub(super) fn scalar_node(&mut self, node: &Node, schema: Schema<'_>) -> Tree {
        let stand_in = StandIn::among(&node.properties.iter().collect::<Vec<_>>(), |_| false);
        let owned = |property: &Property| stand_in.as_ref().is_some_and(|stand_in| stand_in.owns(property));
        let name = &node.name.text;
        if let Some(property) = node.properties.iter().find(|property| !owned(property)) {
            let message = format!("`{name}` takes one value and has no `{}`", property.name.text);
            let error = Diagnostic::error("flow::unknown_property", property.name.span, message);
            return self.broken(node.head(), error.label("not known here"));
        }
        if node.children.is_some() {
            let message = format!("`{name}` takes one value, not a block");
            return self.broken(
                node.head(),
                Diagnostic::error("flow::block", node.name.span, message),
            );
        }
        match (node.arguments.as_slice(), stand_in) {
            ([value], None) => self.scalar(value, schema),
            ([], Some(stand_in)) => self.environment(&stand_in, schema),
            ([], None) => self.no_value(node, schema),
            ([value, ..], Some(_)) => {
                let error = Diagnostic::error(
                    "flow::given_twice",
                    value.span,
                    format!("`{name}` has two values"),
                );
                self.broken(node.head(), error.label("a value, and `env=` as well"))
            }
            ([_, second, ..], None) => {
                let message = format!("`{name}` takes one value");
                let error = Diagnostic::error("flow::argument", second.span, message).label("one too many");
                self.broken(node.head(), error)
            }
        }
    }

    fn no_value(&mut self, node: &Node, schema: Schema<'_>) -> Tree {
        let name = &node.name.text;
        let error = Diagnostic::error(
            "flow::no_value",
            node.name.span,
            format!("`{name}` needs a value"),
        )
        .label("a value is missing");
        let flag = schema
            .accepts_type("boolean")
            .then(|| format!("write `{name} #true`"));
        self.broken(node.name.span, error.help(flag))
    }

    pub(super) fn list(&mut self, gathered: &Gathered<'_, '_>, items: Schema<'_>, tagged: bool) -> Tree {
        let mut all: Vec<Tree> = gathered
            .occurrences()
            .flat_map(|occurrence| self.elements(occurrence, items, tagged))
            .collect();
        // Most have one element, and there are many lists.
        all.shrink_to_fit();
        let span = match (all.first(), all.last()) {
            (Some(first), Some(last)) if !matches!(first.content, Content::Map(_)) => {
                first.span.to(last.span)
            }
            _ => gathered.span,
        };
        Tree {
            span,
            content: Content::List(all),
        }
    }

    fn elements(&mut self, occurrence: &Occurrence<'_>, items: Schema<'_>, tagged: bool) -> Vec<Tree> {
        let Occurrence::Child(node) = occurrence else {
            return vec![self.occurrence(occurrence, items)];
        };
        if tagged {
            return self.variants(node, items);
        }
        let values = node.properties.is_empty() && is_plain(node) && !node.arguments.is_empty();
        if values && items.accepts_scalar() {
            return node
                .arguments
                .iter()
                .map(|value| self.scalar(value, items))
                .collect();
        }
        vec![self.node(node, items)]
    }

    pub(super) fn maps(&mut self, gathered: &Gathered<'_, '_>, values: Schema<'_>) -> Tree {
        let mut nodes = Vec::new();
        for occurrence in gathered.occurrences() {
            match occurrence {
                Occurrence::Child(node) => nodes.push(*node),
                other => {
                    let message = format!("`{}` takes a block of names and values", kebab(&gathered.key));
                    let error = Diagnostic::error("flow::block", other.span(), message);
                    return self.broken(other.span(), error.label("not a single value"));
                }
            }
        }
        self.map(gathered.span, &nodes, values)
    }

    /// `env { KEY "value" }`, `env KEY="value"` and `arg "KEY" "value"` are the same.
    fn map(&mut self, span: Span, nodes: &[&Node], values: Schema<'_>) -> Tree {
        let mut fields: Vec<Field> = Vec::new();
        for node in nodes {
            for (key, key_span, tree) in self.pairs(node, values) {
                match fields.iter().find(|field| field.key == key) {
                    Some(first) => {
                        let message = format!("`{key}` is given twice");
                        let error =
                            Diagnostic::error("flow::given_twice", key_span, message).label("again here");
                        let first = first.key_span;
                        self.report(error.related(first, "first here"));
                    }
                    None => fields.push(Field {
                        key,
                        key_span,
                        known: true,
                        tree,
                    }),
                }
            }
        }
        Tree::map(span, fields)
    }

    fn pairs(&mut self, node: &Node, values: Schema<'_>) -> Vec<(String, Span, Tree)> {
        let mut out = Vec::new();
        let stand_in = StandIn::among(&node.properties.iter().collect::<Vec<_>>(), |_| {
            node.arguments.is_empty()
        });
        match (node.arguments.as_slice(), &stand_in) {
            ([], _) => {}
            ([key, value], None) => out.extend(self.pair(key, value, values)),
            ([key], Some(stand_in)) => {
                if let Some(name) = key.literal.text() {
                    out.push((name.to_owned(), key.span, self.environment(stand_in, values)));
                }
            }
            ([.., last], _) => {
                let message = format!("`{}` takes a name and a value", node.name.text);
                self.report(
                    Diagnostic::error("flow::argument", last.span, message).label("not a name and a value"),
                );
            }
        }
        let owned = |property: &Property| stand_in.as_ref().is_some_and(|stand_in| stand_in.owns(property));
        for property in node.properties.iter().filter(|property| !owned(property)) {
            let tree = self.lone(&property.value, values);
            out.push((property.name.text.clone(), property.name.span, tree));
        }
        for child in node.children() {
            out.push((child.name.text.clone(), child.name.span, self.node(child, values)));
        }
        out
    }

    fn pair(&mut self, key: &Value, value: &Value, values: Schema<'_>) -> Option<(String, Span, Tree)> {
        let Some(name) = key.literal.text() else {
            self.report(
                Diagnostic::error("flow::argument", key.span, "a name must be a text").label("not a text"),
            );
            return None;
        };
        Some((name.to_owned(), key.span, self.lone(value, values)))
    }
}

/// The value of a field that the schema does not know: it does not matter, core reports the field's name.
pub(super) fn unexamined(span: Span) -> Tree {
    Tree::scalar(span, true)
}

/// Neither a block nor properties, `env=` and its company aside.
pub(super) fn is_plain(node: &Node) -> bool {
    let stand_in = StandIn::among(&node.properties.iter().collect::<Vec<_>>(), |_| false);
    let owned = |property: &Property| stand_in.as_ref().is_some_and(|stand_in| stand_in.owns(property));
    node.children.is_none() && node.properties.iter().all(owned)
}
