//! Puts the stages of a file together: resources with their definitions, groups that are deployed, settings. What is
//! right is checked by core; the places of its answers are kept.

use std::collections::{BTreeMap, BTreeSet};

use fleetflow_core::model::{Declaration, Problem, Providers};
use fleetflow_core::{Address, Stack};
use serde_json::Value;

use super::claims::claimed;
use super::definitions::{Definitions, Named, duplicate, named};
use super::grammars::Grammars;
use super::groups::{GROUP, single_services};
use super::outline::{Outline, StageOutline};
use super::places::Places;
use super::settings::{self, StateSettings};
use super::{LoadOptions, flags, folder};
use crate::ast::Node;
use crate::catalog::Catalog;
use crate::convert::{Converter, Missing, Scope, Variables};
use crate::diagnostic::{Diagnostic, Severity};
use crate::environment::Environment;
use crate::source::{Sources, Span};
use crate::tree::Tree;

/// All stages of a file.
pub(super) struct Stages<'s> {
    pub(super) outline: &'s Outline<'s>,
    pub(super) options: &'s LoadOptions<'s>,
    pub(super) catalog: &'s dyn Catalog,
    pub(super) chosen: Option<usize>,
    /// Whether there is more in files that could not be read.
    pub(super) more: bool,
    pub(super) sources: &'s mut Sources,
    pub(super) found: &'s mut Vec<Diagnostic>,
}

/// One stage, put together.
pub(super) struct Assembly {
    pub(super) stack: Stack,
    pub(super) state: StateSettings,
    pub(super) protect: bool,
    pub(super) environment: Environment,
    pub(super) places: Places,
    /// Indexes of the definitions that it uses.
    used: BTreeSet<usize>,
    /// Kinds of its nodes whose names are not known: any definition of that kind may be used by them.
    pub(super) nameless: BTreeSet<String>,
}

impl Stages<'_> {
    pub(super) fn assemble(&mut self) -> Vec<Assembly> {
        let grammars = Grammars::default();
        let mut found = Vec::new();
        let (project, project_span) = settings::project(self.outline.project, &self.options.path, &mut found);
        let is_elsewhere = self.more && self.outline.project.is_none();
        self.found.extend(found.into_iter().filter(|_| !is_elsewhere));
        let mut assemblies = Vec::new();
        for index in 0..self.outline.stages.len() {
            let assembly = self.stage(index, (&project, project_span), &assemblies, &grammars);
            assemblies.push(assembly);
        }
        self.unused(&assemblies);
        self.claimed_twice(&assemblies);
        assemblies
    }

    fn stage(
        &mut self,
        index: usize,
        (project, project_span): (&str, Option<Span>),
        before: &[Assembly],
        grammars: &Grammars,
    ) -> Assembly {
        let outline = self.outline;
        let stage = &outline.stages[index];
        let root = folder(&self.options.path);
        let environment = Environment::read(
            &self.options.environment,
            self.options.files,
            root,
            &stage.name,
            self.sources,
            self.found,
        );
        let kinds = self.catalog.kinds();
        let scope = Scope {
            project,
            stage: &stage.name,
            variables: Variables::new(
                &outline.variables,
                &stage.variables,
                &self.options.variables,
                self.more,
                self.found,
            ),
            environment: environment.clone(),
            root,
            home: self.options.home.as_deref(),
            kinds: &kinds,
            files: self.options.files,
            sources: self.sources.clone(),
        };
        let services = single_services(stage);
        let mut converter = Converter::new(&scope, self.missing_in(index));
        converter.check_variables();
        let definitions = Definitions::new(&outline.definitions, &mut converter);
        let last = index + 1 == outline.stages.len();
        let mut build = Build {
            catalog: self.catalog,
            grammars,
            converter,
            definitions,
            declared: Vec::new(),
            places: Places::of_stage(stage.span.or(project_span)),
            used: BTreeSet::new(),
            more: self.more,
            nameless: BTreeSet::new(),
            any_group: false,
            is_chosen: self.chosen == Some(index),
        };
        build.resources(stage, &services);
        build.groups(stage);
        if last {
            let used = before.iter().flat_map(|assembly| assembly.used.iter().copied());
            build.check_unused(&outline.definitions, &used.collect());
        }
        let stack = Stack::new(project, &stage.name).root(root);
        let (assembly, found) = build.finish(stack, outline, stage, environment.clone());
        self.found.extend(found);
        assembly
    }

    /// What a missing variable is in the stage of this number.
    fn missing_in(&self, index: usize) -> Missing {
        match self.chosen {
            Some(chosen) if chosen == index => self.options.missing,
            Some(_) => Missing::Tolerated,
            None => Missing::Warned,
        }
    }

    /// What uses a definition may stand in the file by a name that is misspelt: then only that is a mistake.
    fn unused(&mut self, assemblies: &[Assembly]) {
        const MISSPELT: [&str; 3] = ["flow::unknown_node", "flow::unknown_field", "flow::service_group"];
        if self.more || self.found.iter().any(|told| MISSPELT.contains(&told.code)) {
            return;
        }
        for (index, node) in self.outline.definitions.iter().enumerate() {
            let uses = |assembly: &Assembly| {
                assembly.used.contains(&index) || assembly.nameless.contains(&node.name.text)
            };
            if assemblies.iter().any(uses) {
                continue;
            }
            let name = node
                .arguments
                .first()
                .map(|name| self.sources.text(name.span))
                .unwrap_or_default();
            let written = format!("{} {name}", node.name.text);
            self.found.push(
                Diagnostic::warning("flow::unused", node.head(), format!("no stage uses `{written}`"))
                    .label("never used")
                    .help(format!(
                        "write `{written}` in a stage to make it part of that stage"
                    )),
            );
        }
    }

    /// Two stages are two sets of resources: what only one of them can have at the provider, both cannot claim.
    fn claimed_twice(&mut self, assemblies: &[Assembly]) {
        if assemblies.len() < 2 {
            return;
        }
        // By name, what claimed it first in each stage.
        let mut taken: BTreeMap<String, Vec<(usize, Option<Span>)>> = BTreeMap::new();
        for (index, assembly) in assemblies.iter().enumerate() {
            for declared in assembly.stack.declarations() {
                let written = assembly.places.written(&declared.address);
                for claim in self.catalog.claims(declared.address.kind(), &declared.spec) {
                    let span = written.map(|written| written.locate(&claim.place).span);
                    let before = taken.entry(claim.name.clone()).or_default();
                    match before.iter().find(|(stage, _)| *stage != index) {
                        Some((stage, first)) => {
                            let names = [*stage, index].map(|at| self.outline.stages[at].name.as_str());
                            self.found.push(claimed(&claim, names, span, *first));
                        }
                        None => before.push((index, span)),
                    }
                }
            }
        }
    }
}

/// A stage while it is put together.
pub(super) struct Build<'b> {
    pub(super) catalog: &'b dyn Catalog,
    grammars: &'b Grammars,
    pub(super) converter: Converter<'b>,
    pub(super) definitions: Definitions<'b>,
    pub(super) declared: Vec<Declared>,
    pub(super) places: Places,
    pub(super) used: BTreeSet<usize>,
    pub(super) more: bool,
    /// Kinds of the nodes whose names are not known.
    pub(super) nameless: BTreeSet<String>,
    /// Whether a name of a group that is brought in is not known: it may be any.
    pub(super) any_group: bool,
    /// Whether it is the stage that is loaded.
    pub(super) is_chosen: bool,
}

pub(super) struct Declared {
    pub(super) address: Address,
    pub(super) span: Span,
    /// The whole node, flags included.
    pub(super) tree: Tree,
}

impl<'b> Build<'b> {
    fn resources(&mut self, stage: &StageOutline<'b>, services: &'b [Node]) {
        for node in stage.resources.iter().copied().chain(services) {
            let Some(named) = named(node, &mut self.converter) else {
                self.nameless.insert(node.name.text.clone());
                self.check_alone(node);
                continue;
            };
            if let Some(first) = self
                .declared
                .iter()
                .find(|declared| declared.address == named.address)
            {
                let error = duplicate(&named, first.span);
                self.converter.diagnostics.push(error);
                self.check_alone(node);
                continue;
            }
            self.declare(&named);
        }
    }

    /// The node, on top of the definition of the same name.
    fn declare(&mut self, named: &Named<'b>) {
        let tree = self.tree(named.node);
        let definition = self
            .definitions
            .find(&named.address)
            .map(|(found, index)| (found.node, *index));
        let tree = match definition {
            Some((node, index)) => {
                self.used.insert(index);
                self.tree(node).overridden(tree)
            }
            None if self.may_define(named.address.kind()) => self.completed(tree, named.address.kind()),
            None => tree,
        };
        self.declared.push(Declared {
            address: named.address.clone(),
            span: named.span,
            tree,
        });
    }

    /// What is wrong with `stack`, whatever the settings are that could not be read.
    fn checked(&self, stack: &Stack, settings_are_known: bool) -> Vec<Problem> {
        let mut problems = self.catalog.check(stack);
        if !settings_are_known {
            let supposed = stack.clone().providers(Providers::supposed());
            let otherwise = self.catalog.check(&supposed);
            let otherwise: BTreeSet<_> = otherwise.iter().map(Problem::key).collect();
            problems.retain(|problem| otherwise.contains(&problem.key()));
        }
        problems
    }

    pub(super) fn tree(&mut self, node: &Node) -> Tree {
        let grammar = self.grammars.of(self.catalog, &node.name.text);
        self.converter.object(node, grammar.root())
    }

    fn finish(
        mut self,
        stack: Stack,
        outline: &Outline<'_>,
        stage: &StageOutline<'_>,
        environment: Environment,
    ) -> (Assembly, Vec<Diagnostic>) {
        let schema = settings::providers_schema();
        let providers =
            settings::providers([outline.providers, stage.providers], &schema, &mut self.converter);
        // A state that is taken for one without encryption, or for another one, is no state.
        let strict = self.is_chosen && self.converter.missing == Missing::Tolerated;
        if strict {
            self.converter.missing = Missing::Reported;
        }
        let kept = settings::state(outline.state, &mut self.converter);
        let protect = settings::protect(stage.protect, &mut self.converter);
        let settings_are_known = providers.is_some() && !outline.settings_misspelt && !self.more;
        // Nothing is told of a group that may be among those that are brought in.
        let groups = self.any_group.then(|| GROUP.to_owned());
        let unread = self.unread().into_iter().chain(groups.clone());
        let stack = unread.fold(stack, Stack::unread);
        // How declarations hang together depends on no setting.
        let instead = match self.converter.missing {
            Missing::Withheld => Providers::supposed(),
            _ => Providers::default(),
        };
        let mut stack = stack.providers(providers.unwrap_or(instead));
        for declared in std::mem::take(&mut self.declared) {
            stack.push(self.declaration(declared));
        }
        for (name, value) in std::mem::take(&mut self.converter.secrets) {
            stack = stack.secret(name, value);
        }
        let problems = self.checked(&stack, settings_are_known);
        self.undecided(&stack);
        let places = &self.places;
        let mut found: Vec<_> = self
            .converter
            .diagnostics
            .into_iter()
            .map(|found| places.named(found))
            .collect();
        let broken: BTreeSet<Span> = found
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .filter_map(|d| d.span)
            .collect();
        let later = problems
            .iter()
            .filter_map(|problem| self.places.diagnostic(problem));
        found.extend(later.filter(|diagnostic| !diagnostic.span.is_some_and(|span| broken.contains(&span))));
        (
            Assembly {
                stack,
                state: kept,
                protect,
                environment,
                places: self.places,
                used: self
                    .used
                    .into_iter()
                    .chain(self.definitions.nameless.into_keys())
                    .collect(),
                nameless: self.nameless.into_iter().chain(groups).collect(),
            },
            found,
        )
    }

    fn declaration(&mut self, declared: Declared) -> Declaration {
        let Declared {
            address, mut tree, ..
        } = declared;
        let schema = self.catalog.schema(address.kind()).unwrap_or(&Value::Null);
        let flags = flags::take(&mut tree, schema);
        self.converter.need(&flags.broken_places());
        let declaration = Declaration::new(address.clone(), tree.value());
        let providers: BTreeSet<&str> = self
            .catalog
            .kinds()
            .into_iter()
            .filter_map(|kind| self.catalog.provider(kind))
            .collect();
        let providers: Vec<&str> = providers.into_iter().collect();
        let provider = self.catalog.provider(address.kind());
        let declaration = flags::apply(
            declaration,
            &flags,
            provider,
            &providers,
            &mut self.converter.diagnostics,
        );
        // Problems with `depends-on` come back by the field's name.
        let mut place = tree;
        if let crate::tree::Content::Map(fields) = &mut place.content {
            fields.extend(flags.fields().iter().cloned());
        }
        self.places.insert(address, &place);
        declaration
    }
}
