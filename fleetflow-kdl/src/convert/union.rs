//! Values that may have several shapes: which one a node is. Tags decide where there are any, otherwise the form.

use super::Converter;
use super::node::Body;
use super::scalar::{is_plain, unexamined};
use crate::ast::{Node, Value};
use crate::diagnostic::Diagnostic;
use crate::schema::{Schema, Shape, kebab, snake, suggestion};
use crate::tree::{Content, Field, Tree};

impl Converter<'_> {
    /// A plain node is a scalar where one is allowed; otherwise its tag decides, or the names in it.
    pub(super) fn union(&mut self, node: &Node, schema: Schema<'_>) -> Tree {
        if is_plain(node) && schema.accepts_scalar() {
            return self.scalar_node(node, schema);
        }
        if schema.has_variants() {
            return self.tagged(node, schema);
        }
        let known = |one: &Schema<'_>| {
            let properties = node.properties.iter().map(|property| &property.name.text);
            let children = node.children().iter().map(|child| &child.name.text);
            properties
                .chain(children)
                .filter(|name| one.field(&snake(name)).is_some())
                .count()
        };
        let alternatives = schema.alternatives().into_iter();
        let objects = alternatives.filter(|one| matches!(one.shape(), Shape::Object));
        match objects.max_by_key(known) {
            Some(object) => self.body(&Body::of(node), object),
            None if schema.accepts_scalar() => self.scalar_node(node, schema),
            None => unexamined(node.name.span),
        }
    }

    /// `record "www" type="A"`: the field `type` says which variant the node is.
    fn tagged(&mut self, node: &Node, schema: Schema<'_>) -> Tree {
        let name = &node.name.text;
        let Some(tag) = tag(node) else {
            let error = Diagnostic::error(
                "flow::missing",
                node.name.span,
                format!("`{name}` needs a `type`"),
            );
            let error = error
                .label("`type` is missing")
                .help(format!("known here: {}", schema.tags().join(", ")));
            return self.broken(node.name.span, error);
        };
        let text = tag.literal.text().unwrap_or_default();
        if let Some(variant) = schema.tagged(text) {
            return self.body(&Body::of(node), variant);
        }
        let error = Diagnostic::error(
            "flow::value",
            tag.span,
            format!("there is no type `{text}` of `{name}`"),
        );
        let help = suggestion(&text.to_uppercase(), schema.tags());
        self.broken(node.name.span, error.label("not known here").help(help))
    }

    /// `bindings { r2 "B" bucket="x" }`: each child is an element, and its name says which variant.
    pub(super) fn variants(&mut self, node: &Node, items: Schema<'_>) -> Vec<Tree> {
        let values = node.arguments.iter().map(|value| value.span);
        for span in values.chain(node.properties.iter().map(|property| property.name.span)) {
            let message = format!("`{}` takes a block only", node.name.text);
            self.report(Diagnostic::error("flow::argument", span, message).label("not expected"));
        }
        node.children()
            .iter()
            .map(|child| self.variant(child, items))
            .collect()
    }

    fn variant(&mut self, node: &Node, items: Schema<'_>) -> Tree {
        let Some((tag, schema)) = items.variant(&node.name.text) else {
            let names: Vec<_> = items.tags().into_iter().map(kebab).collect();
            let message = format!("there is no `{}` here", node.name.text);
            let error =
                Diagnostic::error("flow::unknown_node", node.name.span, message).label("not known here");
            let help = suggestion(&node.name.text, names.iter().map(String::as_str));
            return self.broken(node.name.span, error.help(help));
        };
        let mut tree = self.body(&Body::of(node), schema);
        if let Content::Map(fields) = &mut tree.content {
            let (key_span, value) = (node.name.span, Tree::scalar(node.name.span, tag));
            fields.insert(
                0,
                Field {
                    key: "type".into(),
                    key_span,
                    known: true,
                    tree: value,
                },
            );
        }
        tree
    }
}

/// The value of the field `type`, however it is written.
fn tag(node: &Node) -> Option<&Value> {
    let property = node
        .properties
        .iter()
        .find(|property| property.name.text == "type");
    let child = node.children().iter().find(|child| child.name.text == "type");
    property
        .map(|property| &property.value)
        .or_else(|| child?.arguments.first())
}
