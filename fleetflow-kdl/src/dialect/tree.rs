//! Turns kdl's document into our nodes: placeholders become keywords again, and what KDL allows but flow.kdl gives no
//! meaning is reported. It does not look at names.

use kdl::{KdlDocument, KdlEntry, KdlIdentifier, KdlNode, KdlValue};

use super::Keyword;
use crate::ast::{Literal, Name, Node, Property, Value};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

pub(super) fn build(file: FileId, text: &str, document: &KdlDocument) -> Result<Vec<Node>, Vec<Diagnostic>> {
    let mut builder = Builder {
        file,
        text,
        diagnostics: Vec::new(),
    };
    let nodes = builder.nodes(document);
    if builder.diagnostics.is_empty() {
        Ok(nodes)
    } else {
        Err(builder.diagnostics)
    }
}

struct Builder<'t> {
    file: FileId,
    text: &'t str,
    diagnostics: Vec<Diagnostic>,
}

impl Builder<'_> {
    fn nodes(&mut self, document: &KdlDocument) -> Vec<Node> {
        document.nodes().iter().map(|node| self.node(node)).collect()
    }

    fn node(&mut self, node: &KdlNode) -> Node {
        self.no_type(node.ty());
        let mut out = Node {
            name: self.name(node.name(), "a node"),
            arguments: Vec::new(),
            properties: Vec::new(),
            children: None,
        };
        for entry in node.entries() {
            self.no_type(entry.ty());
            let value = self.value(entry);
            match entry.name() {
                Some(name) => out.properties.push(Property {
                    name: self.name(name, "a property"),
                    value,
                }),
                None => out.arguments.push(value),
            }
        }
        out.children = node.children().map(|children| self.nodes(children));
        out
    }

    fn span(&self, span: miette::SourceSpan) -> Span {
        let end = (span.offset() + span.len()).min(self.text.len());
        Span::new(self.file, span.offset().min(end)..end)
    }

    /// The part of `span` that lies on its first line: a text of several lines may stand wherever a name may.
    fn first_line(&self, span: Span) -> Span {
        let line = self.text[span.range()].lines().next().unwrap_or_default();
        Span {
            end: span.start + line.len(),
            ..span
        }
    }

    fn name(&mut self, name: &KdlIdentifier, what: &str) -> Name {
        let span = self.span(name.span());
        let Some(keyword) = Keyword::masked(name.value()) else {
            return Name {
                text: name.value().to_owned(),
                span,
            };
        };
        let word = keyword.word();
        self.diagnostics.push(
            Diagnostic::error(
                "kdl::keyword",
                span,
                format!("`{word}` is a keyword and cannot name {what}"),
            )
            .label("a keyword")
            .help(format!("quote it: \"{word}\"")),
        );
        Name {
            text: word.to_owned(),
            span,
        }
    }

    fn no_type(&mut self, name: Option<&KdlIdentifier>) {
        let Some(name) = name else { return };
        let span = self.first_line(self.span(name.span()));
        self.diagnostics.push(
            Diagnostic::error("kdl::type", span, "type annotations have no meaning in flow.kdl")
                .label("remove this annotation"),
        );
    }

    fn value(&mut self, entry: &KdlEntry) -> Value {
        let span = self.value_span(entry);
        let quoted = self.text[span.range()].starts_with(['"', '#']);
        let literal = match entry.value() {
            KdlValue::Null => Literal::Null,
            KdlValue::Bool(value) => Literal::Bool(*value),
            KdlValue::Integer(value) => Literal::Integer(*value),
            KdlValue::Float(value) => Literal::Float(*value),
            KdlValue::String(text) if quoted => Literal::Quoted(text.clone()),
            KdlValue::String(text) => match Keyword::masked(text) {
                Some(Keyword::True) => Literal::Bool(true),
                Some(Keyword::False) => Literal::Bool(false),
                Some(Keyword::Null) => Literal::Null,
                None => Literal::Bare(text.clone()),
            },
        };
        Value { literal, span }
    }

    /// The entry's span without the property's name: the written value is its end.
    fn value_span(&self, entry: &KdlEntry) -> Span {
        let whole = self.span(entry.span());
        let length = entry
            .format()
            .map_or(whole.end - whole.start, |format| format.value_repr.len());
        Span {
            start: whole.end.saturating_sub(length).max(whole.start),
            ..whole
        }
    }
}
