//! The nodes of a file with the spans of everything in them. Plain data: it knows KDL's structure but no word of FleetFlow.

use crate::source::Span;

/// A node: a name, values, and a block of more nodes.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: Name,
    /// Values without a name, in order.
    pub(crate) arguments: Vec<Value>,
    /// `name=value` pairs, in order.
    pub(crate) properties: Vec<Property>,
    /// The block, if there is one.
    pub(crate) children: Option<Vec<Node>>,
}

impl Node {
    pub(crate) fn children(&self) -> &[Node] {
        self.children.as_deref().unwrap_or_default()
    }

    /// From the name to the last value, without the block: what is underlined when the node as a whole is meant.
    pub(crate) fn head(&self) -> Span {
        let arguments = self.arguments.iter().map(|value| value.span);
        let properties = self.properties.iter().map(|property| property.value.span);
        arguments.chain(properties).fold(self.name.span, Span::to)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Property {
    pub(crate) name: Name,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) literal: Literal,
    pub(crate) span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    /// A text between quotes.
    Quoted(String),
    /// A text without quotes. The only form that may be a reference.
    Bare(String),
}

impl Literal {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Quoted(text) | Self::Bare(text) => Some(text),
            _ => None,
        }
    }
}

/// The same data, wherever it stands and whatever comments are around it.
pub(crate) fn same_data(a: &[Node], b: &[Node]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_node(a, b))
}

fn same_node(a: &Node, b: &Node) -> bool {
    let arguments = a.arguments.len() == b.arguments.len()
        && a.arguments
            .iter()
            .zip(&b.arguments)
            .all(|(a, b)| same_literal(&a.literal, &b.literal));
    let properties = a.properties.len() == b.properties.len()
        && a.properties
            .iter()
            .zip(&b.properties)
            .all(|(a, b)| a.name.text == b.name.text && same_literal(&a.value.literal, &b.value.literal));
    a.name.text == b.name.text
        && arguments
        && properties
        && a.children.is_some() == b.children.is_some()
        && same_data(a.children(), b.children())
}

/// Floats by their bits: `#nan` is the same data as `#nan`.
fn same_literal(a: &Literal, b: &Literal) -> bool {
    match (a, b) {
        (Literal::Float(a), Literal::Float(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}
