//! Creating a container: the checks engines make, in their order.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::attach::Audience;
use super::row::{Container, Load, Run};
use super::spec::{Config, HostConfig};
use super::{is_name, mounts, ports};
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::{Call, null_as_default};
use crate::docker::daemon::Daemon;
use crate::docker::image::{self, Image};
use crate::docker::network::Attachment;
use crate::docker::rows::Engine;

#[derive(Deserialize)]
struct Wanted {
    #[serde(rename = "HostConfig", default, deserialize_with = "null_as_default")]
    host_config: HostConfig,
    #[serde(rename = "NetworkingConfig", default, deserialize_with = "null_as_default")]
    networking: Networking,
    #[serde(flatten)]
    config: Config,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Networking {
    #[serde(deserialize_with = "null_as_default")]
    endpoints_config: BTreeMap<String, Option<Map<String, Value>>>,
}

pub(super) fn create(call: &Call) -> Outcome {
    let wanted: Wanted = call.json()?;
    check(&wanted)?;
    let name = call.parameter("name").map(|name| name.trim_start_matches('/'));
    call.daemon(|daemon| {
        let id = place(daemon, name, wanted)?;
        answer::created(json!({ "Id": id, "Warnings": [] }))
    })
}

fn check(wanted: &Wanted) -> Result<(), Failure> {
    let policy = &wanted.host_config.restart_policy;
    match policy.name.as_str() {
        "" | "no" | "always" | "unless-stopped" if policy.maximum_retry_count != 0 => {
            let reason = "maximum retry count can only be used with 'on-failure'";
            return Err(Failure::bad(format!("invalid restart policy: {reason}")));
        }
        "" | "no" | "always" | "unless-stopped" | "on-failure" => {}
        other => {
            let known = "use one of 'no', 'always', 'on-failure', or 'unless-stopped'";
            return Err(Failure::bad(format!(
                "invalid restart policy: unknown policy '{other}'; {known}"
            )));
        }
    }
    if wanted.host_config.auto_remove && !matches!(policy.name.as_str(), "" | "no") {
        return Err(Failure::bad(
            "can't create 'AutoRemove' container with restart policy",
        ));
    }
    ports::check(&wanted.host_config)
}

fn place(daemon: &mut Daemon<'_>, name: Option<&str>, wanted: Wanted) -> Result<String, Failure> {
    let image = image::find(daemon.engine, &wanted.config.image)?.clone();
    let id = daemon.fresh_id("container");
    let name = free_name(daemon.engine, name, &id)?;
    let config = merged(wanted.config, &image, &id)?;
    let host_config = completed(wanted.host_config);
    let attachments = attachments(&host_config, wanted.networking);
    let mounts = mounts::prepare(daemon, &config, &host_config)?;
    let container = Container {
        id: id.clone(),
        name,
        created: daemon.now,
        image_id: image.id,
        config,
        host_config,
        attachments,
        mounts,
        run: Run::default(),
        restart_count: 0,
        logs: Vec::new(),
        files: BTreeMap::new(),
        load: Load::default(),
        audience: Audience::default(),
    };
    daemon.engine.containers.push(container);
    Ok(id)
}

/// The wanted name, or one made from the id.
fn free_name(engine: &Engine, name: Option<&str>, id: &str) -> Result<String, Failure> {
    let Some(name) = name else {
        return Ok(format!("sandbox_{}", answer::short(id)));
    };
    if !is_name(name) {
        let allowed = "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed";
        return Err(Failure::bad(format!(
            "Invalid container name ({name}), {allowed}"
        )));
    }
    claim(engine, name)?;
    Ok(name.to_owned())
}

/// Refuses a name that is taken.
pub(super) fn claim(engine: &Engine, name: &str) -> Result<(), Failure> {
    let Some(holder) = engine.containers.iter().find(|container| container.name == name) else {
        return Ok(());
    };
    Err(Failure::conflict(format!(
        "Conflict. The container name \"/{name}\" is already in use by container \"{}\". You have to remove (or \
         rename) that container to be able to reuse that name.",
        holder.id
    )))
}

fn merged(mut config: Config, image: &Image, id: &str) -> Result<Config, Failure> {
    config.inherit(&image.config);
    if config.argv().is_empty() {
        return Err(Failure::bad("no command specified"));
    }
    if config.hostname.is_empty() {
        config.hostname = answer::short(id);
    }
    Ok(config)
}

fn completed(mut host_config: HostConfig) -> HostConfig {
    if matches!(host_config.network_mode.as_str(), "" | "default") {
        "bridge".clone_into(&mut host_config.network_mode);
    }
    if host_config.restart_policy.name.is_empty() {
        "no".clone_into(&mut host_config.restart_policy.name);
    }
    host_config
}

/// Networks are looked for when the container starts, not here.
fn attachments(host_config: &HostConfig, networking: Networking) -> BTreeMap<String, Attachment> {
    let mode = &host_config.network_mode;
    if mode.starts_with("container:") {
        return BTreeMap::new();
    }
    let wanted = networking.endpoints_config.into_iter();
    let mut attachments: BTreeMap<String, Attachment> = wanted
        .map(|(name, wanted)| (renamed(name), Attachment::wanting(wanted.unwrap_or_default())))
        .collect();
    if attachments.is_empty() {
        attachments.insert(mode.clone(), Attachment::default());
    }
    attachments
}

fn renamed(network: String) -> String {
    if network == "default" {
        "bridge".to_owned()
    } else {
        network
    }
}
