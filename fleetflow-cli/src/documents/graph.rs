//! The dependency graph as data: what is declared, what needs what, and what a plan would do about it.

use fleetflow_core::Address;
use fleetflow_core::model::{Related, is_mistaken};
use fleetflow_core::plan::{Action, Plan};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// `fleetflow/graph/v1`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GraphDocument {
    /// The form of this document.
    pub(crate) format: &'static str,
    /// The project.
    pub(crate) project: String,
    /// The stage.
    pub(crate) stage: String,
    /// What is declared, and with a plan also what it removes.
    pub(crate) nodes: Vec<NodeDocument>,
    /// What needs what.
    pub(crate) edges: Vec<EdgeDocument>,
}

/// A resource.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NodeDocument {
    /// Its address.
    pub(crate) address: Address,
    /// Who serves it: `sakura-cloud`, `cloudflare` or `docker`.
    pub(crate) provider: &'static str,
    /// What is worth knowing at a glance: `4 core, 8 GiB`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) detail: String,
    /// What the plan does to it or to its parts; absent without a plan, and where nothing is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<Action>,
}

/// One resource needs another.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct EdgeDocument {
    /// Which one.
    pub(crate) from: Address,
    /// What it needs.
    pub(crate) to: Address,
}

impl GraphDocument {
    pub(crate) fn new((project, stage): (&str, &str), relations: &[Related], plan: Option<&Plan>) -> Self {
        let mut nodes: Vec<_> = relations.iter().map(|related| node(related, plan)).collect();
        nodes.extend(plan.into_iter().flat_map(|plan| removed(plan, relations)));
        let edges = relations.iter().flat_map(|related| {
            let to = |to: &Address| EdgeDocument {
                from: related.declared.address.clone(),
                to: to.clone(),
            };
            related.needs.iter().map(to)
        });
        Self {
            format: "fleetflow/graph/v1",
            project: project.to_owned(),
            stage: stage.to_owned(),
            edges: edges.collect(),
            nodes,
        }
    }
}

fn node(related: &Related, plan: Option<&Plan>) -> NodeDocument {
    let address = &related.declared.address;
    let steps = plan.map(|plan| plan.steps.as_slice()).unwrap_or_default();
    let of_it = steps.iter().filter(|step| {
        step.address == *address || related.parts.contains(&step.address) || runs_in(address, &step.address)
    });
    NodeDocument {
        provider: provider(address),
        detail: detail(address.kind(), &related.declared.spec),
        change: together(of_it.map(|step| step.action)),
        address: address.clone(),
    }
}

/// Whether `part` is what a service group becomes on some engine: `container.web/app/api`.
fn runs_in(group: &Address, part: &Address) -> bool {
    let kinds = ["container", "network", "volume"];
    let of_group = part.name().split('/').nth(1) == Some(group.name());
    group.kind() == "service-group" && kinds.contains(&part.kind()) && of_group
}

/// What several steps do to one thing: parts that come and go change the whole.
fn together(actions: impl Iterator<Item = Action>) -> Option<Action> {
    let mut actions: Vec<_> = actions.filter(|action| *action != Action::Forget).collect();
    actions.dedup();
    match actions.as_slice() {
        [] => None,
        [only] => Some(*only),
        several if several.contains(&Action::Replace) => Some(Action::Replace),
        _ => Some(Action::Update),
    }
}

/// What goes and is a part of nothing that is declared.
fn removed<'p>(plan: &'p Plan, relations: &'p [Related]) -> impl Iterator<Item = NodeDocument> + 'p {
    let declared = |address: &Address| {
        let is_it =
            |related: &Related| related.declared.address == *address || related.parts.contains(address);
        relations.iter().any(is_it)
    };
    let gone = plan
        .steps
        .iter()
        .filter(move |step| step.action == Action::Delete && !declared(&step.address));
    gone.map(|step| NodeDocument {
        provider: provider(&step.address),
        detail: String::new(),
        change: Some(step.action),
        address: step.address.clone(),
    })
}

/// What is said of a value that is not known: a variable is not set.
const UNKNOWN: &str = "?";

fn provider(address: &Address) -> &'static str {
    fleetflow_core::catalog::kind(address.kind()).map_or("", |kind| kind.provider().name())
}

fn detail(kind: &str, spec: &Value) -> String {
    let count = |field: &str, noun: &str| {
        let number = spec.get(field).and_then(Value::as_array).map_or(0, Vec::len);
        crate::show::text::count(number as u64, noun)
    };
    let text = |field: &str| match spec.get(field) {
        Some(value) if is_mistaken(value) => UNKNOWN.to_owned(),
        value => value.and_then(Value::as_str).unwrap_or_default().to_owned(),
    };
    let number = |value: &Value| match is_mistaken(value) {
        true => UNKNOWN.to_owned(),
        false => value.to_string(),
    };
    let plan = |field: &str| number(spec["plan"].get(field).unwrap_or(&spec["plan"]));
    match kind {
        "server" => format!("{} core, {} GiB", plan("core"), plan("memory")),
        "dns" => count("record", "record"),
        "service-group" => count("service", "service"),
        "packet-filter" => count("rule", "rule"),
        "scale" => format!("{} to {}", number(&spec["min"]), number(&spec["max"])),
        "worker" | "pages" => text("source"),
        "r2-bucket" => text("location"),
        _ => String::new(),
    }
}
