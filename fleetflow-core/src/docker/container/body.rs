//! A container as the engine's API takes it. Pure.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HealthConfig, HostConfig, Mount as Mounted, MountType,
    NetworkingConfig, PortBinding, RestartPolicy, RestartPolicyNameEnum,
};
use serde_json::Value;

use super::Container;
use super::previous::Previous;
use crate::converge::Context;
use crate::docker::{HealthCheck, Mount, Place, Port, Restart, Source, marks};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Input;
use crate::model::format::{bytes, duration};

/// What the body needs besides the declaration.
pub(super) struct Around<'a> {
    pub(super) context: &'a Context,
    /// The variables from files, in their order.
    pub(super) from_files: Vec<(String, String)>,
    /// Volumes without a name that it takes over, by the place where they are mounted.
    pub(super) inherited: &'a BTreeMap<String, String>,
    /// What it takes the place of.
    pub(super) previous: Option<&'a Previous>,
    /// The names under which it is reached from its start.
    pub(super) aliases: Vec<String>,
}

impl Container {
    /// The container as the engine is asked to make it.
    pub(super) fn body(&self, around: &Around<'_>) -> Result<ContainerCreateBody> {
        let health = self.health_check.as_ref().map(|check| health(check, &self.port));
        let grace = self.stop_grace_period.as_deref().map(duration).transpose();
        let grace = grace.map_err(invalid)?;
        Ok(ContainerCreateBody {
            image: Some(self.image.clone()),
            env: Some(self.environment(around)?),
            cmd: words(&self.command)?,
            entrypoint: words(&self.entrypoint)?,
            user: self.user.clone(),
            working_dir: self.workdir.clone(),
            exposed_ports: Some(self.port.iter().map(inside).collect()),
            healthcheck: health.transpose()?,
            labels: Some(self.all_labels(around)?),
            stop_timeout: grace.map(|grace| i64::try_from(grace.as_secs().max(1)).unwrap_or(i64::MAX)),
            host_config: Some(self.host_config(around)?),
            networking_config: Some(NetworkingConfig {
                endpoints_config: Some(HashMap::from([(
                    self.network.clone(),
                    endpoint(around.aliases.clone()),
                )])),
            }),
            ..ContainerCreateBody::default()
        })
    }

    fn host_config(&self, around: &Around<'_>) -> Result<HostConfig> {
        Ok(HostConfig {
            network_mode: Some(self.network.clone()),
            port_bindings: Some(self.bindings()),
            restart_policy: Some(restart(self.restart)),
            memory: memory(self.memory.as_deref())?,
            nano_cpus: self.cpus.map(processors),
            mounts: Some(self.mounts(&around.context.root, around.inherited)),
            ..HostConfig::default()
        })
    }

    fn bindings(&self) -> HashMap<String, Option<Vec<PortBinding>>> {
        let mut bindings: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
        for port in &self.port {
            let binding = PortBinding {
                host_ip: port.host_ip.map(|address| address.to_string()),
                host_port: port.host.map(|port| port.to_string()),
            };
            let entry = bindings.entry(inside(port)).or_default();
            entry.get_or_insert_default().push(binding);
        }
        bindings
    }

    fn mounts(&self, root: &Path, inherited: &BTreeMap<String, String>) -> Vec<Mounted> {
        let declared = self
            .volume
            .iter()
            .filter(|mount| !self.is_sent(mount))
            .map(|mount| at_root(mount, root));
        let taken_over = inherited
            .iter()
            .map(|(target, name)| at_root(&Mount::volume(name, target), root));
        declared.chain(taken_over).collect()
    }

    /// Whether `mount` is a local path of this machine while the engine is on another: then its files are sent.
    pub(super) fn is_sent(&self, mount: &Mount) -> bool {
        let here = self
            .host
            .known()
            .is_some_and(|host| *host.place() == Place::Local);
        matches!(mount.kind(), Source::Relative(_)) && !here
    }

    fn environment(&self, around: &Around<'_>) -> Result<Vec<String>> {
        let mut all: BTreeMap<&str, &str> = around
            .from_files
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        for (name, value) in &self.env {
            all.insert(name, known(value)?);
        }
        Ok(all
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect())
    }

    fn all_labels(&self, around: &Around<'_>) -> Result<HashMap<String, String>> {
        let mut labels: HashMap<String, String> = self.labels.clone().into_iter().collect();
        labels.extend(marks::of(&around.context.owner));
        labels.insert(marks::APPLIED.to_owned(), applied_label(&around.context.applied)?);
        labels.insert(marks::RELEASE.to_owned(), around.context.run.clone());
        let previous = around.previous.and_then(Previous::label);
        labels.extend(previous.map(|label| (marks::PREVIOUS.to_owned(), label)));
        if !around.inherited.is_empty() {
            let names: Vec<&str> = around.inherited.values().map(String::as_str).collect();
            labels.insert(marks::INHERITED.to_owned(), names.join(","));
        }
        Ok(labels)
    }
}

/// The check of a service with `ports`.
pub(in crate::docker) fn health(check: &HealthCheck, ports: &[Port]) -> Result<HealthConfig> {
    Ok(HealthConfig {
        test: Some(check.command(ports)),
        interval: nanoseconds(check.interval.as_deref())?,
        timeout: nanoseconds(check.timeout.as_deref())?,
        retries: check.retries.map(i64::from),
        start_period: nanoseconds(check.start_period.as_deref())?,
        start_interval: None,
    })
}

/// A time in the unit of the API.
pub(in crate::docker) fn nanoseconds(text: Option<&str>) -> Result<Option<i64>> {
    let time = text.map(duration).transpose().map_err(invalid)?;
    Ok(time.and_then(|time| i64::try_from(time.as_nanos()).ok()))
}

/// The most memory, in bytes.
pub(in crate::docker) fn memory(text: Option<&str>) -> Result<Option<i64>> {
    let memory = text.map(bytes).transpose().map_err(invalid)?;
    Ok(memory.map(|memory| i64::try_from(memory).unwrap_or(i64::MAX)))
}

/// The most processors, in billionths of one.
#[expect(
    clippy::cast_possible_truncation,
    reason = "cpus are checked to be at most 1024"
)]
pub(in crate::docker) fn processors(count: f64) -> i64 {
    (count * 1e9).round() as i64
}

fn invalid(text: String) -> Error {
    Error::new(ErrorKind::Invalid, text)
}

/// The declaration as a label. Secrets are markers in it.
pub(super) fn applied_label(applied: &Value) -> Result<String> {
    serde_json::to_string(applied).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            format!("the declaration does not encode: {error}"),
        )
    })
}

/// An attachment to a network, with the names under which the container is reached there.
pub(super) fn endpoint(aliases: Vec<String>) -> EndpointSettings {
    EndpointSettings {
        aliases: Some(aliases),
        ..EndpointSettings::default()
    }
}

fn inside(port: &Port) -> String {
    format!("{}/{}", port.container, port.protocol.name())
}

fn at_root(mount: &Mount, root: &Path) -> Mounted {
    match mount.kind() {
        Source::Volume(name) => mounted(mount, MountType::VOLUME, name.to_owned()),
        Source::Absolute(path) => mounted(mount, MountType::BIND, path.to_owned()),
        Source::Relative(path) => mounted(mount, MountType::BIND, absolute(root, path)),
    }
}

/// `source` where `mount` says.
pub(in crate::docker) fn mounted(mount: &Mount, typ: MountType, source: String) -> Mounted {
    Mounted {
        target: Some(mount.target.clone()),
        source: Some(source),
        typ: Some(typ),
        read_only: Some(mount.read_only),
        ..Mounted::default()
    }
}

/// Engines take absolute paths only, without dots in them.
fn absolute(root: &Path, path: &str) -> String {
    let joined = root.join(path);
    let full = std::path::absolute(&joined).unwrap_or(joined);
    let mut clean = std::path::PathBuf::new();
    for part in full.components() {
        match part {
            std::path::Component::ParentDir => drop(clean.pop()),
            std::path::Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean.to_string_lossy().into_owned()
}

fn restart(restart: Restart) -> RestartPolicy {
    let name = match restart {
        Restart::No => RestartPolicyNameEnum::NO,
        Restart::Always => RestartPolicyNameEnum::ALWAYS,
        Restart::UnlessStopped => RestartPolicyNameEnum::UNLESS_STOPPED,
        Restart::OnFailure => RestartPolicyNameEnum::ON_FAILURE,
    };
    RestartPolicy {
        name: Some(name),
        maximum_retry_count: None,
    }
}

/// The words of a command; none where the image's own is meant.
fn words(words: &[Input<String>]) -> Result<Option<Vec<String>>> {
    if words.is_empty() {
        return Ok(None);
    }
    let words = words.iter().map(|word| known(word).map(str::to_owned));
    words.collect::<Result<_>>().map(Some)
}

/// A value that is known by the time a step is carried out.
pub(super) fn known(input: &Input<String>) -> Result<&str> {
    input.known().map(String::as_str).ok_or_else(|| {
        let message = "a value of the container is not known, or its secret was not given";
        Error::new(ErrorKind::Invalid, message).help("give the secret to the stack")
    })
}
