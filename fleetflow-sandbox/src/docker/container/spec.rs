//! What a client asks of a container, in the API's own shape. Fields the emulation gives no meaning to are kept and given back.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::docker::call::{null_as_default, words};
use crate::docker::image::ImageConfig;

/// `Config`: what runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct Config {
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) hostname: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) user: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) tty: bool,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) env: Environment,
    #[serde(deserialize_with = "words")]
    pub(in crate::docker) cmd: Option<Vec<String>>,
    #[serde(deserialize_with = "words")]
    pub(in crate::docker) entrypoint: Option<Vec<String>>,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) image: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) exposed_ports: BTreeMap<String, Value>,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) volumes: BTreeMap<String, Value>,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) working_dir: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::docker) healthcheck: Option<Healthcheck>,
    #[serde(flatten)]
    pub(in crate::docker) rest: Map<String, Value>,
}

/// `KEY=value` entries. Values are secrets more often than not, so debug output has the names only.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::docker) struct Environment(pub(in crate::docker) Vec<String>);

impl Environment {
    /// The name of an entry.
    pub(in crate::docker) fn name(entry: &str) -> &str {
        entry.split_once('=').map_or(entry, |(name, _)| name)
    }

    /// Adds the entries of `defaults` whose names are not set, in front.
    pub(in crate::docker) fn or(&self, defaults: &Self) -> Self {
        let is_set = |entry: &&String| self.0.iter().any(|own| Self::name(own) == Self::name(entry));
        let inherited = defaults.0.iter().filter(|entry| !is_set(entry)).cloned();
        Self(self.0.iter().cloned().chain(inherited).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.0.iter().map(|entry| Self::name(entry)))
            .finish()
    }
}

/// A health check, in the API's nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct Healthcheck {
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) test: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) interval: i64,
    #[serde(flatten)]
    pub(in crate::docker) rest: Map<String, Value>,
}

/// `HostConfig`: how it is tied to the host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct HostConfig {
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) network_mode: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) binds: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) mounts: Vec<WantedMount>,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) port_bindings: BTreeMap<String, Option<Vec<PortBinding>>>,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) publish_all_ports: bool,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) restart_policy: RestartPolicy,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) auto_remove: bool,
    #[serde(flatten)]
    pub(in crate::docker) rest: Map<String, Value>,
}

/// An entry of `Mounts`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct WantedMount {
    #[serde(rename = "Type", deserialize_with = "null_as_default")]
    pub(in crate::docker) kind: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) source: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) target: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) read_only: bool,
    #[serde(flatten)]
    pub(in crate::docker) rest: Map<String, Value>,
}

/// An address and port on the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct PortBinding {
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) host_ip: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) host_port: String,
}

/// When the engine starts a container again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct RestartPolicy {
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(in crate::docker) maximum_retry_count: i64,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self {
            name: "no".to_owned(),
            maximum_retry_count: 0,
        }
    }
}

impl Config {
    /// Fills in what the image says, the way engines merge the two at creation.
    pub(super) fn inherit(&mut self, image: &ImageConfig) {
        self.env = self.env.or(&image.env);
        if self.entrypoint.as_ref().is_none_or(Vec::is_empty) && self.cmd.as_ref().is_none_or(Vec::is_empty) {
            self.cmd.clone_from(&image.cmd);
        }
        if self.entrypoint.is_none() {
            self.entrypoint.clone_from(&image.entrypoint);
        }
        if self.user.is_empty() {
            self.user.clone_from(&image.user);
        }
        if self.working_dir.is_empty() {
            self.working_dir.clone_from(&image.working_dir);
        }
        if self
            .healthcheck
            .as_ref()
            .is_none_or(|check| check.test.is_empty())
        {
            self.healthcheck = image.healthcheck.clone().or_else(|| self.healthcheck.take());
        }
        keep_own(&mut self.labels, &image.labels);
        keep_own(&mut self.exposed_ports, &image.exposed_ports);
        keep_own(&mut self.volumes, &image.volumes);
        if let Some(signal) = &image.stop_signal {
            self.rest
                .entry("StopSignal")
                .or_insert_with(|| Value::from(signal.as_str()));
        }
    }

    /// The command line: entrypoint and command.
    pub(in crate::docker) fn argv(&self) -> Vec<String> {
        let entrypoint = self.entrypoint.iter().flatten().filter(|word| !word.is_empty());
        entrypoint.chain(self.cmd.iter().flatten()).cloned().collect()
    }
}

fn keep_own<V: Clone>(own: &mut BTreeMap<String, V>, inherited: &BTreeMap<String, V>) {
    for (key, value) in inherited {
        own.entry(key.clone()).or_insert_with(|| value.clone());
    }
}
