//! How declarations hang together: what each needs, and what it stands for. Pure, and for looking at only: what is done
//! in which order is the plan's.

use std::collections::{BTreeMap, BTreeSet};

use super::{Address, Declaration, Problem, Stack};
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
        let stack = self.canonical()?;
        let parts = stack.parts().cloned().unwrap_or_default();
        let mut owners: BTreeMap<&Address, &Address> = BTreeMap::new();
        for (declared, parts) in stack.declarations().iter().zip(parts.iter()) {
            for part in parts {
                owners.entry(&part.address).or_insert(&declared.address);
            }
            owners.insert(&declared.address, &declared.address);
        }
        let related = |(declared, parts): (&Declaration, &Vec<Declaration>)| {
            let every = parts.iter().chain([declared]).flat_map(needs);
            let needed = every.filter_map(|address| owners.get(&address).copied());
            let named = named_by(declared, &stack);
            Related {
                declared: declared.clone(),
                parts: parts.iter().map(|part| part.address.clone()).collect(),
                needs: needed
                    .chain(&named)
                    .filter(|address| **address != declared.address)
                    .cloned()
                    .collect(),
            }
        };
        Ok(stack
            .declarations()
            .iter()
            .zip(parts.iter())
            .map(related)
            .collect())
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
