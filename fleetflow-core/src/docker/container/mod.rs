//! The internal kind `container`: one container of a service on one engine. Users declare services; deploying a group
//! makes these.

mod before;
pub(in crate::docker) mod body;
mod build;
mod env;
mod files;
mod gate;
mod generations;
pub(in crate::docker) mod image;
mod observe;
mod ops;
mod previous;
mod release;
mod sending;
mod sent;
mod traffic;
pub(crate) mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Build, HealthCheck, Host, Mount, Port, Restart};
use crate::model::{Input, OutputField, Provider, Resource, Rollout};
use crate::plan::{Change, Disruption, Level};

/// A container on an engine. Made by [`deploy`](super::deploy).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// The engine it runs on.
    pub host: Input<Host>,
    /// Its name there.
    pub name: String,
    /// Its address's name: `SERVER/GROUP/SERVICE`.
    pub place: String,
    /// The network it is in.
    pub network: String,
    /// The names under which others in the network reach it.
    pub aliases: Vec<String>,
    /// The image; for a build the name that the result gets.
    pub image: String,
    /// How the image is built, when it is not pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
    /// The digest of everything that is sent to the engine for the build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_digest: Option<String>,
    /// Published ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub port: Vec<Port>,
    /// What is mounted; volumes by their names on the engine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volume: Vec<Mount>,
    /// Whether it is one of several of a service, which run at once. It says nothing of the container itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub several: bool,
    /// The digest of the files behind relative paths among `volume`, where they are copied to a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_digest: Option<String>,
    /// Environment variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, Input<String>>,
    /// Files with more variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env_file: Vec<String>,
    /// A slow, shortened digest of these files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env_file_digest: Option<String>,
    /// The command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<Input<String>>,
    /// The entry point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entrypoint: Vec<Input<String>>,
    /// The user inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The working folder inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workdir: Option<String>,
    /// When it is started again.
    pub restart: Restart,
    /// How its health is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheck>,
    /// The most memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// The most processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<f64>,
    /// The user's labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// How long it may take to stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_grace_period: Option<String>,
    /// What it does. Declared is always that it runs: one that was stopped by hand differs in this.
    #[serde(default)]
    pub status: Status,
}

/// What a container is declared to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It runs, or did its work and ended well where it is not to be started again.
    #[default]
    Running,
}

impl Resource for Container {
    const KIND: &'static str = "container";
    const PROVIDER: Provider = Provider::Docker;
    const OUTPUTS: &'static [OutputField] = &[
        OutputField {
            name: "id",
            value_type: "text",
            doc: "The id that the engine gave it.",
        },
        OutputField {
            name: "image-id",
            value_type: "text",
            doc: "The id of the image it was made from.",
        },
        OutputField {
            name: "host",
            value_type: "docker-host",
            doc: "The engine it runs on.",
        },
    ];
    const LIVES_IN: Option<&'static str> = Some("host");

    fn name(&self) -> &str {
        &self.place
    }

    /// As `Release::switch` will do it. Whether an image has volumes of its own is seen only then.
    fn disruption(changes: &[Change], spec: &serde_json::Value) -> Disruption {
        if !makes_anew(changes) {
            return Disruption::none();
        }
        let has_gap = |spec: &Self| {
            let takes_port = spec.port.iter().any(|port| port.host.is_some());
            let writes = spec.volume.iter().any(|mount| !mount.read_only);
            takes_port || writes && !spec.several
        };
        let told = match Self::deserialize(spec) {
            Ok(spec) if !has_gap(&spec) && spec.several => "restart, without a gap",
            Ok(spec) if !has_gap(&spec) => "restart, without a gap unless the image has volumes of its own",
            _ => "restart, a few seconds without this container",
        };
        Disruption::new(Level::Restart, [told])
    }

    fn deletion() -> Disruption {
        Disruption::new(Level::Replace, ["outage: this container stops for good"])
    }

    /// The group on all its servers.
    fn rollout(name: &str) -> Option<Rollout> {
        let (place, rest) = name.split_once('/')?;
        let (release, _) = rest.split_once('/')?;
        Some(Rollout {
            release: release.to_owned(),
            place: place.to_owned(),
        })
    }

    fn volatile(changes: &[Change], _: &serde_json::Value) -> Vec<&'static str> {
        if makes_anew(changes) {
            vec!["id", "image-id"]
        } else {
            vec!["host"]
        }
    }
}

/// Whether `changes` need a new container. Another way to the same engine, the name, and that it runs do not.
fn makes_anew(changes: &[Change]) -> bool {
    changes
        .iter()
        .any(|change| !matches!(change.field(), "host" | "name" | "status" | "several"))
}
