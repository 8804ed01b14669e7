//! The internal kind `swarm-node`: a server's engine as a member of the stage's swarm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::docker::Host;
use crate::model::{Input, OutputField, Provider, Resource};

/// A member of the swarm that the stage's servers form. Made by deploying a group with `mode "swarm"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwarmNode {
    /// The engine that joins.
    pub host: Input<Host>,
    /// The engines that manage the swarm.
    pub managers: Vec<Input<Host>>,
    /// The server's name.
    pub name: String,
    /// Whether it may form the swarm when there is none.
    #[serde(default)]
    pub first: bool,
    /// What it does in the swarm.
    pub role: Role,
    /// The groups whose services it may run.
    pub groups: Vec<String>,
    /// Declared is always that it takes part: one that died differs in this.
    #[serde(default)]
    pub status: Readiness,
}

/// What a node does in its swarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It runs services, and is one of those who decide what runs where.
    Manager,
    /// It runs services.
    Worker,
}

/// What a node is declared to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// It answers, and takes services.
    #[default]
    Ready,
}

impl Resource for SwarmNode {
    const KIND: &'static str = "swarm-node";
    const PROVIDER: Provider = Provider::Docker;
    const OUTPUTS: &'static [OutputField] = &[
        OutputField {
            name: "id",
            value_type: "text",
            doc: "The id of the node in the swarm.",
        },
        OutputField {
            name: "host",
            value_type: "docker-host",
            doc: "The engine that is the node.",
        },
    ];
    const WRITE_ONLY: &'static [&'static str] = &["host", "managers", "first"];

    fn name(&self) -> &str {
        &self.name
    }
}
