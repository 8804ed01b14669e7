//! The ways in which a field may be written, and what was found for each field. Nothing is evaluated here.

use crate::ast::{Node, Property, Value};
use crate::schema::Schema;
use crate::source::Span;

/// One place that says something about a field.
#[derive(Clone, Debug)]
pub(super) enum Occurrence<'n> {
    /// A positional argument.
    Argument(&'n Value),
    /// `name=value`
    Property(&'n Property),
    /// `env="NAME"` where an argument could stand.
    Environment(StandIn<'n>),
    /// A node of that name.
    Child(&'n Node),
}

impl Occurrence<'_> {
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Argument(value) => value.span,
            Self::Property(property) => property.name.span,
            Self::Environment(stand_in) => stand_in.span(),
            Self::Child(node) => node.name.span,
        }
    }
}

/// Everything that was said about one field.
pub(super) struct Gathered<'n, 's> {
    pub(super) key: String,
    pub(super) span: Span,
    /// None for a field that the schema does not know.
    pub(super) schema: Option<Schema<'s>>,
    pub(super) first: Occurrence<'n>,
    pub(super) more: Vec<Occurrence<'n>>,
}

impl<'n, 's> Gathered<'n, 's> {
    pub(super) fn add(
        all: &mut Vec<Self>,
        key: &str,
        span: Span,
        schema: Option<Schema<'s>>,
        occurrence: Occurrence<'n>,
    ) {
        match all.iter_mut().find(|gathered| gathered.key == key) {
            Some(gathered) => gathered.more.push(occurrence),
            None => all.push(Self {
                key: key.to_owned(),
                span,
                schema,
                first: occurrence,
                more: Vec::new(),
            }),
        }
    }

    pub(super) fn occurrences(&self) -> impl Iterator<Item = &Occurrence<'n>> {
        std::iter::once(&self.first).chain(&self.more)
    }
}

/// `env="NAME" default="x" secret=#true`: a value from the environment, in place of an argument.
#[derive(Clone, Debug)]
pub(super) struct StandIn<'n> {
    pub(super) env: &'n Property,
    pub(super) default: Option<&'n Property>,
    pub(super) secret: Option<&'n Property>,
}

impl<'n> StandIn<'n> {
    /// Among properties that are not fields of the node themselves.
    pub(super) fn among(properties: &[&'n Property], is_field: impl Fn(&str) -> bool) -> Option<Self> {
        let find = |name: &str| {
            let found = properties.iter().find(|property| property.name.text == name);
            found.copied().filter(|_| !is_field(name))
        };
        Some(Self {
            env: find("env")?,
            default: find("default"),
            secret: find("secret"),
        })
    }

    pub(super) fn owns(&self, property: &Property) -> bool {
        [Some(self.env), self.default, self.secret]
            .into_iter()
            .flatten()
            .any(|ours| std::ptr::eq(ours, property))
    }

    pub(super) fn span(&self) -> Span {
        self.env.name.span.to(self.env.value.span)
    }
}
