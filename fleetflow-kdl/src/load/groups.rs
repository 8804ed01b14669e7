//! The service groups of a stage: brought in by name, or made of a single service, and what runs without a server.

use fleetflow_core::Address;

use super::assembly::{Build, Declared};
use super::outline::StageOutline;
use crate::ast::{Name, Node};
use crate::diagnostic::Diagnostic;
use crate::schema::{Grammar, suggestion};
use crate::source::Span;
use crate::tree::{Content, Field, Tree};

/// What the local engine runs, as a declaration.
const LOCAL: (&str, &str) = ("deploy-services", "local");
pub(super) const GROUP: &str = "service-group";

/// `service "x" { … }` directly in a stage is a group of one.
pub(super) fn single_services(stage: &StageOutline<'_>) -> Vec<Node> {
    let group = |service: &&Node| Node {
        name: Name {
            text: GROUP.into(),
            span: service.name.span,
        },
        arguments: service.arguments.first().cloned().into_iter().collect(),
        properties: Vec::new(),
        children: Some(vec![(*service).clone()]),
    };
    stage.services.iter().map(group).collect()
}

impl Build<'_> {
    /// `deploy-services` brings the groups it names into the stage.
    pub(super) fn groups(&mut self, stage: &StageOutline<'_>) {
        let list = Grammar::new(&serde_json::json!({"type": "array", "items": {"type": "string"}}));
        let lists: Vec<Tree> = stage
            .deploy_services
            .iter()
            .map(|node| self.converter.value(node, list.root()))
            .collect();
        let fields = self
            .declared
            .iter()
            .filter_map(|declared| declared.tree.field("deploy_services"));
        let named = fields.map(|field| &field.tree).chain(&lists);
        let named: Vec<&Tree> = named.collect();
        let unread: Vec<Span> = named.iter().flat_map(|names| names.broken_places()).collect();
        self.any_group = !unread.is_empty();
        self.converter.need(&unread);
        let names: Vec<(String, Span)> = named
            .into_iter()
            .flat_map(Tree::texts)
            .map(|(name, span)| (name.to_owned(), span))
            .collect();
        for (name, span) in names {
            self.group(&name, span);
        }
        let mut local: Vec<(String, Span)> = Vec::new();
        let single = stage
            .services
            .iter()
            .filter_map(|service| service.arguments.first());
        let single = single.filter_map(|name| Some((name.literal.text()?.to_owned(), name.span)));
        let named = lists
            .iter()
            .flat_map(Tree::texts)
            .map(|(name, span)| (name.to_owned(), span));
        for (name, span) in named.chain(single) {
            if local.iter().all(|(known, _)| *known != name) {
                local.push((name, span));
            }
        }
        self.local(local);
    }

    /// What a stage deploys without a server runs on the local engine.
    fn local(&mut self, groups: Vec<(String, Span)>) {
        let Some((_, first)) = groups.first() else { return };
        let (span, address) = (*first, Address::new(LOCAL.0, LOCAL.1));
        if self.catalog.schema(LOCAL.0).is_none() {
            return;
        }
        let items = groups
            .into_iter()
            .map(|(name, span)| Tree::scalar(span, name))
            .collect();
        let groups = Tree {
            span,
            content: Content::List(items),
        };
        let field = Field {
            key: "groups".to_owned(),
            key_span: span,
            known: true,
            tree: groups,
        };
        self.declared.push(Declared {
            address,
            span,
            tree: Tree::map(span, vec![field]),
        });
    }

    fn group(&mut self, name: &str, span: Span) {
        let address = Address::new(GROUP, name);
        if self.declared.iter().any(|declared| declared.address == address) {
            return;
        }
        let Some((definition, index)) = self.definitions.find(&address).cloned() else {
            if self.unread().contains(GROUP) {
                return;
            }
            let declared = self.declared.iter().map(|declared| &declared.address);
            let here = declared
                .filter(|address| address.kind() == GROUP)
                .map(Address::name);
            let known: Vec<_> = here.chain(self.definitions.names(GROUP)).collect();
            let help = if known.is_empty() {
                format!("write {GROUP} \"{name}\" {{ ... }}")
            } else {
                suggestion(name, known)
            };
            let error = Diagnostic::error(
                "flow::service_group",
                span,
                format!("there is no {GROUP} `{name}`"),
            );
            return self
                .converter
                .diagnostics
                .push(error.label("not declared").help(help));
        };
        self.used.insert(index);
        let tree = self.tree(definition.node);
        self.declared.push(Declared {
            address,
            span: definition.span,
            tree,
        });
    }
}
