//! The internal kind `network`: the network that the services of a deployed group share.

mod ops;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Host;
use crate::model::{Input, OutputField, Provider, Resource};

/// A bridge network on an engine. Made by [`deploy`](super::deploy).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The engine it is on.
    pub host: Input<Host>,
    /// Its name there.
    pub name: String,
    /// Its address's name: `SERVER/GROUP`.
    pub place: String,
}

impl Resource for Network {
    const KIND: &'static str = "network";
    const PROVIDER: Provider = Provider::Docker;
    const OUTPUTS: &'static [OutputField] = &[
        OutputField {
            name: "id",
            value_type: "text",
            doc: "The id that the engine gave it.",
        },
        OutputField {
            name: "host",
            value_type: "docker-host",
            doc: "The engine it is on.",
        },
    ];
    const REPLACE_ON: &'static [&'static str] = &["name"];
    const LIVES_IN: Option<&'static str> = Some("host");

    fn name(&self) -> &str {
        &self.place
    }
}
