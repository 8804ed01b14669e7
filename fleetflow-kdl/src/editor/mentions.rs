//! Names in a text: what is declared, and everything that names it. It follows no include and reads no other file.

use std::ops::Range;

use super::loose::{Entry, Loose, Node};
use super::place::{Schemas, Where, unquoted};
use crate::lexer::Kind;
use crate::schema::snake;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    /// A resource: kind and name.
    Resource(String, String),
    Variable(String),
    /// An included file, as it is written.
    File(String),
}

impl Symbol {
    fn resource(kind: &str, name: &str) -> Self {
        Self::Resource(kind.to_owned(), name.to_owned())
    }

    pub(super) fn can_be_renamed(&self) -> bool {
        !matches!(self, Self::File(_))
    }
}

/// A place that names something; the range is that of the name alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) symbol: Symbol,
    pub(super) range: Range<usize>,
    pub(super) declares: bool,
}

/// Every mention in `text`.
pub(super) fn of(text: &str, tree: &Loose) -> Vec<Mention> {
    let schemas = Schemas::of_catalog();
    let mut reader = Reader {
        text,
        schemas,
        found: Vec::new(),
    };
    reader.nodes(&tree.nodes, Where::Top);
    for token in tree.tokens.iter().filter(|token| token.kind == Kind::Quoted) {
        reader.interpolated(&token.range);
    }
    reader.found.sort_by_key(|mention| mention.range.start);
    reader.found
}

/// The kind that a field of this name names a resource of, where it does.
pub(super) fn named_kind(field: &str, around: &[&str]) -> Option<&'static str> {
    let in_bindings = around.contains(&"bindings");
    Some(match field {
        "deploy-services" | "groups" => "service-group",
        "packet-filter" => "packet-filter",
        "switch" => "switch",
        "startup-script" => "startup-script",
        "bucket" if in_bindings => "r2-bucket",
        "namespace" if in_bindings => "kv-namespace",
        "service" if in_bindings => "worker",
        _ => return None,
    })
}

struct Reader<'t> {
    text: &'t str,
    schemas: &'t Schemas,
    found: Vec<Mention>,
}

impl Reader<'_> {
    fn nodes(&mut self, nodes: &[Node], here: Where<'_>) {
        self.nodes_in(nodes, here, &mut Vec::new());
    }

    fn nodes_in<'t>(&mut self, nodes: &'t [Node], here: Where<'_>, around: &mut Vec<&'t Node>) {
        for node in nodes {
            self.node(node, here, around);
            let below = self.schemas.below(here, node, self.text);
            around.push(node);
            self.nodes_in(&node.children, below, around);
            around.pop();
        }
    }

    fn node(&mut self, node: &Node, here: Where<'_>, around: &[&Node]) {
        let text = self.text;
        let name = &text[node.name.clone()];
        let first = node.entries.iter().find(|entry| entry.key.is_none());
        let names: Vec<&str> = around.iter().map(|node| &text[node.name.clone()]).collect();
        if names.last() == Some(&"variables") {
            let symbol = Symbol::Variable(name.to_owned());
            self.add(symbol, node.name.clone(), true);
        }
        let is_kind = self.schemas.kind(name).is_some();
        if matches!(here, Where::Top | Where::Stage) && is_kind {
            self.resource(name, first, matches!(here, Where::Top) || node.block.is_some());
        } else if matches!(here, Where::Top | Where::Stage) && name == "include" {
            for entry in node.entries.iter().filter(|entry| entry.key.is_none()) {
                let range = unquoted(text, &entry.value);
                self.add(Symbol::File(text[range.clone()].to_owned()), range, false);
            }
        } else if let Some(kind) = named_kind(name, &names) {
            self.values(node, kind);
        } else if snake(name) == "depends_on" {
            self.addresses(node);
        }
        let inside: Vec<&str> = names.iter().copied().chain([name]).collect();
        for entry in &node.entries {
            let key = entry.key.as_ref().map(|key| &text[key.clone()]);
            match key.and_then(|key| named_kind(key, &inside)) {
                Some(kind) => self.value(&entry.value, kind),
                None => self.reference(&entry.value),
            }
        }
    }

    /// The declaration of a resource, which may be an override of one that stages share.
    fn resource(&mut self, kind: &str, name: Option<&Entry>, declares: bool) {
        let Some(entry) = name else { return };
        let range = unquoted(self.text, &entry.value);
        let name = self.text[range.clone()].to_owned();
        if kind == "scale" {
            self.add(Symbol::resource("server", &name), range.clone(), false);
        }
        self.add(Symbol::resource(kind, &name), range, declares);
    }

    fn values(&mut self, node: &Node, kind: &str) {
        for entry in node.entries.iter().filter(|entry| entry.key.is_none()) {
            self.value(&entry.value, kind);
        }
    }

    fn value(&mut self, value: &Range<usize>, kind: &str) {
        if self.text[value.clone()].starts_with(['"', '#']) {
            let range = unquoted(self.text, value);
            self.add(Symbol::resource(kind, &self.text[range.clone()]), range, false);
        } else {
            self.reference(value);
        }
    }

    /// `depends-on "server.web"`.
    fn addresses(&mut self, node: &Node) {
        for entry in node.entries.iter().filter(|entry| entry.key.is_none()) {
            let range = unquoted(self.text, &entry.value);
            let written = &self.text[range.clone()];
            if let Some((kind, name)) = written
                .split_once('.')
                .filter(|(kind, _)| self.schemas.kind(kind).is_some())
            {
                let start = range.end - name.len();
                self.add(Symbol::resource(kind, name), start..range.end, false);
            }
        }
    }

    /// `KIND.NAME.OUTPUT` without quotes.
    fn reference(&mut self, value: &Range<usize>) {
        if !self.text[value.clone()].starts_with(['"', '#']) {
            self.path(&self.text[value.clone()], value.start);
        }
    }

    /// What stands between `${` and `}` in a text.
    fn interpolated(&mut self, range: &Range<usize>) {
        let text = &self.text[range.clone()];
        let mut at = 0;
        while let Some(open) = text[at..].find("${").map(|found| at + found) {
            let inner = open + 2;
            let Some(length) = text[inner..].find('}') else {
                return;
            };
            at = inner + length;
            if text[..open].ends_with('$') {
                continue;
            }
            let written = &text[inner..at];
            let lead = written.len() - written.trim_start().len();
            self.path(written.trim(), range.start + inner + lead);
        }
    }

    fn path(&mut self, written: &str, start: usize) {
        let Some((kind, rest)) = written.split_once('.') else {
            return;
        };
        let start = start + kind.len() + 1;
        if kind == "var" {
            return self.add(
                Symbol::Variable(rest.to_owned()),
                start..start + rest.len(),
                false,
            );
        }
        if let Some((name, _)) = rest
            .rsplit_once('.')
            .filter(|_| self.schemas.kind(kind).is_some())
        {
            self.add(Symbol::resource(kind, name), start..start + name.len(), false);
        }
    }

    fn add(&mut self, symbol: Symbol, range: Range<usize>, declares: bool) {
        self.found.push(Mention {
            symbol,
            range,
            declares,
        });
    }
}

/// The names of what is declared of `kind`, in every file.
pub(super) fn declared<'m>(mentions: &[&'m Mention], kind: &str) -> Vec<&'m str> {
    let mut names: Vec<&str> = mentions
        .iter()
        .filter_map(|mention| match &mention.symbol {
            Symbol::Resource(found, name) if found == kind && mention.declares => Some(name.as_str()),
            _ => None,
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
