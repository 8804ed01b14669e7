//! The steps of a run that are still to be begun: which ones are free, and why others are not. It carries nothing out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::calls::batch_of;
use crate::model::Address;
use crate::plan::Step;

/// Steps that wait, and steps that are ready. Its work is linear in steps and dependencies, over a whole run.
pub(super) struct Queue {
    waiting: BTreeMap<Address, Waiting>,
    followers: BTreeMap<Address, Vec<Address>>,
    ready: VecDeque<Step>,
    failed: BTreeSet<Address>,
}

struct Waiting {
    step: Step,
    /// How many steps must be done before.
    blockers: usize,
}

impl Queue {
    /// All of `steps`; those that need no other one are ready.
    pub(super) fn new(steps: &[Step]) -> Self {
        let planned: BTreeSet<&Address> = steps.iter().map(|step| &step.address).collect();
        let mut queue = Self {
            waiting: BTreeMap::new(),
            followers: BTreeMap::new(),
            ready: VecDeque::new(),
            failed: BTreeSet::new(),
        };
        for step in steps {
            let blockers: Vec<_> = step
                .after
                .iter()
                .filter(|before| planned.contains(before))
                .collect();
            if blockers.is_empty() {
                queue.ready.push_back(step.clone());
                continue;
            }
            for before in &blockers {
                let followers = queue.followers.entry((*before).clone()).or_default();
                followers.push(step.address.clone());
            }
            let waiting = Waiting {
                step: step.clone(),
                blockers: blockers.len(),
            };
            queue.waiting.insert(step.address.clone(), waiting);
        }
        queue
    }

    /// The next steps to begin: one, or all ready ones that share its batch.
    pub(super) fn next_group(&mut self) -> Option<Vec<Step>> {
        let first = self.ready.pop_front()?;
        let Some(key) = batch_of(&first) else {
            return Some(vec![first]);
        };
        let (together, rest): (VecDeque<_>, _) = std::mem::take(&mut self.ready)
            .into_iter()
            .partition(|step| batch_of(step).as_ref() == Some(&key));
        self.ready = rest;
        Some(std::iter::once(first).chain(together).collect())
    }

    /// `address` is done: what waited for nothing else is ready.
    pub(super) fn done(&mut self, address: &Address) {
        for follower in self.followers.remove(address).unwrap_or_default() {
            let Some(waiting) = self.waiting.get_mut(&follower) else {
                continue;
            };
            waiting.blockers -= 1;
            if waiting.blockers == 0
                && let Some(free) = self.waiting.remove(&follower)
            {
                self.ready.push_back(free.step);
            }
        }
    }

    /// `address` failed: what waits for it is never begun.
    pub(super) fn failed(&mut self, address: &Address) {
        self.failed.insert(address.clone());
    }

    /// The steps that were not begun, each with the failed step that it waited for, if it was that.
    pub(super) fn left(self) -> Vec<(Address, Option<Address>)> {
        let of = |step: &Step| (step.address.clone(), self.cause(step));
        let mut left: Vec<_> = self.ready.iter().map(of).collect();
        left.extend(self.waiting.values().map(|waiting| of(&waiting.step)));
        left.sort();
        left
    }

    /// The failed step that `step` waits for, directly or through others.
    fn cause(&self, step: &Step) -> Option<Address> {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&Address> = step.after.iter().collect();
        while let Some(before) = next.pop() {
            if self.failed.contains(before) {
                return Some(before.clone());
            }
            if seen.insert(before)
                && let Some(waiting) = self.waiting.get(before)
            {
                next.extend(&waiting.step.after);
            }
        }
        None
    }
}
