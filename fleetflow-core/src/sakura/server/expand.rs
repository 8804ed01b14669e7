//! What a declared server stands for: the server itself, its replicas, and what runs on them. Pure.

use serde_json::{Value, json};

use super::{Nic, Server};
use crate::docker;
use crate::model::{Address, Declaration, Expansion, Input, OutputRef, Resource as _};
use crate::sakura::{Id, scale, zone};

/// The servers that `server` stands for, and everything that runs on them.
pub(super) fn expand(server: &Server, declared: &Declaration, around: &Expansion<'_>) -> Vec<Declaration> {
    let mut all = replicas(server, declared, around);
    all.extend(deployments(server, declared, around));
    all.extend(swarm(declared, around));
    all
}

/// The swarm of all servers that deploy a group with `mode "swarm"`: part of the first of them.
fn swarm(declared: &Declaration, around: &Expansion<'_>) -> Vec<Declaration> {
    if swarm_groups(declared, around).is_empty() {
        return Vec::new();
    }
    let mut members = Vec::new();
    for other in around.of_kind(Server::KIND) {
        let groups = swarm_groups(other, around);
        if groups.is_empty() {
            continue;
        }
        if members.is_empty() && other.address != declared.address {
            return Vec::new();
        }
        let names = scale::replicas(around, other.address.name()).into_iter();
        members.extend(names.filter(|name| !around.is_absent(name)).map(|name| {
            let host = json!({ "$ref": Address::new(Server::KIND, &name).output("docker") });
            docker::Member {
                host,
                name,
                groups: groups.clone(),
            }
        }));
    }
    docker::deploy_swarm(&members, around)
}

/// The groups that `server` runs together with others.
fn swarm_groups<'s>(server: &Declaration, around: &Expansion<'s>) -> Vec<&'s Declaration> {
    let named = server.spec.get("deploy_services").and_then(Value::as_array);
    let named = named.into_iter().flatten().filter_map(Value::as_str);
    named
        .filter_map(|group| around.declaration(&Address::new("service-group", group)))
        .filter(|group| docker::is_swarm(group))
        .collect()
}

/// What runs on each replica.
fn deployments(server: &Server, declared: &Declaration, around: &Expansion<'_>) -> Vec<Declaration> {
    let mut all = Vec::new();
    for owner in replicas(server, declared, around) {
        for group in &server.deploy_services {
            let address = Address::new("service-group", group);
            let Some(group) = around.declaration(&address) else {
                continue;
            };
            let host = json!({ "$ref": owner.address.output("docker") });
            let parts = docker::deploy(host, owner.address.name(), group, around);
            all.extend(parts);
        }
    }
    all
}

/// The containers of `server`'s groups on its replica `replica`.
pub(crate) fn services(server: &str, replica: &str, around: &Expansion<'_>) -> Vec<Address> {
    let declared = around.declaration(&Address::new(Server::KIND, server));
    let typed = declared.and_then(|declared| declared.spec.decode::<Server>().ok());
    let groups = typed.map(|server| server.deploy_services).unwrap_or_default();
    let host = json!({ "$ref": Address::new(Server::KIND, replica).output("docker") });
    groups
        .iter()
        .filter_map(|group| around.declaration(&Address::new("service-group", group)))
        .flat_map(|group| docker::deploy(host.clone(), replica, group, around))
        .map(|part| part.address)
        .filter(|address| address.kind() == docker::Container::KIND)
        .collect()
}

/// The servers themselves. The first replica is the declared one, with all its flags.
fn replicas(server: &Server, declared: &Declaration, around: &Expansion<'_>) -> Vec<Declaration> {
    let names = scale::replicas(around, &server.name);
    let of = |(index, name): (usize, String)| {
        let spec = encoded(&replica(server, name.clone(), index, around));
        match index {
            0 => Declaration {
                spec: spec.into(),
                ..declared.clone()
            },
            _ => Declaration {
                replica_of: Some(declared.address.clone()),
                ..Declaration::new(Address::new(Server::KIND, name), spec).inherit(declared)
            },
        }
    };
    let names = names.into_iter().enumerate();
    names
        .filter(|(_, name)| !around.is_absent(name))
        .map(of)
        .collect()
}

fn replica(server: &Server, name: String, index: usize, around: &Expansion<'_>) -> Server {
    let numbered = |hostname: &String| match index {
        0 => hostname.clone(),
        _ => match hostname.split_once('.') {
            Some((host, domain)) => format!("{host}-{}.{domain}", index + 1),
            None => format!("{hostname}-{}", index + 1),
        },
    };
    Server {
        name,
        zone: zone::chosen(server.zone.as_deref(), around),
        hostname: server.hostname.as_ref().map(numbered),
        packet_filter: server
            .packet_filter
            .clone()
            .map(|filter| object("packet-filter", filter)),
        switch: server.switch.clone().map(|switch| object("switch", switch)),
        nic: server.nic.iter().map(|nic| connected(nic, index)).collect(),
        docker: server.docker || !server.deploy_services.is_empty(),
        deploy_services: Vec::new(),
        ..server.clone()
    }
}

fn connected(nic: &Nic, index: usize) -> Nic {
    let mut nic = nic.of_replica(index);
    nic.switch = object("switch", nic.switch);
    nic.packet_filter = nic.packet_filter.map(|filter| object("packet-filter", filter));
    nic
}

/// The name of a declared object as a reference to its id.
fn object(kind: &str, value: Input<String>) -> Input<String> {
    match value.known() {
        Some(name) if name.parse::<Id>().is_err() => {
            let reference: OutputRef = Address::new(kind, name).output("id");
            Input::Reference(reference)
        }
        _ => value,
    }
}

fn encoded(server: &Server) -> Value {
    // A derived `Serialize` of maps with text keys cannot fail; a null would be reported by the decoder.
    serde_json::to_value(server).unwrap_or(Value::Null)
}
