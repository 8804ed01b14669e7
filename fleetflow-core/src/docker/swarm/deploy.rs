//! What the groups with `mode "swarm"` stand for on the servers that deploy them. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Readiness, Replicas, Role, SwarmNetwork, SwarmNode, SwarmService};
use crate::docker::{Host, Service, ServiceGroup};
use crate::model::{Address, Declaration, Expansion, Input, Resource as _};

/// A server that takes part in the swarm of its stage.
pub(crate) struct Member<'g> {
    /// The engine: an encoded value of type `docker-host`.
    pub(crate) host: Value,
    /// The server's name.
    pub(crate) name: String,
    /// The groups that it deploys.
    pub(crate) groups: Vec<&'g Declaration>,
}

/// Whether the servers that deploy `group` run it as one swarm.
pub(crate) fn is_swarm(group: &Declaration) -> bool {
    group.spec.get("mode").and_then(Value::as_str) == Some("swarm")
}

/// The nodes, networks and services of the swarm that `members` form.
pub(crate) fn deploy_swarm(members: &[Member<'_>], around: &Expansion<'_>) -> Vec<Declaration> {
    let hosts: Vec<Input<Host>> = members
        .iter()
        .filter_map(|member| serde_json::from_value(member.host.clone()).ok())
        .collect();
    let managers = &hosts[..managers(hosts.len())];
    let nodes = nodes(members, &hosts, managers);
    let nodes_of = |group: &Declaration| -> Vec<Address> {
        let deploys = |member: &&Member<'_>| member.groups.iter().any(|one| one.address == group.address);
        members
            .iter()
            .filter(deploys)
            .map(|member| Address::new(SwarmNode::KIND, member.name.clone()))
            .collect()
    };
    let mut seen = BTreeSet::new();
    let groups = members.iter().flat_map(|member| member.groups.iter().copied());
    let parts: Vec<Declaration> = groups
        .filter(|group| seen.insert(group.address.clone()))
        .flat_map(|group| of_group(group, managers, &nodes_of(group), around))
        .collect();
    nodes.into_iter().chain(parts).collect()
}

/// How many of `nodes` manage the swarm: an odd number, as a majority of them has to be alive; more than five only cost.
fn managers(nodes: usize) -> usize {
    match nodes {
        0 => 0,
        1 | 2 => 1,
        3 | 4 => 3,
        _ => 5,
    }
}

fn nodes(members: &[Member<'_>], hosts: &[Input<Host>], managers: &[Input<Host>]) -> Vec<Declaration> {
    let mut before: Option<Address> = None;
    let node = |(index, (member, host)): (usize, (&Member<'_>, &Input<Host>))| {
        let role = if index < managers.len() {
            Role::Manager
        } else {
            Role::Worker
        };
        let declared = Declaration::from(SwarmNode {
            host: host.clone(),
            managers: managers.to_vec(),
            name: member.name.clone(),
            first: index == 0,
            role,
            groups: member
                .groups
                .iter()
                .map(|group| group.address.name().to_owned())
                .collect(),
            status: Readiness::Ready,
        });
        // One after another: managers join and leave a majority, which two at once could break.
        match before.replace(declared.address.clone()) {
            Some(before) => declared.after(before),
            None => declared,
        }
    };
    members.iter().zip(hosts).enumerate().map(node).collect()
}

fn of_group(
    group: &Declaration,
    managers: &[Input<Host>],
    nodes: &[Address],
    around: &Expansion<'_>,
) -> Vec<Declaration> {
    // Groups are canonical when stacks are expanded.
    let Ok(typed) = group.spec.decode::<ServiceGroup>() else {
        return Vec::new();
    };
    let prefix = format!("{}-{}-{}", around.project(), around.stage(), typed.name);
    let network = Declaration::from(SwarmNetwork {
        managers: managers.to_vec(),
        name: prefix.clone(),
        place: typed.name.clone(),
    });
    let network = nodes.iter().cloned().fold(network, Declaration::after);
    let before = network.address.clone();
    let service = |service: &Service| {
        let declared = Declaration::from(SwarmService {
            managers: managers.to_vec(),
            name: format!("{prefix}-{}", service.name),
            place: format!("{}/{}", typed.name, service.name),
            group: typed.name.clone(),
            network: prefix.clone(),
            service: service.clone(),
            status: Replicas::Running,
        });
        let needs = service
            .depends_on
            .iter()
            .map(|other| Address::new(SwarmService::KIND, format!("{}/{other}", typed.name)));
        needs.fold(declared.after(before.clone()), Declaration::after)
    };
    let services: Vec<Declaration> = typed.services.iter().map(service).collect();
    std::iter::once(network)
        .chain(services)
        .map(|part| part.inherit(group))
        .collect()
}
