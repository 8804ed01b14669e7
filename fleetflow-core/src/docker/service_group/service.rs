//! One service of a group, as declared.

#![expect(
    unreachable_pub,
    reason = "the builder's derive makes the mutators methods of a public type"
)]

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

use super::{Build, HealthCheck, Mount, Port};
use crate::model::Input;

/// A service: a container, or several equal ones.
///
/// ```
/// use fleetflow_core::docker::{HealthCheck, Mount, Port, Service};
///
/// let database = Service::builder()
///     .name("db")
///     .image("postgres:17")
///     .port(Port::new(5432, 5432).on([127, 0, 0, 1]))
///     .volume(Mount::volume("data", "/var/lib/postgresql/data"))
///     .env("POSTGRES_PASSWORD", fleetflow_core::model::Input::secret("db-password"))
///     .health_check(HealthCheck::builder().test(["CMD", "pg_isready"]).build())
///     .build();
/// assert_eq!(database.ports[0].container, 5432);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
#[builder(mutators(
    /// With a published port; may be called several times.
    pub fn port(&mut self, port: impl Into<Port>) {
        self.ports.push(port.into());
    }
    /// With a mounted volume or path; may be called several times.
    pub fn volume(&mut self, mount: Mount) {
        self.volumes.push(mount);
    }
    /// With an environment variable; may be called several times.
    pub fn env(&mut self, name: impl Into<String>, value: impl Into<Input<String>>) {
        self.env.insert(name.into(), value.into());
    }
    /// With the variables of a file; may be called several times.
    pub fn env_file(&mut self, path: impl Into<String>) {
        self.env_file.push(path.into());
    }
    /// Started after another service of the group works; may be called several times.
    pub fn depends_on(&mut self, service: impl Into<String>) {
        self.depends_on.push(service.into());
    }
    /// With another command than the image's.
    pub fn command<W: Into<Input<String>>>(&mut self, words: impl IntoIterator<Item = W>) {
        self.command = words.into_iter().map(Into::into).collect();
    }
    /// With another entry point than the image's.
    pub fn entrypoint<W: Into<Input<String>>>(&mut self, words: impl IntoIterator<Item = W>) {
        self.entrypoint = words.into_iter().map(Into::into).collect();
    }
    /// With a label; may be called several times.
    pub fn label(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.labels.insert(name.into(), value.into());
    }
))]
pub struct Service {
    /// Its name; the other services of the group reach it under this name.
    #[schemars(extend("x-format" = "name"))]
    #[builder(setter(into))]
    pub name: String,
    /// The image to run. Either this or `build`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-format" = "image"))]
    #[builder(default, setter(strip_option, into))]
    pub image: Option<String>,
    /// The folder to build the image from. Either this or `image`. The builder's method is `build_from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option, into, suffix = "_from"))]
    pub build: Option<Build>,
    /// Ports that are reached from outside: `8000`, `"8080:80"`, `"127.0.0.1:8080:80/tcp"`.
    #[serde(default, rename = "port", skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub ports: Vec<Port>,
    /// What is mounted: `"data:/data"` for a volume of the group, `"./conf:/etc/app:ro"` for a path.
    #[serde(default, rename = "volume", skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub volumes: Vec<Mount>,
    /// Environment variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("x-aliases" = ["environment"]))]
    #[builder(via_mutators)]
    pub env: BTreeMap<String, Input<String>>,
    /// Files with `NAME=VALUE` lines; `env` wins over them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "paths")]
    #[builder(via_mutators)]
    pub env_file: Vec<String>,
    /// Services of the group that are started, and healthy, before this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub depends_on: Vec<String>,
    /// The command: its words, or a single text that is split as a shell would.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub command: Vec<Input<String>>,
    /// The entry point, in the same forms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub entrypoint: Vec<Input<String>>,
    /// The user inside the container: `1000:1000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option, into))]
    pub user: Option<String>,
    /// The working folder inside the container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option, into))]
    pub workdir: Option<String>,
    /// When the engine starts it again.
    #[serde(default)]
    #[builder(default)]
    pub restart: Restart,
    /// How the engine finds out whether it works; what depends on it waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub health_check: Option<HealthCheck>,
    /// The most memory it may use: `512m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-format" = "bytes"))]
    #[builder(default, setter(strip_option, into))]
    pub memory: Option<String>,
    /// The most processors it may use: 1.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.01, max = 1024.0))]
    #[builder(default, setter(strip_option, into))]
    pub cpus: Option<f64>,
    /// Labels of the container.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[builder(via_mutators)]
    pub labels: BTreeMap<String, String>,
    /// How many equal containers run.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 0, max = 100))]
    #[builder(default = 1)]
    pub replicas: u32,
    /// Where its ports are reached in a swarm: at every server of it, or at those that run the service. Without
    /// `mode "swarm"` a port is always the server's own.
    #[serde(default, skip_serializing_if = "Publish::is_swarm")]
    #[builder(default)]
    pub publish: Publish,
    /// How long it may take to stop before it is killed; 10 s without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-format" = "duration"))]
    #[builder(default, setter(strip_option, into))]
    pub stop_grace_period: Option<String>,
}

/// Where the ports of a swarm's service are reached.
///
/// See <https://docs.docker.com/engine/swarm/services/#publish-ports>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Publish {
    /// At every server of the swarm, which passes requests on to one that runs the service: the swarm's ingress network,
    /// which needs IPVS in the servers' kernels, as all common distributions have it.
    #[default]
    Swarm,
    /// At the servers that run the service only. No two replicas with the same port run on one server, and the old
    /// container of a server stops before the new one starts.
    Server,
}

impl Publish {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    fn is_swarm(&self) -> bool {
        *self == Self::Swarm
    }
}

/// When the engine starts a container again after it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Never: for a task that ends.
    No,
    /// Always, even after it was stopped by hand and the engine started anew.
    Always,
    /// Always, but not after it was stopped by hand.
    #[default]
    UnlessStopped,
    /// After it failed.
    OnFailure,
}

fn paths(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "items": {"type": "string", "x-path": true}})
}

fn one() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_one(replicas: &u32) -> bool {
    *replicas == 1
}
