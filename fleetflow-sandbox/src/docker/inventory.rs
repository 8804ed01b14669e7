//! What users made in all engines, canonically: no ids and times that another run would give differently, no secrets.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::container::{Access, Container, Environment, Mount};
use super::daemon::digest;
use super::image::Image;
use super::network::{Network, Origin};
use super::rows::{Engine, Rows};
use super::volume::Volume;

/// Engines by what `named` calls them, as keys come from ids. Those nobody left anything in are not there.
pub(super) fn of(rows: &Rows, named: impl Fn(&str) -> String) -> Value {
    let engines = rows
        .engines
        .iter()
        .map(|(key, engine)| (named(key), engine_inventory(engine)));
    let mut engines: Vec<(String, Value)> = engines
        .filter(|(_, inventory)| inventory.as_object().is_some_and(|one| !one.is_empty()))
        .collect();
    // Servers may have the same name. What is in them tells such apart, and not the order they were made in.
    engines.sort_by_cached_key(|(name, inventory)| (name.clone(), inventory.to_string()));
    let mut inventory = Map::new();
    for (name, engine) in engines {
        let again = (2..).map(|number| format!("{name} ({number})"));
        let free = std::iter::once(name.clone()).chain(again);
        let free = free.into_iter().find(|name| !inventory.contains_key(name));
        inventory.insert(free.unwrap_or(name), engine);
    }
    Value::Object(inventory)
}

fn engine_inventory(engine: &Engine) -> Value {
    let networks = engine
        .networks
        .iter()
        .filter(|network| network.origin == Origin::User);
    let parts = [
        (
            "containers",
            sorted(engine.containers.iter().map(|one| container(one, engine))),
        ),
        ("images", sorted(engine.images.iter().map(image))),
        ("networks", sorted(networks.map(network))),
        (
            "volumes",
            sorted(engine.volumes.iter().map(|one| volume(one, engine))),
        ),
    ];
    let full = parts.into_iter().filter(|(_, list)| !list.is_empty());
    Value::Object(
        full.map(|(name, list)| (name.to_owned(), Value::Array(list)))
            .collect(),
    )
}

fn sorted(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut values: Vec<Value> = values.collect();
    values.sort_by_cached_key(Value::to_string);
    values
}

fn container(one: &Container, engine: &Engine) -> Value {
    let ports = one
        .run
        .ports
        .iter()
        .map(|port| format!("{}:{}:{}", port.host_ip, port.host_port, port.container));
    json!({
        "name": one.name,
        "image": one.config.image,
        "image_id": one.image_id,
        "status": one.run.status.as_str(),
        "entrypoint": one.config.entrypoint,
        "command": one.config.cmd,
        "user": one.config.user,
        "working_dir": one.config.working_dir,
        "env": environment(&one.config.env),
        "labels": one.config.labels,
        "restart": one.host_config.restart_policy.name,
        "networks": networks(one),
        "ports": ports.collect::<Vec<_>>(),
        "bindings": one.host_config.port_bindings,
        "mounts": one.mounts.iter().map(|one| mount(one, engine)).collect::<Vec<_>>(),
        "healthcheck": one.config.healthcheck,
        "files": one.files,
    })
}

/// A changed value shows, but not what it is.
fn environment(env: &Environment) -> BTreeMap<&str, String> {
    env.0
        .iter()
        .map(|entry| (Environment::name(entry), digest(&["env", entry])[..16].to_owned()))
        .collect()
}

fn networks(one: &Container) -> Map<String, Value> {
    one.attachments
        .iter()
        .map(|(name, attachment)| {
            (
                name.clone(),
                json!({ "aliases": attachment.wanted.get("Aliases") }),
            )
        })
        .collect()
}

fn mount(one: &Mount, engine: &Engine) -> Value {
    let volume = one.volume.as_deref().map(|name| shown_volume(name, engine));
    let source = if volume.is_some() { None } else { Some(&one.source) };
    json!({
        "type": one.kind,
        "volume": volume,
        "source": source,
        "destination": one.destination,
        "writable": one.access == Access::ReadWrite,
    })
}

/// The name of a volume that has one.
fn shown_volume<'a>(name: &'a str, engine: &Engine) -> &'a str {
    let is_anonymous = engine
        .volumes
        .iter()
        .any(|volume| volume.name == name && volume.is_anonymous());
    if is_anonymous { "anonymous" } else { name }
}

fn image(one: &Image) -> Value {
    json!({ "id": one.id, "tags": one.tags, "digests": one.digests, "labels": one.config.labels })
}

fn network(one: &Network) -> Value {
    json!({
        "name": one.name,
        "driver": one.driver,
        "internal": one.internal,
        "attachable": one.attachable,
        "options": one.options,
        "labels": one.labels,
        "subnet": one.subnet,
    })
}

fn volume(one: &Volume, engine: &Engine) -> Value {
    json!({
        "name": shown_volume(&one.name, engine),
        "driver": one.driver,
        "options": one.options,
        "labels": one.labels,
    })
}
