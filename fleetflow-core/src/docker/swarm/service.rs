//! The internal kind `swarm-service`: a service of a group, run by a swarm on whichever of its nodes are alive.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::docker::{Host, Service};
use crate::model::{Input, OutputField, Provider, Resource};

/// A service of a swarm. Made by deploying a group with `mode "swarm"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwarmService {
    /// The engines that manage the swarm.
    pub managers: Vec<Input<Host>>,
    /// Its name in the swarm.
    pub name: String,
    /// Its address's name: `GROUP/SERVICE`.
    pub place: String,
    /// The group, whose nodes run it.
    pub group: String,
    /// The network it is in.
    pub network: String,
    /// What runs.
    pub service: Service,
    /// Declared is always that every replica runs.
    #[serde(default)]
    pub status: Replicas,
}

/// What the replicas of a service are declared to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Replicas {
    /// All of them run.
    #[default]
    Running,
}

impl Resource for SwarmService {
    const KIND: &'static str = "swarm-service";
    const PROVIDER: Provider = Provider::Docker;
    const OUTPUTS: &'static [OutputField] = &[OutputField {
        name: "id",
        value_type: "text",
        doc: "The id that the swarm gave it.",
    }];
    const REPLACE_ON: &'static [&'static str] = &["name"];
    const WRITE_ONLY: &'static [&'static str] = &["managers"];

    fn name(&self) -> &str {
        &self.place
    }
}
