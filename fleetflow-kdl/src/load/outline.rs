//! Sorts the nodes of a file: settings, stages, resources. It reads names only.

use fleetflow_core::model::did_you_mean;

use super::settings::providers_schema;
use crate::ast::Node;
use crate::diagnostic::Diagnostic;
use crate::schema::{kebab, suggestion};
use crate::source::Span;

/// The stage of a file that names none.
pub(crate) const DEFAULT_STAGE: &str = "default";

const PROVIDERS: &str = "providers";

pub(crate) const TOP: [&str; 6] = ["providers", "variables", "include", "project", "state", "stage"];
pub(crate) const IN_STAGE: [&str; 6] = [
    "providers",
    "variables",
    "include",
    "protect",
    "deploy-services",
    "service",
];

/// The parts of a file.
#[derive(Default)]
pub(super) struct Outline<'n> {
    pub(super) project: Option<&'n Node>,
    pub(super) state: Option<&'n Node>,
    pub(super) providers: Option<&'n Node>,
    /// Whether settings of providers stand where none are read: what they say is not known then.
    pub(super) settings_misspelt: bool,
    pub(super) variables: Vec<&'n Node>,
    /// Resources outside of stages.
    pub(super) definitions: Vec<&'n Node>,
    pub(super) stages: Vec<StageOutline<'n>>,
}

/// The parts of a stage.
#[derive(Default)]
pub(super) struct StageOutline<'n> {
    pub(super) name: String,
    pub(super) span: Option<Span>,
    pub(super) providers: Option<&'n Node>,
    /// Whether it is changed only by those who name it once more.
    pub(super) protect: Option<&'n Node>,
    pub(super) variables: Vec<&'n Node>,
    pub(super) deploy_services: Vec<&'n Node>,
    pub(super) services: Vec<&'n Node>,
    pub(super) resources: Vec<&'n Node>,
}

impl<'n> Outline<'n> {
    pub(super) fn new(nodes: &'n [Node], kinds: &[&str], found: &mut Vec<Diagnostic>) -> Self {
        let mut outline = Self::default();
        let mut without_stage = StageOutline::default();
        for node in nodes {
            match node.name.text.as_str() {
                "project" => once(&mut outline.project, node, found),
                "state" => once(&mut outline.state, node, found),
                "providers" => once(&mut outline.providers, node, found),
                "variables" => outline.variables.push(node),
                "stage" => outline.stage(node, kinds, found),
                "deploy-services" => without_stage.deploy_services.push(node),
                "service" => without_stage.services.push(node),
                kind if kinds.contains(&kind) => outline.definitions.push(node),
                _ => outline.misplaced(node, misplaced(node, kinds), found),
            }
        }
        if outline.stages.is_empty() {
            let resources = std::mem::take(&mut outline.definitions);
            outline.stages.push(StageOutline {
                name: DEFAULT_STAGE.into(),
                resources,
                ..without_stage
            });
        } else {
            let lost = without_stage
                .deploy_services
                .into_iter()
                .chain(without_stage.services);
            found.extend(lost.map(|node| misplaced(node, kinds)));
        }
        outline
    }

    pub(super) fn stage_names(&self) -> Vec<String> {
        self.stages.iter().map(|stage| stage.name.clone()).collect()
    }

    fn misplaced(&mut self, node: &Node, told: Diagnostic, found: &mut Vec<Diagnostic>) {
        let setting = setting(&node.name.text);
        self.settings_misspelt |= setting.is_some();
        found.push(match setting {
            Some(setting) if setting != PROVIDERS => {
                told.help(format!("write {PROVIDERS} {{ {setting} {{ ... }} }}"))
            }
            _ => told,
        });
    }

    fn stage(&mut self, node: &'n Node, kinds: &[&str], found: &mut Vec<Diagnostic>) {
        let Some((name, span)) = stage_name(node, found) else {
            return;
        };
        if let Some(first) = self
            .stages
            .iter()
            .find(|stage| stage.name == name)
            .and_then(|stage| stage.span)
        {
            let error = Diagnostic::error("flow::duplicate", span, format!("there are two stages `{name}`"));
            return found.push(error.label("again here").related(first, "first here"));
        }
        let mut stage = StageOutline {
            name,
            span: Some(span),
            ..StageOutline::default()
        };
        for node in node.children() {
            match node.name.text.as_str() {
                "providers" => once(&mut stage.providers, node, found),
                "protect" => once(&mut stage.protect, node, found),
                "variables" => stage.variables.push(node),
                "deploy-services" => stage.deploy_services.push(node),
                "service" => stage.services.push(node),
                kind if kinds.contains(&kind) => stage.resources.push(node),
                _ => self.misplaced(node, misplaced_in_stage(node, kinds), found),
            }
        }
        self.stages.push(stage);
    }
}

/// The settings that a node of this name was meant to be: those of a provider, or of all.
fn setting(name: &str) -> Option<String> {
    let schema = providers_schema();
    let fields = schema.get("properties").and_then(serde_json::Value::as_object);
    let names: Vec<String> = fields
        .into_iter()
        .flat_map(|fields| fields.keys())
        .map(|name| kebab(name))
        .collect();
    let known = names.iter().map(String::as_str).chain([PROVIDERS]);
    did_you_mean(name, known).map(str::to_owned)
}

fn stage_name(node: &Node, found: &mut Vec<Diagnostic>) -> Option<(String, Span)> {
    let name = match node.arguments.as_slice() {
        [name] if node.properties.is_empty() => name.literal.text().map(|text| (text.to_owned(), name.span)),
        _ => None,
    };
    if name.is_none() {
        let error = Diagnostic::error("flow::stage", node.head(), "a stage has exactly one name");
        found.push(error.label("write stage \"NAME\" { ... }"));
    }
    name
}

fn once<'n>(slot: &mut Option<&'n Node>, node: &'n Node, found: &mut Vec<Diagnostic>) {
    let Some(first) = slot else {
        *slot = Some(node);
        return;
    };
    let message = format!("`{}` is given twice", node.name.text);
    let error = Diagnostic::error("flow::given_twice", node.name.span, message).label("again here");
    found.push(error.related(first.name.span, "first here"));
}

fn misplaced(node: &Node, kinds: &[&str]) -> Diagnostic {
    let name = node.name.text.as_str();
    if IN_STAGE.contains(&name) {
        let message = format!("`{name}` cannot stand at the top of a file");
        let error = Diagnostic::error("flow::unknown_node", node.name.span, message).label("belongs inside");
        return error.help("put it into a stage, or a service into a service-group".to_owned());
    }
    unknown(node, TOP.iter().chain(kinds).copied())
}

fn misplaced_in_stage(node: &Node, kinds: &[&str]) -> Diagnostic {
    let name = node.name.text.as_str();
    if TOP.contains(&name) {
        let message = format!("`{name}` cannot stand in a stage");
        let error =
            Diagnostic::error("flow::unknown_node", node.name.span, message).label("belongs to the top");
        return error.help("move it out of the stage".to_owned());
    }
    unknown(node, IN_STAGE.iter().chain(kinds).copied())
}

/// A node of a name that nothing has here, with the nearest one of `known`.
pub(super) fn unknown<'k>(node: &Node, known: impl Iterator<Item = &'k str>) -> Diagnostic {
    let name = &node.name.text;
    Diagnostic::error(
        "flow::unknown_node",
        node.name.span,
        format!("there is no node `{name}`"),
    )
    .label("not known here")
    .help(suggestion(name, known))
}
