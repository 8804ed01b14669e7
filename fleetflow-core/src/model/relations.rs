//! How declarations hang together: what each needs, and what it stands for. Pure, and for looking at only: what is done
//! in which order is the plan's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expand::stands_for;
use super::partial::Partial;
use super::stack::{Parts, decode};
use super::value::UNREAD;
use super::{Address, Declaration, Expansion, Problem, Stack, fitted};
use crate::catalog;
use crate::plan::needs;

/// A declaration among the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    /// The declaration, in canonical form.
    pub declared: Declaration,
    /// The resources that are carried out for it; itself, where it stands for nothing else.
    pub parts: BTreeSet<Address>,
    /// The declarations that must be there before it.
    pub needs: BTreeSet<Address>,
}

impl Stack {
    /// Every declaration with what it needs, in the order of the file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the stack, as [`check`](Self::check) tells it.
    ///
    /// ```
    /// use fleetflow_core::prelude::*;
    ///
    /// let web = Server::builder().name("web").zone("tk1a").plan(Plan::new(1, 1)).disk(Disk::new(20, "debian-12")).build();
    /// let zone = Dns::builder().zone("example.jp").record(Record::a("www", web.ip())).build();
    /// let relations = Stack::new("shop", "dev").add(web).add(zone).relations().unwrap();
    /// assert_eq!(relations[1].needs.iter().next().unwrap().to_string(), "server.web");
    /// ```
    pub fn relations(&self) -> Result<Vec<Related>, Vec<Problem>> {
        let (stack, unread) = match self.canonical() {
            Ok(stack) => (stack, BTreeMap::new()),
            Err(problems) if problems.iter().all(Problem::is_unread) => self.supposed(&problems),
            Err(problems) => return Err(problems),
        };
        let web = Web::of(&stack);
        let related = |(declared, parts): (&Declaration, &Vec<Declaration>)| {
            let written = unread.get(&declared.address);
            Related {
                needs: web.needs(declared, parts, written),
                // What could not be read is shown as that.
                declared: written.unwrap_or(declared).clone(),
                parts: parts.iter().map(|part| part.address.clone()).collect(),
            }
        };
        let all = stack.declarations().iter().zip(web.parts.iter());
        Ok(all.map(related).collect())
    }

    /// The places that a front end could not read, and that decide on what needs what: what stands there may name another
    /// declaration. None where anything else is wrong with the stack.
    pub fn undecided(&self) -> Vec<Problem> {
        let found = self.check();
        if found.is_empty() || !found.iter().all(Problem::is_unread) {
            return Vec::new();
        }
        let (stack, _) = self.supposed(&found);
        let web = Web::of(&stack);
        let names = stack
            .declarations()
            .iter()
            .map(|declared| declared.address.name());
        let names: BTreeSet<&str> = names.collect();
        let of = |declared: &Declaration| {
            let found = unread_in(declared, &found);
            let partial = Partial::of(declared, &found)?;
            let needs =
                |supposed: &Declaration| web.needs(supposed, &parts_of(supposed, &stack), Some(declared));
            let deciding = partial.deciding(&names, needs);
            Some(deciding.into_iter().cloned().collect::<Vec<_>>())
        };
        let problem = |declared: &Declaration| {
            let places = of(declared).unwrap_or_default().into_iter();
            let problems = places.map(|place| Problem::at(place, UNREAD).on(&declared.address));
            problems.collect::<Vec<_>>()
        };
        self.declarations().iter().flat_map(problem).collect()
    }

    /// The stack in canonical form, with something else in the places that could not be read, of which its `problems` are all;
    /// what was written where there are such places.
    fn supposed(&self, problems: &[Problem]) -> (Self, BTreeMap<Address, Declaration>) {
        let mut unread = BTreeMap::new();
        let mut whole = Vec::new();
        for declared in self.declarations() {
            let found = unread_in(declared, problems);
            let supposed = match Partial::of(declared, &found) {
                Some(partial) => {
                    unread.insert(declared.address.clone(), spelled_out(declared));
                    partial.supposed()
                }
                None => decode(declared).ok(),
            };
            // What cannot even be supposed is there nevertheless.
            whole.push(supposed.unwrap_or_else(|| declared.clone()));
        }
        (self.with(Arc::new(whole)), unread)
    }
}

/// `declared` as far as it can be brought into canonical form.
fn spelled_out(declared: &Declaration) -> Declaration {
    let spec = declared.spec.clone().into_value();
    let kind = catalog::kind(declared.address.kind());
    let spec = match kind {
        Some(kind) => fitted(kind.schema(), spec).0,
        None => spec,
    };
    Declaration {
        spec: spec.into(),
        ..declared.clone()
    }
}

fn unread_in(declared: &Declaration, found: &[Problem]) -> Vec<Problem> {
    let of_it = found
        .iter()
        .filter(|problem| problem.address.as_ref() == Some(&declared.address));
    of_it.cloned().collect()
}

/// The resources that are carried out for `declared`.
fn parts_of(declared: &Declaration, stack: &Stack) -> Vec<Declaration> {
    stands_for(declared, &Expansion::new(stack, &BTreeMap::new()))
}

/// The declarations of a stack, with the parts of each, and whose each part is.
struct Web<'s> {
    stack: &'s Stack,
    parts: Arc<Parts>,
    owners: BTreeMap<Address, &'s Address>,
}

impl<'s> Web<'s> {
    fn of(stack: &'s Stack) -> Self {
        let all = stack.declarations().iter();
        let parts = match stack.parts() {
            Some(known) => Arc::clone(known),
            None => Arc::new(all.map(|declared| parts_of(declared, stack)).collect()),
        };
        let mut owners = BTreeMap::new();
        for (declared, parts) in stack.declarations().iter().zip(parts.iter()) {
            for part in parts {
                owners.entry(part.address.clone()).or_insert(&declared.address);
            }
            owners.insert(declared.address.clone(), &declared.address);
        }
        Self { stack, parts, owners }
    }

    /// The declarations that must be there before `declared`, or before what was `written` of it.
    fn needs(
        &self,
        declared: &Declaration,
        parts: &[Declaration],
        written: Option<&Declaration>,
    ) -> BTreeSet<Address> {
        let every = parts.iter().chain([declared]).chain(written).flat_map(needs);
        let needed = every.filter_map(|address| self.owners.get(&address).copied().cloned());
        needed
            .chain(named_by(declared, self.stack))
            .filter(|address| *address != declared.address)
            .collect()
    }
}

/// Declarations that are named by a field of the name of their kind, or of one that lists groups: what stands for nothing by
/// itself is seen only so.
fn named_by(declared: &Declaration, stack: &Stack) -> Vec<Address> {
    let fields = [
        ("deploy_services", "service-group"),
        ("groups", "service-group"),
        ("server", "server"),
        ("packet_filter", "packet-filter"),
        ("switch", "switch"),
    ];
    let named = fields.iter().flat_map(|(field, kind)| {
        let value = declared.spec.get(field).cloned().unwrap_or_default();
        let names = match value {
            serde_json::Value::Array(names) => names,
            one => vec![one],
        };
        names
            .into_iter()
            .filter_map(|name| Some(Address::new(*kind, name.as_str()?)))
            .collect::<Vec<_>>()
    });
    named
        .filter(|address| {
            stack
                .declarations()
                .iter()
                .any(|declared| declared.address == *address)
        })
        .collect()
}
