//! What may stand somewhere: which schema a node's fields come from. It holds no value against it.

use std::sync::LazyLock;

use super::loose::{Entry, Node};
use crate::catalog::{Catalog as _, CoreCatalog};
use crate::load::{IN_STAGE, TOP, providers_schema, with_flags};
use crate::schema::{Grammar, Schema, Shape, snake};

/// The schemas that places refer to. They are the same for every question.
pub(super) struct Schemas {
    kinds: Vec<(String, Grammar)>,
    providers: Grammar,
}

/// Where one is.
#[derive(Clone, Copy)]
pub(super) enum Where<'s> {
    /// At the top of a file.
    Top,
    /// Directly in a stage.
    Stage,
    /// In a node with these fields.
    Fields(Schema<'s>),
    /// In a list of variants that are told apart by the names of their nodes.
    Variants(Schema<'s>),
    /// Where names are free, or nothing is known.
    Unknown,
}

impl Schemas {
    pub(super) fn of_catalog() -> &'static Self {
        static SCHEMAS: LazyLock<Schemas> = LazyLock::new(Schemas::new);
        &SCHEMAS
    }

    fn new() -> Self {
        let kinds = CoreCatalog.kinds().into_iter().filter_map(|kind| {
            let schema = CoreCatalog.schema(kind)?;
            Some((kind.to_owned(), Grammar::new(&with_flags(schema))))
        });
        Self {
            kinds: kinds.collect(),
            providers: Grammar::new(&providers_schema()),
        }
    }

    pub(super) fn kind(&self, name: &str) -> Option<Schema<'_>> {
        let (_, schema) = self.kinds.iter().find(|(kind, _)| kind == name)?;
        Some(schema.root())
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|(kind, _)| kind.as_str())
    }

    /// The words that may begin a node here.
    pub(super) fn words(&self, here: Where<'_>) -> Vec<String> {
        match here {
            Where::Top => TOP
                .iter()
                .map(|word| (*word).to_owned())
                .chain(self.kinds().map(str::to_owned))
                .collect(),
            Where::Stage => {
                let own = IN_STAGE.iter().map(|word| (*word).to_owned());
                let kinds = self.kinds().filter(|kind| !IN_STAGE.contains(kind));
                own.chain(kinds.map(str::to_owned)).collect()
            }
            Where::Fields(schema) => schema
                .field_names()
                .into_iter()
                .map(crate::schema::kebab)
                .collect(),
            Where::Variants(items) => items.tags().into_iter().map(crate::schema::kebab).collect(),
            Where::Unknown => Vec::new(),
        }
    }

    /// What stands in the blocks of `around`, outermost first.
    pub(super) fn inside<'s>(&'s self, text: &str, around: &[&Node]) -> Where<'s> {
        around
            .iter()
            .fold(Where::Top, |here, node| self.below(here, node, text))
    }

    /// What stands in the block and in the properties of `node`, which stands `here`.
    pub(super) fn below<'s>(&'s self, here: Where<'s>, node: &Node, text: &str) -> Where<'s> {
        let name = &text[node.name.clone()];
        match (here, name) {
            (Where::Top, "stage") => Where::Stage,
            (Where::Top | Where::Stage, "providers") => Where::Fields(self.providers.root()),
            (Where::Top | Where::Stage, "service") => {
                let services = self
                    .kind("service-group")
                    .and_then(|group| group.field("service"));
                services.map_or(Where::Unknown, |(_, schema)| fields_of(schema, node, text))
            }
            (Where::Top | Where::Stage, kind) => self.kind(kind).map_or(Where::Unknown, Where::Fields),
            (Where::Fields(schema), field) => match schema.field(&snake(field)) {
                Some((_, schema)) => fields_of(schema, node, text),
                None => Where::Unknown,
            },
            (Where::Variants(items), tag) => {
                let variant = items.variant(tag);
                variant.map_or(Where::Unknown, |(_, schema)| Where::Fields(schema))
            }
            (Where::Unknown, _) => Where::Unknown,
        }
    }
}

/// The fields of the node that gives a value of `schema`.
fn fields_of<'s>(schema: Schema<'s>, node: &Node, text: &str) -> Where<'s> {
    match schema.shape() {
        Shape::List { items, tagged: true } => Where::Variants(items),
        Shape::List { items, tagged: false } => fields_of(items, node, text),
        Shape::Object => Where::Fields(schema),
        Shape::Union => {
            let tag = node.entries.iter().find(|entry| is_called(entry, "type", text));
            let tag = tag.map(|entry| bare(&text[entry.value.clone()]));
            let variant = tag.and_then(|tag| schema.variant(tag));
            let object = schema
                .alternatives()
                .into_iter()
                .find(|one| matches!(one.shape(), Shape::Object));
            variant
                .map(|(_, schema)| schema)
                .or(object)
                .map_or(Where::Unknown, Where::Fields)
        }
        _ => Where::Unknown,
    }
}

pub(super) fn is_called(entry: &Entry, name: &str, text: &str) -> bool {
    entry.key.as_ref().is_some_and(|key| &text[key.clone()] == name)
}

/// A value without its quotes.
pub(super) fn bare(value: &str) -> &str {
    value.trim_matches(|c| matches!(c, '"' | '#'))
}

/// A range without the quotes around it.
pub(super) fn unquoted(text: &str, range: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let value = &text[range.clone()];
    let lead = value.len() - value.trim_start_matches(['#', '"']).len();
    let name = bare(value);
    range.start + lead..range.start + lead + name.len()
}
