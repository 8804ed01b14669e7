//! The internal kind `swarm-network`: the network that the services of a group share across the nodes of a swarm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::docker::Host;
use crate::model::{Input, OutputField, Provider, Resource};

/// An overlay network. Made by deploying a group with `mode "swarm"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwarmNetwork {
    /// The engines that manage the swarm.
    pub managers: Vec<Input<Host>>,
    /// Its name in the swarm.
    pub name: String,
    /// Its address's name: the group's.
    pub place: String,
}

impl Resource for SwarmNetwork {
    const KIND: &'static str = "swarm-network";
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
