//! Resources outside of stages, which stages share by name.

use std::collections::BTreeMap;

use fleetflow_core::Address;
use fleetflow_core::model::Path;

use crate::ast::Node;
use crate::convert::Converter;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// A resource node and its address.
#[derive(Clone)]
pub(super) struct Named<'n> {
    pub(super) address: Address,
    pub(super) node: &'n Node,
    pub(super) span: Span,
}

/// The resource node with its address. The name is its first argument; variables may be part of it.
pub(super) fn named<'n>(node: &'n Node, converter: &mut Converter<'_>) -> Option<Named<'n>> {
    let kind = node.name.text.as_str();
    let Some(argument) = node.arguments.first() else {
        let error = Diagnostic::error("flow::name", node.name.span, format!("a {kind} needs a name"));
        converter
            .diagnostics
            .push(error.label(format!("write {kind} \"NAME\"")));
        return None;
    };
    let found = converter.name(argument);
    found.map(|name| Named {
        address: Address::new(kind, name),
        node,
        span: argument.span,
    })
}

/// The definitions of a file, as one stage sees them.
pub(super) struct Definitions<'n> {
    all: Vec<(Named<'n>, usize)>,
    /// Indexes and kinds of those whose names are not known.
    pub(super) nameless: BTreeMap<usize, &'n str>,
}

impl<'n> Definitions<'n> {
    pub(super) fn new(nodes: &[&'n Node], converter: &mut Converter<'_>) -> Self {
        let mut all: Vec<(Named<'n>, usize)> = Vec::new();
        let mut nameless = BTreeMap::new();
        for (index, node) in nodes.iter().enumerate() {
            let Some(named) = named(node, converter) else {
                nameless.insert(index, node.name.text.as_str());
                continue;
            };
            match all.iter().find(|(first, _)| first.address == named.address) {
                Some((first, _)) => converter.diagnostics.push(duplicate(&named, first.span)),
                None => all.push((named, index)),
            }
        }
        Self { all, nameless }
    }

    /// Whether there are definitions of `kind` whose names are not known.
    pub(super) fn has_nameless(&self, kind: &str) -> bool {
        self.nameless.values().any(|nameless| *nameless == kind)
    }

    pub(super) fn find(&self, address: &Address) -> Option<&(Named<'n>, usize)> {
        self.all.iter().find(|(named, _)| named.address == *address)
    }

    pub(super) fn names(&self, kind: &str) -> Vec<&str> {
        let all = self.all.iter().map(|(named, _)| &named.address);
        all.filter(|address| address.kind() == kind)
            .map(Address::name)
            .collect()
    }
}

pub(super) fn duplicate(again: &Named<'_>, first: Span) -> Diagnostic {
    Diagnostic::error(
        "flow::duplicate",
        again.span,
        format!("`{}` is declared twice", again.address),
    )
    .label("again here")
    .related(first, "first here")
    .help("remove or rename one of them".to_owned())
    .about(&again.address, Path::root())
}
