//! Expansion: what stands for several resources (a service group, a zone, a scaled server) becomes those resources.
//! Pure; it runs before planning, so that the planner only sees resources that are carried out one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::suppose::{Instead, holders, of_all};
use super::{Address, Declaration, OutputRef, Parts, Path, Problem, Providers, Stack};
use crate::catalog;
use crate::codes;

/// What a kind may look at while it expands: the other declarations, and the counts that scaling decided on.
pub struct Expansion<'s> {
    stack: &'s Stack,
    all: &'s Stack,
    replicas: &'s BTreeMap<String, u32>,
    absent: Option<&'s BTreeSet<String>>,
}

impl<'s> Expansion<'s> {
    pub(crate) fn new(stack: &'s Stack, replicas: &'s BTreeMap<String, u32>) -> Self {
        Self {
            stack,
            all: stack,
            replicas,
            absent: None,
        }
    }

    /// Among these declarations, of which some are wrong by themselves: they are there, whatever they are.
    pub(crate) fn among(self, all: &'s Stack) -> Self {
        Self { all, ..self }
    }

    /// Without the replicas of these names, for as long as they are made anew.
    pub(crate) fn without(self, absent: &'s BTreeSet<String>) -> Self {
        Self {
            absent: Some(absent),
            ..self
        }
    }

    /// The project's name.
    pub fn project(&self) -> &'s str {
        self.stack.project()
    }

    /// The stage's name.
    pub fn stage(&self) -> &'s str {
        self.stack.stage()
    }

    /// The settings of the providers.
    pub fn providers(&self) -> &'s Providers {
        self.stack.provider_settings()
    }

    /// The declaration at `address`.
    pub fn declaration(&self, address: &Address) -> Option<&'s Declaration> {
        self.stack
            .declarations()
            .iter()
            .find(|declared| declared.address == *address)
    }

    /// Every declaration of `kind`, in the order of the file.
    pub fn of_kind<'k>(&self, kind: &'k str) -> impl Iterator<Item = &'s Declaration> + use<'s, 'k> {
        self.stack
            .declarations()
            .iter()
            .filter(move |declared| declared.address.kind() == kind)
    }

    /// What refers to `output`.
    pub fn referring(&self, output: &OutputRef) -> impl Iterator<Item = &'s Address> {
        self.all.referring(output)
    }

    /// The names of everything of `kind`, of what is wrong by itself as well.
    pub fn names(&self, kind: &str) -> Vec<&'s str> {
        let addresses = self.all.declarations().iter().map(|declared| &declared.address);
        addresses
            .filter(|address| address.kind() == kind)
            .map(Address::name)
            .collect()
    }

    /// Whether something of `kind` may be called `name`: it is declared, or the front end could not read all of that kind.
    pub fn may_be_called(&self, kind: &str, name: &str) -> bool {
        let is_it = |address: &Address| address.kind() == kind && address.name() == name;
        let mut declared = self.all.declarations().iter();
        self.all.unread_kinds().contains(kind) || declared.any(|declared| is_it(&declared.address))
    }

    /// How many replicas of `server` exist now, as far as the state knows.
    pub fn replicas(&self, server: &str) -> Option<u32> {
        self.replicas.get(server).copied()
    }

    /// Whether the replica of this name is left out for now.
    pub fn is_absent(&self, replica: &str) -> bool {
        self.absent.is_some_and(|absent| absent.contains(replica))
    }
}

/// Everything `stack` stands for, in a stable order.
pub(crate) fn expand(
    stack: &Stack,
    replicas: &BTreeMap<String, u32>,
    absent: &BTreeSet<String>,
) -> Result<Vec<Declaration>, Vec<Problem>> {
    if let Some(known) = stack.parts()
        && replicas.is_empty()
        && absent.is_empty()
    {
        return Ok(known.iter().flatten().cloned().collect());
    }
    let around = Expansion::new(stack, replicas).without(absent);
    fitting(stack, &around).map(|parts| parts.into_iter().flatten().collect())
}

/// What each declaration stands for, where they fit together.
fn fitting(stack: &Stack, around: &Expansion<'_>) -> Result<Parts, Vec<Problem>> {
    let mut problems = misfits(stack, around);
    let wrong: BTreeSet<_> = problems
        .iter()
        .filter_map(|problem| problem.address.as_ref())
        .collect();
    let declared = stack.declarations().iter();
    let fit = declared.filter(|declared| !wrong.contains(&declared.address));
    let parts: Parts = fit.map(|declared| stands_for(declared, around)).collect();
    problems.extend(duplicates(&parts));
    if problems.is_empty() {
        Ok(parts)
    } else {
        Err(problems)
    }
}

/// What is carried out for `declared`; itself, where it stands for nothing else.
pub(super) fn stands_for(declared: &Declaration, around: &Expansion<'_>) -> Vec<Declaration> {
    let kind = catalog::kind(declared.address.kind());
    let parts = kind.and_then(|kind| kind.expand(declared, around));
    parts.unwrap_or_else(|| vec![declared.clone()])
}

/// Everything `stack` stands for when nothing is scaled beyond its minimum.
#[cfg(test)]
pub(crate) fn expanded(stack: &Stack) -> Result<Vec<Declaration>, Vec<Problem>> {
    expand(stack, &BTreeMap::new(), &BTreeSet::new())
}

/// What each declaration of `stack` stands for, or what is wrong with them among `all`, as their kinds know it, or between
/// what they stand for.
pub(crate) fn check_in(stack: &Stack, all: &Stack) -> Result<Parts, Vec<Problem>> {
    let replicas = BTreeMap::new();
    fitting(stack, &Expansion::new(stack, &replicas).among(all))
}

/// What is wrong with the declarations among each other, as their kinds know it.
fn misfits(stack: &Stack, around: &Expansion<'_>) -> Vec<Problem> {
    let check = |declared: &Declaration| {
        let kind = catalog::kind(declared.address.kind());
        kind.map(|kind| kind.check_in(declared, around))
            .unwrap_or_default()
    };
    let of = |declared| {
        check(declared)
            .into_iter()
            .map(|problem: Problem| problem.on(&declared.address))
    };
    stack.declarations().iter().flat_map(of).collect()
}

/// What is wrong with a declaration of `all` beside `found`, for which it was refused: what would be wrong with it whatever
/// stood in their places. Only then it does not follow from them.
pub(super) fn beside(
    declared: &Declaration,
    found: &[Problem],
    decoded: &Stack,
    all: &Stack,
) -> Vec<Problem> {
    let Some(kind) = catalog::kind(declared.address.kind()) else {
        return Vec::new();
    };
    let replicas = BTreeMap::new();
    let around = Expansion::new(decoded, &replicas).among(all);
    let wrong = |spec: &Value| {
        let declared = Declaration {
            spec: spec.clone().into(),
            ..declared.clone()
        };
        let among = kind.check_in(&declared, &around).into_iter();
        let told = kind.check(spec).into_iter().chain(among);
        told.map(|problem| problem.on(&declared.address)).collect()
    };
    let supposed = kind.supposed(&declared.spec);
    let mut beside = of_all(&supposed, wrong);
    let misspelt = found
        .iter()
        .filter(|cause| cause.code == Some(&codes::UNKNOWN_FIELD));
    let misspelt = misspelt.map(|cause| &cause.path);
    let causes: BTreeSet<&Path> = found.iter().map(Problem::subject).chain(misspelt).collect();
    beside.retain(|problem| {
        let place = problem.subject();
        !causes.contains(place) && !holders(place).any(|place| causes.contains(&place))
    });
    // Of a text it may be said that nothing is called so: one of the places that could not be read may have said that something is.
    beside.retain(|problem| {
        let text = supposed.first().and_then(|spec| problem.path.of(spec)?.as_str());
        let called = text.and_then(|text| kind.supposed_as(&declared.spec, &|_| Instead::Text(text)));
        called.is_none_or(|spec| wrong(&spec).iter().any(|told| told.key() == problem.key()))
    });
    beside
}

fn duplicates(parts: &Parts) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    parts
        .iter()
        .flatten()
        .filter(|declared| !seen.insert(&declared.address))
        .map(|declared| {
            Problem::at(super::Path::root(), "declared twice")
                .code(&codes::DUPLICATE)
                .on(&declared.address)
        })
        .collect()
}
