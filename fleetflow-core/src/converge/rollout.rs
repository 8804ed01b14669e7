//! Releases among the steps of a plan: what has to be ready before anything of one is switched, and that places come one
//! after another. Pure; it carries nothing out.

use std::collections::{BTreeMap, BTreeSet};

use super::queue::{Graph, Node, Queue};
use crate::catalog;
use crate::error::Error;
use crate::model::{Address, Rollout};
use crate::plan::{Action, Step, graph};

/// The steps of one release.
#[derive(Default)]
struct Release<'s> {
    /// By place, in the order of the plan.
    places: BTreeMap<Place, Vec<&'s Step>>,
}

/// A place, ordered as people count: `web-2` before `web-10`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    stem: String,
    number: u64,
    name: String,
}

impl From<String> for Place {
    fn from(name: String) -> Self {
        let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
        Self {
            number: name[stem.len()..].parse().unwrap_or_default(),
            stem: stem.to_owned(),
            name,
        }
    }
}

/// What each node of `steps` waits for: the steps with their preparations, and where they meet.
///
/// A plan whose steps would wait for each other then is carried out without releases: in the order of its dependencies.
pub(super) fn arrange(steps: &[Step]) -> Graph {
    let planned: BTreeSet<&Address> = steps.iter().map(|step| &step.address).collect();
    let mut plain = Graph::new();
    for step in steps {
        let before = step.after.iter().filter(|before| planned.contains(before));
        plain.insert(
            Node::Step(step.address.clone()),
            before.cloned().map(Node::Step).collect(),
        );
    }
    let mut arranged = plain.clone();
    for (name, release) in releases(steps) {
        release.arrange(&name, &mut arranged);
    }
    match graph::order(&arranged) {
        Ok(_) => arranged,
        Err(circle) => {
            tracing::warn!(?circle, "a release cannot be prepared as a whole");
            plain
        }
    }
}

/// The release and place of `step`, where it is a part of one. What goes with its server is none: nothing is to be kept.
pub(super) fn part_of(step: &Step) -> Option<Rollout> {
    let released = !matches!(step.action, Action::Forget) && step.gone_with.is_none()
        || matches!(step.action, Action::Replace);
    let kind = catalog::kind(step.address.kind()).filter(|_| released)?;
    kind.rollout(step.address.name())
}

/// Whether the step takes away what serves now, to put something else in its place.
pub(super) fn switches(step: &Step) -> bool {
    matches!(step.action, Action::Update | Action::Adopt | Action::Replace) && step.gone_with.is_none()
}

/// Whether something is made ready for the step before it is begun.
fn prepares(step: &Step) -> bool {
    let changes = match step.action {
        Action::Create | Action::Replace => None,
        Action::Update => Some(step.changes.as_slice()),
        Action::Adopt if !step.changes.is_empty() => Some(step.changes.as_slice()),
        Action::Adopt | Action::Delete | Action::Forget => return false,
    };
    catalog::operations(step.address.kind()).is_some_and(|operations| operations.prepares(changes))
}

/// `error` of `step`, with what of its release is left as it was.
pub(super) fn with_untouched(error: Error, step: &Step, failed: &Node, queue: &Queue) -> Error {
    let Some(part) = part_of(step) else {
        return error;
    };
    let held_back = queue.held_back(step, failed);
    let serving = held_back.into_iter().filter(|other| switches(other));
    let places: BTreeSet<Place> = serving
        .filter_map(|other| Some(part_of(other)?.place.into()))
        .collect();
    let names = |places: &BTreeSet<Place>| {
        let names: Vec<&str> = places.iter().map(|place| place.name.as_str()).collect();
        names.join(", ")
    };
    let own = Place::from(part.place);
    let left = if matches!(failed, Node::Preparation(_)) {
        names(&places)
    } else {
        names(&places.into_iter().filter(|place| *place != own).collect())
    };
    if left.is_empty() {
        return error;
    }
    let release = part.release;
    let message = format!(
        "{}\n(`{release}` was not touched on {left}: what served there serves on)",
        error.message()
    );
    error.saying(message)
}

fn releases(steps: &[Step]) -> BTreeMap<String, Release<'_>> {
    let mut releases: BTreeMap<String, Release<'_>> = BTreeMap::new();
    for step in steps {
        if let Some(Rollout { release, place }) = part_of(step) {
            let places = &mut releases.entry(release).or_default().places;
            places.entry(place.into()).or_default().push(step);
        }
    }
    // Where things are only removed there is nothing to be ready for.
    releases.retain(|_, release| release.places.values().flatten().any(|step| prepares(step)));
    releases
}

impl Release<'_> {
    /// Adds the preparations, and the nodes where they and the places meet, so that the graph stays linear in size.
    fn arrange(&self, name: &str, graph: &mut Graph) {
        let own: BTreeSet<Node> = self
            .places
            .values()
            .flatten()
            .map(|step| Node::Step(step.address.clone()))
            .collect();
        let everywhere = Node::Prepared(name.to_owned(), None);
        graph.insert(everywhere.clone(), BTreeSet::new());
        let mut before: Option<Node> = None;
        for (place, steps) in &self.places {
            let serves = steps.iter().any(|step| switches(step));
            let here = Node::Prepared(name.to_owned(), Some(place.name.clone()));
            let mut prepared = BTreeSet::new();
            for step in steps.iter().filter(|step| prepares(step)) {
                let preparation = Node::Preparation(step.address.clone());
                let needs = graph.get(&Node::Step(step.address.clone())).cloned();
                let needs = needs.unwrap_or_default().difference(&own).cloned().collect();
                graph.insert(preparation.clone(), needs);
                prepared.insert(preparation);
            }
            let mut gates = BTreeSet::from([here.clone()]);
            if serves {
                graph.entry(everywhere.clone()).or_default().insert(here.clone());
                gates.insert(everywhere.clone());
                gates.extend(before.take());
            }
            graph.insert(here, prepared);
            for step in steps {
                let waits = graph.entry(Node::Step(step.address.clone())).or_default();
                waits.extend(gates.iter().cloned());
            }
            if serves {
                let released = Node::Released(name.to_owned(), place.name.clone());
                let all = steps.iter().map(|step| Node::Step(step.address.clone()));
                graph.insert(released.clone(), all.collect());
                before = Some(released);
            }
        }
    }
}
