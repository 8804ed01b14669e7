//! How an image is built from a local folder, as declared. It reads no file.

#![expect(
    unreachable_pub,
    reason = "the builder's derive makes the mutators methods of a public type"
)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

use crate::model::Input;

/// An image that is built from a folder on the machine that FleetFlow runs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["context"]))]
#[builder(mutators(
    /// With a build argument.
    pub fn arg(&mut self, name: impl Into<String>, value: impl Into<Input<String>>) {
        self.args.push(BuildArgument { name: name.into(), value: value.into() });
    }
))]
pub struct Build {
    /// The folder that is sent to the engine, without what its `.dockerignore` names.
    #[schemars(extend("x-path" = true))]
    #[builder(setter(into))]
    pub context: String,
    /// The Dockerfile, relative to the folder; `Dockerfile` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option, into))]
    pub dockerfile: Option<String>,
    /// The stage of the Dockerfile to stop at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option, into))]
    pub target: Option<String>,
    /// The platform to build for: `linux/amd64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option, into))]
    pub platform: Option<String>,
    /// Where it is built: on the `server` that runs it, or on the `local` engine, from where the finished image is sent to the
    /// servers, without the layers that they have.
    #[serde(default, skip_serializing_if = "BuiltOn::is_server")]
    #[builder(default)]
    pub on: BuiltOn,
    /// Arguments of the build.
    #[serde(default, rename = "arg", skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub args: Vec<BuildArgument>,
}

/// Where an image is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BuiltOn {
    /// On the engine that runs it.
    #[default]
    Server,
    /// On the local engine.
    Local,
}

impl BuiltOn {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    fn is_server(&self) -> bool {
        *self == Self::Server
    }
}

/// One `ARG` of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name", "value"]))]
pub struct BuildArgument {
    /// Its name.
    pub name: String,
    /// Its value. A secret here stays readable in the history of the image.
    pub value: Input<String>,
}

impl From<&str> for Build {
    fn from(context: &str) -> Self {
        Self::builder().context(context).build()
    }
}
