//! What may be written next: nodes, fields, words, references.

use std::ops::Range;

use super::loose::Node;
use super::mentions::{Mention, Symbol, declared, named_kind};
use super::place::{Schemas, Where, is_called};
use super::{File, Workspace, describe};
use crate::lexer::Kind;
use crate::schema::{Schema, Shape, snake};

/// Something that may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is shown in the list.
    pub label: String,
    /// What is written instead of `replaces`.
    pub insert: String,
    /// Bytes of the text that it takes the place of.
    pub replaces: Range<usize>,
    /// What sort of thing it is.
    pub kind: CompletionKind,
    /// What it means, in Markdown.
    pub documentation: Option<String>,
}

/// Sorts of things that may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// A resource or a setting.
    Node,
    /// A field of one.
    Field,
    /// A word that a field takes.
    Word,
    /// The name of something that is declared.
    Name,
    /// A reference to an output.
    Reference,
    /// A variable.
    Variable,
}

pub(super) fn complete(workspace: &Workspace, file: &File, offset: usize) -> Vec<Completion> {
    let token = file.tree.token(offset);
    if token.is_some_and(|token| matches!(token.kind, Kind::LineComment | Kind::BlockComment)) {
        return Vec::new();
    }
    let mentions: Vec<&Mention> = workspace.mentioned().map(|(_, mention)| mention).collect();
    let word = token
        .filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Stray))
        .map_or(offset..offset, |token| token.range.clone());
    let schemas = Schemas::of_catalog();
    let asked = Asked {
        text: &file.text,
        offset,
        word,
        mentions: &mentions,
        schemas,
    };
    let spot = file.tree.spot(offset);
    let here = schemas.inside(&file.text, &spot.around);
    if let Some(open) = asked.interpolation() {
        return asked.interpolated(open);
    }
    match spot.node {
        Some(node) if offset > node.name.end => asked.values(node, here, &spot.around),
        _ => asked.nodes(here),
    }
}

struct Asked<'a> {
    text: &'a str,
    offset: usize,
    /// The word that is being written.
    word: Range<usize>,
    mentions: &'a [&'a Mention],
    schemas: &'a Schemas,
}

impl Asked<'_> {
    fn offer(
        &self,
        kind: CompletionKind,
        label: impl Into<String>,
        documentation: Option<String>,
    ) -> Completion {
        let label = label.into();
        Completion {
            insert: label.clone(),
            label,
            replaces: self.word.clone(),
            kind,
            documentation: documentation.filter(|text| !text.is_empty()),
        }
    }

    fn nodes(&self, here: Where<'_>) -> Vec<Completion> {
        let words = self.schemas.words(here).into_iter();
        let offers = words.map(|word| match here {
            Where::Fields(schema) => {
                let documentation = schema
                    .field(&snake(&word))
                    .map(|(name, field)| describe::field(name, field));
                self.offer(CompletionKind::Field, word, documentation)
            }
            _ => {
                let documentation =
                    describe::kind(&word).or_else(|| describe::word(&word).map(str::to_owned));
                self.offer(CompletionKind::Node, word, documentation)
            }
        });
        offers.collect()
    }

    /// What may stand behind the name of a node: its value, and its fields as properties.
    fn values(&self, node: &Node, here: Where<'_>, around: &[&Node]) -> Vec<Completion> {
        let name = &self.text[node.name.clone()];
        let names: Vec<&str> = around.iter().map(|node| &self.text[node.name.clone()]).collect();
        let inside: Vec<&str> = names.iter().copied().chain([name]).collect();
        let below = self.schemas.below(here, node, self.text);
        let entry = node
            .entries
            .iter()
            .find(|entry| entry.value.start <= self.offset && self.offset <= entry.value.end);
        if let Some(key) = entry.and_then(|entry| entry.key.clone()) {
            let key = &self.text[key];
            let schema = match below {
                Where::Fields(schema) => schema.field(&snake(key)).map(|(_, schema)| schema),
                _ => None,
            };
            return self.values_of(schema, key, named_kind(key, &inside));
        }
        let mut offers = match here {
            Where::Fields(schema) => {
                let field = schema.field(&snake(name)).map(|(_, schema)| schema);
                self.values_of(field, name, named_kind(name, &names))
            }
            Where::Top | Where::Stage => self.named(name),
            _ => Vec::new(),
        };
        if let Where::Fields(schema) = below
            && !self.text[self.word.clone()].starts_with(['"', '#'])
        {
            let before = |word: &String| !node.entries.iter().any(|entry| is_called(entry, word, self.text));
            let fields = self.schemas.words(below).into_iter().filter(before);
            offers.extend(fields.map(|word| {
                let documentation = schema
                    .field(&snake(&word))
                    .map(|(name, field)| describe::field(name, field));
                let offer = self.offer(CompletionKind::Field, word, documentation);
                Completion {
                    insert: format!("{}=", offer.label),
                    ..offer
                }
            }));
        }
        offers
    }

    /// Names for nodes that stand in a stage and say only a name.
    fn named(&self, node: &str) -> Vec<Completion> {
        let kind = match node {
            "deploy-services" => "service-group",
            "scale" => "server",
            kind => kind,
        };
        self.names(kind)
    }

    fn values_of(&self, schema: Option<Schema<'_>>, field: &str, named: Option<&str>) -> Vec<Completion> {
        let mut offers = named.map(|kind| self.names(kind)).unwrap_or_default();
        if snake(field) == "depends_on" {
            offers.extend(self.addresses());
        }
        let Some(schema) = schema else { return offers };
        let schema = match schema.shape() {
            Shape::List { items, .. } => items,
            _ => schema,
        };
        offers.extend(schema.words().into_iter().map(|word| self.text_of(word)));
        if schema.accepts_type("boolean") {
            offers.extend(["#true", "#false"].map(|word| self.offer(CompletionKind::Word, word, None)));
        }
        if schema.keyword("x-input").is_some() {
            offers.extend(self.references(&self.word));
        }
        offers
    }

    fn text_of(&self, word: &str) -> Completion {
        let offer = self.offer(CompletionKind::Word, word, None);
        Completion {
            insert: format!("\"{word}\""),
            ..offer
        }
    }

    fn names(&self, kind: &str) -> Vec<Completion> {
        let names = declared(self.mentions, kind).into_iter();
        let offers = names.map(|name| Completion {
            kind: CompletionKind::Name,
            documentation: Some(format!("{kind} `{name}`")),
            ..self.text_of(name)
        });
        offers.collect()
    }

    fn addresses(&self) -> Vec<Completion> {
        let names = self.resources().into_iter();
        let offers = names.map(|(kind, name)| Completion {
            kind: CompletionKind::Name,
            ..self.text_of(&format!("{kind}.{name}"))
        });
        offers.collect()
    }

    fn resources(&self) -> Vec<(&str, &str)> {
        let mut found: Vec<_> = self
            .mentions
            .iter()
            .filter_map(|mention| match &mention.symbol {
                Symbol::Resource(kind, name) if mention.declares => Some((kind.as_str(), name.as_str())),
                _ => None,
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn references(&self, replaces: &Range<usize>) -> Vec<Completion> {
        let of = |(kind, name): (&str, &str)| {
            let outputs = describe::outputs_of(kind);
            let (kind, name) = (kind.to_owned(), name.to_owned());
            outputs
                .iter()
                .map(move |output| (format!("{kind}.{name}.{}", output.name), output.doc.to_owned()))
        };
        let all = self.resources().into_iter().flat_map(of);
        all.map(|(label, doc)| Completion {
            replaces: replaces.clone(),
            ..self.offer(CompletionKind::Reference, label, Some(doc))
        })
        .collect()
    }

    /// Where the `${` begins that is being written, behind it.
    fn interpolation(&self) -> Option<usize> {
        let before = self.text.get(self.word.start..self.offset)?;
        if !before.starts_with('"') {
            return None;
        }
        let open = before.rfind("${")?;
        let is_open = !before[open..].contains('}') && !before[..open].ends_with('$');
        is_open.then_some(self.word.start + open + 2)
    }

    fn interpolated(&self, open: usize) -> Vec<Completion> {
        let replaces = open..self.offset;
        let mut offers = self.references(&replaces);
        let variables = self.mentions.iter().filter_map(|mention| match &mention.symbol {
            Symbol::Variable(name) if mention.declares => Some(format!("var.{name}")),
            _ => None,
        });
        let words = ["stage", "project", "env."].map(str::to_owned);
        let mut words: Vec<String> = variables.chain(words).collect();
        words.sort_unstable();
        words.dedup();
        offers.extend(words.into_iter().map(|word| Completion {
            replaces: replaces.clone(),
            ..self.offer(CompletionKind::Variable, word, None)
        }));
        offers
    }
}
