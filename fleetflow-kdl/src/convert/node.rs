//! Fields of a node: gathers arguments, properties and children by the field they fill. Values are made elsewhere.

use super::Converter;
use super::collect::{Gathered, Occurrence, StandIn};
use super::scalar::unexamined;
use crate::ast::{Node, Property, Value};
use crate::diagnostic::Diagnostic;
use crate::schema::{Schema, Shape, kebab, snake};
use crate::source::Span;
use crate::tree::{Field, Tree};

/// What a node hands to the fields of its schema.
pub(super) struct Body<'n> {
    pub(super) name: Span,
    pub(super) arguments: Vec<&'n Value>,
    pub(super) properties: Vec<&'n Property>,
    pub(super) children: &'n [Node],
}

impl<'n> Body<'n> {
    pub(super) fn of(node: &'n Node) -> Self {
        Self {
            name: node.name.span,
            arguments: node.arguments.iter().collect(),
            properties: node.properties.iter().collect(),
            children: node.children(),
        }
    }

    /// A lone value where a node with fields is wanted: its first argument.
    pub(super) fn of_value(value: &'n Value) -> Self {
        Self {
            name: value.span,
            arguments: vec![value],
            properties: Vec::new(),
            children: &[],
        }
    }
}

impl Converter<'_> {
    pub(super) fn body(&mut self, body: &Body<'_>, schema: Schema<'_>) -> Tree {
        let mut fields = Vec::new();
        let stand_in = StandIn::among(&body.properties, |name| schema.field(name).is_some());
        self.arguments(body, schema, stand_in.as_ref(), &mut fields);
        for property in &body.properties {
            if stand_in.as_ref().is_some_and(|stand_in| stand_in.owns(property)) {
                continue;
            }
            self.gather(
                &property.name.text,
                property.name.span,
                Occurrence::Property(property),
                schema,
                &mut fields,
            );
        }
        for child in body.children {
            self.gather(
                &child.name.text,
                child.name.span,
                Occurrence::Child(child),
                schema,
                &mut fields,
            );
        }
        let fields = fields.into_iter().map(|gathered| self.field(gathered)).collect();
        Tree::map(body.name, fields)
    }

    /// Arguments fill the fields that the schema names, in order; `env=` fills the first one that is left.
    fn arguments<'n, 's>(
        &mut self,
        body: &Body<'n>,
        schema: Schema<'s>,
        stand_in: Option<&StandIn<'n>>,
        fields: &mut Vec<Gathered<'n, 's>>,
    ) {
        let mut arguments = body.arguments.iter().copied().peekable();
        for positional in schema.positional() {
            let Some((name, field)) = schema.field(&positional.name) else {
                continue;
            };
            match (arguments.peek(), stand_in) {
                (Some(_), _) if positional.rest => {
                    for value in arguments.by_ref() {
                        Gathered::add(fields, name, value.span, Some(field), Occurrence::Argument(value));
                    }
                }
                (Some(value), _) => {
                    Gathered::add(fields, name, value.span, Some(field), Occurrence::Argument(value));
                    arguments.next();
                }
                (None, Some(stand_in)) => {
                    let occurrence = Occurrence::Environment(stand_in.clone());
                    Gathered::add(fields, name, stand_in.span(), Some(field), occurrence);
                    return;
                }
                (None, None) => return,
            }
        }
        if let Some(extra) = arguments.next() {
            self.extra_argument(extra, schema);
        }
        if let Some(stand_in) = stand_in {
            let message = "`env=` has no value to stand in for here";
            self.report(Diagnostic::error("flow::environment", stand_in.span(), message));
        }
    }

    fn extra_argument(&mut self, extra: &Value, schema: Schema<'_>) {
        let (message, label) = match schema.positional().len() {
            0 => ("this node takes no value of its own".to_owned(), "not expected"),
            1 => ("this node takes one value".to_owned(), "one too many"),
            several => (
                format!("this node takes at most {several} values"),
                "one too many",
            ),
        };
        let names: Vec<_> = schema.field_names().into_iter().map(kebab).collect();
        self.report(
            Diagnostic::error("flow::argument", extra.span, message)
                .label(label)
                .help(format!("say which field it is; known here: {}", names.join(", "))),
        );
    }

    fn gather<'n, 's>(
        &mut self,
        name: &str,
        span: Span,
        occurrence: Occurrence<'n>,
        schema: Schema<'s>,
        fields: &mut Vec<Gathered<'n, 's>>,
    ) {
        let Some((field, found)) = schema.field(&snake(name)) else {
            return Gathered::add(fields, &snake(name), span, None, occurrence);
        };
        if name.contains('_') {
            self.report(
                Diagnostic::error(
                    "flow::spelling",
                    span,
                    format!("`{name}` is written `{}`", kebab(name)),
                )
                .label("with `-`, not `_`"),
            );
        }
        Gathered::add(fields, field, span, Some(found), occurrence);
    }

    fn field(&mut self, gathered: Gathered<'_, '_>) -> Field {
        let tree = match gathered.schema {
            None => unexamined(gathered.span),
            Some(schema) => self.known(&gathered, schema),
        };
        Field {
            key: gathered.key,
            key_span: gathered.span,
            known: gathered.schema.is_some(),
            tree,
        }
    }

    fn known(&mut self, gathered: &Gathered<'_, '_>, schema: Schema<'_>) -> Tree {
        match schema.shape() {
            Shape::List { items, tagged } => self.list(gathered, items, tagged),
            Shape::Map(values) => self.maps(gathered, values),
            _ => {
                self.only_once(gathered);
                self.occurrence(&gathered.first, schema)
            }
        }
    }

    fn only_once(&mut self, gathered: &Gathered<'_, '_>) {
        for again in &gathered.more {
            let name = kebab(&gathered.key);
            self.report(
                Diagnostic::error(
                    "flow::given_twice",
                    again.span(),
                    format!("`{name}` is given twice"),
                )
                .label("again here")
                .related(gathered.first.span(), "first here"),
            );
        }
    }
}
