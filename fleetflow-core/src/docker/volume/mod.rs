//! The internal kind `volume`: a named volume of a deployed group.

mod ops;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Host;
use crate::model::{Input, OutputField, Provider, Resource};

/// A named volume on an engine. Made by [`deploy`](super::deploy).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The engine it is on.
    pub host: Input<Host>,
    /// Its name there.
    pub name: String,
    /// Its address's name: `SERVER/GROUP/NAME`.
    pub place: String,
}

impl Resource for Volume {
    const KIND: &'static str = "volume";
    const PROVIDER: Provider = Provider::Docker;
    const OUTPUTS: &'static [OutputField] = &[OutputField {
        name: "host",
        value_type: "docker-host",
        doc: "The engine it is on.",
    }];
    const REPLACE_ON: &'static [&'static str] = &["name"];
    const LIVES_IN: Option<&'static str> = Some("host");
    const HOLDS_DATA: Option<&'static str> = Some("the volume's data");

    fn name(&self) -> &str {
        &self.place
    }
}
