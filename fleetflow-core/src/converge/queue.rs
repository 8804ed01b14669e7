//! The steps of a run that are still to be begun: which ones are free, and why others are not. It carries nothing out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::calls::batch_of;
use super::rollout::{arrange, part_of};
use crate::model::Address;
use crate::plan::Step;

/// Something that is done in a run, or a point that others wait for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// A step is made ready.
    Preparation(Address),
    /// A step is carried out.
    Step(Address),
    /// Everything of a release is ready: at one place, or at all that serve.
    Prepared(String, Option<String>),
    /// A place has its release.
    Released(String, String),
}

/// What each node comes after.
pub(super) type Graph = BTreeMap<Node, BTreeSet<Node>>;

/// What is begun next.
pub(super) enum Task {
    /// A step is made ready, by itself.
    Prepare(Box<Step>),
    /// Steps are carried out together.
    CarryOut(Vec<Step>),
}

/// Nodes that wait, and steps that are ready. Its work is linear in steps and dependencies, over a whole run.
pub(super) struct Queue {
    /// Those that are not ready.
    steps: BTreeMap<Address, Step>,
    waiting: BTreeMap<Node, Waiting>,
    followers: BTreeMap<Node, Vec<Node>>,
    preparations: VecDeque<Address>,
    ready: VecDeque<Step>,
    failed: BTreeSet<Node>,
}

struct Waiting {
    after: BTreeSet<Node>,
    /// How many nodes must be done before.
    blockers: usize,
}

impl Queue {
    /// All of `steps`; those that need no other one are ready.
    pub(super) fn new(steps: &[Step]) -> Self {
        let mut queue = Self {
            steps: steps
                .iter()
                .map(|step| (step.address.clone(), step.clone()))
                .collect(),
            waiting: BTreeMap::new(),
            followers: BTreeMap::new(),
            preparations: VecDeque::new(),
            ready: VecDeque::new(),
            failed: BTreeSet::new(),
        };
        let mut graph = arrange(steps);
        // In the order of the plan, not of the names.
        let begun = steps.iter().map(|step| Node::Step(step.address.clone()));
        let mut free: Vec<Node> = begun
            .filter(|node| graph.get(node).is_some_and(BTreeSet::is_empty))
            .collect();
        free.iter().for_each(|node| drop(graph.remove(node)));
        for (node, after) in graph {
            if after.is_empty() {
                free.push(node);
                continue;
            }
            for before in &after {
                queue
                    .followers
                    .entry(before.clone())
                    .or_default()
                    .push(node.clone());
            }
            let blockers = after.len();
            queue.waiting.insert(node, Waiting { after, blockers });
        }
        free.into_iter().for_each(|node| queue.free(node));
        queue
    }

    /// What is begun next: a preparation, a step, or all ready steps that share its batch.
    pub(super) fn next(&mut self) -> Option<Task> {
        if let Some(address) = self.preparations.pop_front() {
            return self
                .steps
                .get(&address)
                .cloned()
                .map(|step| Task::Prepare(Box::new(step)));
        }
        let first = self.ready.pop_front()?;
        let Some(key) = batch_of(&first) else {
            return Some(Task::CarryOut(vec![first]));
        };
        let (together, rest): (VecDeque<_>, _) = std::mem::take(&mut self.ready)
            .into_iter()
            .partition(|step| batch_of(step).as_ref() == Some(&key));
        self.ready = rest;
        Some(Task::CarryOut(std::iter::once(first).chain(together).collect()))
    }

    /// `node` is done: what waited for nothing else is ready.
    pub(super) fn done(&mut self, node: &Node) {
        for follower in self.followers.remove(node).unwrap_or_default() {
            let Some(waiting) = self.waiting.get_mut(&follower) else {
                continue;
            };
            waiting.blockers -= 1;
            if waiting.blockers == 0 {
                self.waiting.remove(&follower);
                self.free(follower);
            }
        }
    }

    fn free(&mut self, node: Node) {
        match node {
            Node::Preparation(address) => self.preparations.push_back(address),
            Node::Step(address) => self.ready.extend(self.steps.remove(&address)),
            Node::Prepared(..) | Node::Released(..) => self.done(&node),
        }
    }

    /// `node` failed: what waits for it is never begun.
    pub(super) fn failed(&mut self, node: Node) {
        self.failed.insert(node);
    }

    /// The steps of the release of `step` that wait, now that `failed` did not work: they are never begun.
    pub(super) fn held_back(&self, step: &Step, failed: &Node) -> Vec<&Step> {
        let Some(part) = part_of(step) else {
            return Vec::new();
        };
        let of_release = self.waiting.keys().filter_map(|node| match node {
            Node::Step(address) => self.steps.get(address),
            _ => None,
        });
        of_release
            .filter(|other| part_of(other).is_some_and(|other| other.release == part.release))
            .filter(|other| self.waits_for(&other.address, &|node| node == failed).is_some())
            .collect()
    }

    /// The steps that were not begun, each with the failed step that it waited for, if it was that.
    pub(super) fn left(self) -> Vec<(Address, Option<Address>)> {
        let waiting = self.waiting.keys().filter_map(|node| match node {
            Node::Step(address) => Some(address),
            _ => None,
        });
        let ready = self.ready.iter().map(|step| &step.address);
        let all: BTreeSet<&Address> = waiting.chain(ready).collect();
        let failed = |node: &Node| self.failed.contains(node);
        all.into_iter()
            // Its own preparation failed, which was told.
            .filter(|address| !self.failed.contains(&Node::Preparation((*address).clone())))
            .map(|address| {
                let cause = self.waits_for(address, &failed).and_then(|node| match node {
                    Node::Step(address) | Node::Preparation(address) => Some(address),
                    Node::Prepared(..) | Node::Released(..) => None,
                });
                (address.clone(), cause)
            })
            .collect()
    }

    /// The node that the step at `address` waits for, directly or through others, and of which `wanted` is true.
    fn waits_for(&self, address: &Address, wanted: &dyn Fn(&Node) -> bool) -> Option<Node> {
        let mut seen = BTreeSet::new();
        let step = Node::Step(address.clone());
        let mut next: Vec<&Node> = self.waiting.get(&step)?.after.iter().collect();
        while let Some(before) = next.pop() {
            if wanted(before) {
                return Some(before.clone());
            }
            if seen.insert(before)
                && let Some(waiting) = self.waiting.get(before)
            {
                next.extend(&waiting.after);
            }
        }
        None
    }
}
