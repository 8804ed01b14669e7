//! Everything about one container, in the shape of `GET /containers/{name}/json`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::row::{Access, Container, Mount, Published, Status};
use super::{find, health, ports};
use crate::docker::answer::{self, Failure, Outcome, moment};
use crate::docker::call::Call;
use crate::docker::daemon::{Daemon, digest};

pub(super) fn inspect(call: &Call, name: &str) -> Outcome {
    call.daemon(|daemon| answer::ok(describe(find(daemon.engine, name)?, daemon)?))
}

fn describe(container: &Container, daemon: &Daemon<'_>) -> Result<Value, Failure> {
    let argv = container.config.argv();
    let (path, arguments) = argv
        .split_first()
        .map_or(("", &[][..]), |(path, arguments)| (path, arguments));
    Ok(json!({
        "Id": container.id,
        "Created": container.created.to_string(),
        "Path": path,
        "Args": arguments,
        "State": state(container, daemon),
        "Image": container.image_id,
        "Name": format!("/{}", container.name),
        "RestartCount": container.restart_count,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "docker-default",
        "ExecIDs": Value::Null,
        "ResolvConfPath": file(container, "resolv.conf"),
        "HostnamePath": file(container, "hostname"),
        "HostsPath": file(container, "hosts"),
        "LogPath": file(container, "json.log"),
        "HostConfig": wire(&container.host_config)?,
        "Mounts": container.mounts.iter().map(mount).collect::<Vec<_>>(),
        "Config": wire(&container.config)?,
        "NetworkSettings": network_settings(container),
    }))
}

fn file(container: &Container, name: &str) -> String {
    format!("/var/lib/docker/containers/{}/{name}", container.id)
}

fn wire(shape: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(shape)
        .map_err(|error| Failure::internal(format!("cannot describe the container: {error}")))
}

fn state(container: &Container, daemon: &Daemon<'_>) -> Value {
    let run = &container.run;
    let mut state = json!({
        "Status": run.status.as_str(),
        "Running": matches!(run.status, Status::Running | Status::Restarting),
        "Paused": false,
        "Restarting": run.status == Status::Restarting,
        "OOMKilled": false,
        "Dead": false,
        "Pid": pid(container),
        "ExitCode": run.exit_code,
        "Error": run.error,
        "StartedAt": moment(run.started_at),
        "FinishedAt": moment(run.finished_at),
    });
    if let Some(health) = health::describe(container, daemon) {
        state["Health"] = health;
    }
    state
}

/// A process number that follows from the id.
pub(super) fn pid(container: &Container) -> u32 {
    let digits = container
        .id
        .get(..4)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    if container.is_running() {
        1000 + digits.unwrap_or_default()
    } else {
        0
    }
}

/// An entry of `Mounts`.
pub(super) fn mount(mount: &Mount) -> Value {
    let mut value = json!({
        "Type": mount.kind,
        "Source": mount.source,
        "Destination": mount.destination,
        "Mode": mount.mode,
        "RW": mount.access == Access::ReadWrite,
        "Propagation": if mount.kind == "bind" { "rprivate" } else { "" },
    });
    if let Some(volume) = &mount.volume {
        value["Name"] = json!(volume);
        value["Driver"] = json!("local");
    }
    value
}

fn network_settings(container: &Container) -> Value {
    let networks: Map<String, Value> = container
        .attachments
        .iter()
        .map(|(name, one)| (name.clone(), one.describe(container)))
        .collect();
    let sandbox = digest(&["sandbox", &container.id]);
    let bridge = container.attachments.get("bridge");
    let address = bridge
        .and_then(|bridge| bridge.address)
        .map(|address| address.to_string());
    json!({
        "Bridge": "",
        "SandboxID": if container.is_running() { sandbox.as_str() } else { "" },
        "SandboxKey": if container.is_running() { format!("/var/run/docker/netns/{}", &sandbox[..12]) } else { String::new() },
        "Ports": port_map(container),
        "IPAddress": address.unwrap_or_default(),
        "Networks": networks,
    })
}

/// Exposed ports that are not published show as `null`; a container that is down shows none.
fn port_map(container: &Container) -> BTreeMap<String, Value> {
    if !container.is_running() {
        return BTreeMap::new();
    }
    let exposed = container
        .config
        .exposed_ports
        .keys()
        .map(|port| (ports::with_protocol(port), Value::Null));
    let mut map: BTreeMap<String, Value> = exposed.collect();
    for published in &container.run.ports {
        let entry = map.entry(published.container.clone()).or_insert(Value::Null);
        if entry.is_null() {
            *entry = json!([]);
        }
        if let Value::Array(entries) = entry {
            entries.push(binding(published));
        }
    }
    map
}

fn binding(published: &Published) -> Value {
    json!({ "HostIp": published.host_ip, "HostPort": published.host_port.to_string() })
}
