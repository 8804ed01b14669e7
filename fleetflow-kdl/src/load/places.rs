//! From core's problems to places: which declaration is meant, and which text of it. It judges nothing itself.

use std::collections::BTreeMap;

use fleetflow_core::model::{Problem, Segment, did_you_mean};
use fleetflow_core::{Address, codes};

use super::flags;
use crate::diagnostic::Diagnostic;
use crate::schema::{kebab, snake};
use crate::source::Span;
use crate::tree::Tree;
use crate::written::Written;

/// Where every declaration of a stage was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    declared: BTreeMap<Address, Written>,
    /// Shown for what concerns the stage as a whole.
    stage: Option<Span>,
}

impl Places {
    pub(super) fn of_stage(stage: Option<Span>) -> Self {
        Self {
            stage,
            ..Self::default()
        }
    }

    pub(super) fn insert(&mut self, address: Address, tree: &Tree) {
        self.declared.insert(address, Written::of(tree));
    }

    pub(super) fn written(&self, address: &Address) -> Option<&Written> {
        self.declared.get(address)
    }

    /// The same, with the field that it is about, for those who know no text.
    pub(super) fn named(&self, diagnostic: Diagnostic) -> Diagnostic {
        let Some(span) = diagnostic.span.filter(|_| diagnostic.problem.is_none()) else {
            return diagnostic;
        };
        let found = self
            .declared
            .iter()
            .find_map(|(address, written)| Some((address, written.path_at(span)?)));
        match found {
            Some((address, path)) => diagnostic.about(address, path),
            None => diagnostic,
        }
    }

    /// The problem at its place; none if that place is already reported.
    pub(super) fn diagnostic(&self, problem: &Problem) -> Option<Diagnostic> {
        let declared = problem
            .address
            .as_ref()
            .and_then(|address| self.declaring(address));
        let Some((address, written)) = declared else {
            let error = Diagnostic::error(problem.registered().name, self.stage, stated(problem));
            return Some(Diagnostic {
                problem: Some(problem.clone().code(problem.registered())),
                ..error.help(problem.help.clone())
            });
        };
        located(written, problem, &format!("in `{address}`"))
    }

    /// The declaration at `address`, or the one that expands to it: `dns.example.jp` for
    /// `dns-record.example.jp/www/A`, `service-group.web` for `container.web/app`.
    fn declaring(&self, address: &Address) -> Option<(&Address, &Written)> {
        if let Some(found) = self.declared.get_key_value(address) {
            return Some(found);
        }
        let ours = |declared: &Address| {
            let rest = address.name().strip_prefix(declared.name())?;
            (rest.is_empty() || rest.starts_with(['/', '-', '.', '@'])).then_some(declared.name().len())
        };
        self.declared
            .iter()
            .filter_map(|(declared, written)| Some((ours(declared)?, declared, written)))
            .max_by_key(|(length, ..)| *length)
            .map(|(_, declared, written)| (declared, written))
    }
}

/// A problem whose address nothing in the file has says which one it is about.
fn stated(problem: &Problem) -> String {
    match &problem.address {
        Some(address) => format!("{address}: {}", problem.message),
        None => problem.message.clone(),
    }
}

/// The problem at its place in its declaration; it stays with it.
pub(super) fn located(written: &Written, problem: &Problem, label: &str) -> Option<Diagnostic> {
    let told = told(written, problem, label)?;
    let problem = Problem {
        code: codes::find(told.code),
        ..problem.clone()
    };
    Some(Diagnostic {
        problem: Some(problem),
        ..told
    })
}

/// The problem at its place in a tree.
pub(super) fn diagnostic_in(tree: &Tree, problem: &Problem, label: &str) -> Option<Diagnostic> {
    told(&Written::of(tree), problem, label)
}

fn told(written: &Written, problem: &Problem, label: &str) -> Option<Diagnostic> {
    let place = written.locate(&problem.path);
    if place.broken || problem.is_unread() || place.elsewhere || is_told_already(written, problem) {
        return None;
    }
    let label = if place.unknown { "not known here" } else { label };
    let code = if place.unknown {
        "flow::unknown_field"
    } else {
        problem.registered().name
    };
    let help = if place.unknown {
        nearest_flag(problem).or(problem.help.clone())
    } else {
        problem.help.clone()
    };
    Some(
        Diagnostic::error(code, place.span, problem.message.clone())
            .label(label)
            .help(help),
    )
}

/// A field whose value is a mistake of its own is missing to core, and has been told.
fn is_told_already(written: &Written, problem: &Problem) -> bool {
    written.locate(problem.subject()).broken
}

/// Core does not know the flags as fields: a misspelt one is ours to recognise.
fn nearest_flag(problem: &Problem) -> Option<String> {
    let [Segment::Key(name)] = problem.path.segments() else {
        return None;
    };
    let taken = problem
        .help
        .as_deref()
        .is_some_and(|help| !help.starts_with("known here"));
    let near = did_you_mean(&snake(name), flags::NAMES).filter(|_| !taken)?;
    Some(format!("did you mean `{}`?", kebab(near)))
}
