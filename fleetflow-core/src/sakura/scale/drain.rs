//! The gentle end of a replica: its names go first, then whoever still knows them gets time, then its services end what
//! they are at, then it goes. Pure: it rearranges a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Address, Declaration, references};
use crate::plan::graph::{Graph, order};
use crate::plan::{Action, Pause, Plan, Step};

/// What Cloudflare answers to resolvers for a record whose ttl is automatic: 300 s, as octoDNS maps it too (its
/// Cloudflare provider, "Map TTL=1 to 300").
const AUTOMATIC_TTL: u64 = 300;

/// Lets every further replica that `plan` deletes go gently, except those of `absent`, which do no work any more.
///
/// A replica's containers are stopped one by one, within their grace periods, instead of disappearing with it; those that
/// are `silent` disappear with it. The time
/// to wait is that of the names of its first replica, which stay declared: a run that goes on after an interruption
/// finds it too, when the replica's own names are gone already.
pub(crate) fn drain(
    plan: &mut Plan,
    desired: &[Declaration],
    absent: &BTreeSet<String>,
    silent: &BTreeSet<Address>,
) {
    let leaving: Vec<(Address, u64)> = plan
        .steps
        .iter()
        .filter_map(|step| Some((step, first_of(step)?)))
        .filter(|(step, _)| !absent.contains(step.address.name()))
        .filter(|(_, first)| desired.iter().any(|declared| declared.address == *first))
        .map(|(step, first)| (step.address.clone(), time_to_live(&first, desired)))
        .collect();
    for (server, seconds) in &leaving {
        go_gently(&mut plan.steps, server, *seconds, silent);
    }
    if !leaving.is_empty() {
        sort(&mut plan.steps);
    }
}

/// The first replica, where the step deletes a further one.
fn first_of(step: &Step) -> Option<Address> {
    (step.action == Action::Delete)
        .then(|| step.record.replica_of.clone())
        .flatten()
}

/// How long somebody may remember that a name leads to `server`. A proxied name leads to Cloudflare, which knows at once.
fn time_to_live(server: &Address, desired: &[Declaration]) -> u64 {
    let names_it = |declared: &&Declaration| {
        let mut all = references(&declared.spec).into_iter();
        declared.address.kind() == "dns-record" && all.any(|(_, reference)| reference.address == *server)
    };
    let proxied = |declared: &&Declaration| declared.spec.get("proxied") == Some(&Value::Bool(true));
    desired
        .iter()
        .filter(names_it)
        .filter(|declared| !proxied(declared))
        .map(
            |declared| match declared.spec.get("ttl").and_then(Value::as_u64) {
                None | Some(1) => AUTOMATIC_TTL,
                Some(seconds) => seconds,
            },
        )
        .max()
        .unwrap_or(0)
}

fn go_gently(steps: &mut [Step], server: &Address, seconds: u64, silent: &BTreeSet<Address>) {
    let pause = (seconds > 0).then(|| Pause {
        seconds,
        until: format!("no resolver remembers a name of it any more (ttl {seconds} s)"),
    });
    let names: BTreeSet<Address> = steps
        .iter()
        .filter(|step| step.address.kind() == "dns-record" && step.record.depends_on.contains(server))
        .map(|step| step.address.clone())
        .collect();
    let mut services = BTreeSet::new();
    for step in steps.iter_mut() {
        let is_service = step.address.kind() == "container"
            && step.gone_with.as_ref() == Some(server)
            && !silent.contains(&step.address);
        if is_service {
            step.gone_with = None;
            step.after.remove(server);
            step.after.extend(names.iter().cloned());
            step.pause.clone_from(&pause);
            services.insert(step.address.clone());
        }
    }
    if let Some(step) = steps.iter_mut().find(|step| step.address == *server) {
        step.after.extend(names);
        step.pause = pause.filter(|_| services.is_empty());
        step.after.extend(services);
    }
}

/// The steps in an order that fits their new dependencies. They only grew towards what goes last, so there is one.
fn sort(steps: &mut Vec<Step>) {
    let graph: Graph = steps
        .iter()
        .map(|step| (step.address.clone(), step.after.clone()))
        .collect();
    let Ok(order) = order(&graph) else { return };
    let mut by_address: BTreeMap<Address, Step> = std::mem::take(steps)
        .into_iter()
        .map(|step| (step.address.clone(), step))
        .collect();
    steps.extend(order.iter().filter_map(|address| by_address.remove(address)));
}
