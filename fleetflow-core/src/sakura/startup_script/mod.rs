//! The kind `startup-script`: a script registered with the account, for people who share it. Declared values only.

#![expect(
    unreachable_pub,
    reason = "the derived builder has each mutator a second time, inside"
)]

mod ops;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

#[cfg(test)]
pub(super) use ops::Row;

use super::mark;
use crate::model::{Address, Output, OutputField, Path, Problem, Provider, Resource};

/// A script that runs at the start of servers, registered with the account.
///
/// ```
/// use fleetflow_core::prelude::*;
///
/// let script = StartupScript::builder().name("swap").content("#!/bin/sh\nfallocate -l 2G /swap\n").build();
/// assert!(Stack::new("shop", "dev").add(script).check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name", "content"]))]
#[builder(mutators(
    /// With one more tag.
    pub fn tag(&mut self, tag: impl Into<String>) {
        self.tags.insert(tag.into());
    }
))]
pub struct StartupScript {
    /// Its name in the stack and in the cloud.
    #[builder(setter(into))]
    #[schemars(extend("x-format" = "name"))]
    name: String,
    /// Who serves it; there is only one.
    #[builder(default, setter(skip))]
    #[serde(default, skip_serializing)]
    #[schemars(extend("enum" = ["sakura-cloud"]))]
    provider: Option<String>,
    /// The script: its text, or the path of its file.
    #[builder(setter(into))]
    #[schemars(extend("x-path" = "or-text"))]
    content: String,
    /// What is in the file of the script; filled in before planning.
    #[builder(default, setter(skip))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    content_digest: Option<String>,
    /// What kind of script it is.
    #[builder(default)]
    #[serde(default)]
    class: ScriptClass,
    /// Tags for people.
    #[builder(via_mutators)]
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("x-aliases" = ["tag"]))]
    tags: BTreeSet<String>,
}

/// What kind of script it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScriptClass {
    /// A shell script.
    #[default]
    Shell,
    /// A cloud-init configuration in YAML.
    CloudConfig,
}

impl StartupScript {
    /// Its id in the cloud.
    pub fn id(&self) -> Output<String> {
        Output::new(&Address::new(Self::KIND, &self.name), "id")
    }
}

impl Resource for StartupScript {
    const KIND: &'static str = "startup-script";
    const PROVIDER: Provider = Provider::SakuraCloud;
    const OUTPUTS: &'static [OutputField] = &[OutputField {
        name: "id",
        value_type: "text",
        doc: "Its id in the cloud",
    }];

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = mark::check_tags(&self.tags);
        if self.content.trim().is_empty() {
            problems.push(Problem::at(Path::root().key("content"), "the script is empty"));
        }
        problems
    }
}
