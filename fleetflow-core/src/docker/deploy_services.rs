//! The kind `deploy-services`: groups that are deployed to the local engine, without a server.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ServiceGroup, deploy, is_swarm, ports_of_several};
use crate::codes;
use crate::model::{Address, Declaration, Expansion, Path, Problem, Provider, Resource, did_you_mean};

/// Groups of services that run on the local engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["groups..."]))]
pub struct DeployServices {
    /// What the engine is called in addresses.
    #[serde(default = "local")]
    #[schemars(extend("x-format" = "name"))]
    pub name: String,
    /// The names of the groups.
    pub groups: Vec<String>,
}

impl DeployServices {
    /// The `groups`, on the local engine.
    pub fn locally<G: Into<String>>(groups: impl IntoIterator<Item = G>) -> Self {
        Self {
            name: local(),
            groups: groups.into_iter().map(Into::into).collect(),
        }
    }
}

impl Resource for DeployServices {
    const KIND: &'static str = "deploy-services";
    const PROVIDER: Provider = Provider::Docker;

    fn name(&self) -> &str {
        &self.name
    }

    fn check_in(&self, _: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        let known = around.names(ServiceGroup::KIND);
        let missing = self
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| !around.may_be_called(ServiceGroup::KIND, group));
        let mut problems: Vec<Problem> = missing
            .map(|(index, group)| {
                let message = format!("there is no service-group `{group}`");
                let help = match did_you_mean(group, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("declare it: `service-group \"{group}\" {{ ... }}`"),
                };
                Problem::at(Path::root().key("groups").index(index), message)
                    .code(&codes::SERVICE_GROUP)
                    .help(help)
            })
            .collect();
        problems.extend(swarms(&self.groups, around));
        problems.extend(ports_of_several(
            &self.groups,
            &Path::root().key("groups"),
            around,
        ));
        problems
    }

    fn expand(&self, declared: &Declaration, around: &Expansion<'_>) -> Option<Vec<Declaration>> {
        let groups = self
            .groups
            .iter()
            .filter_map(|group| around.declaration(&Address::new(ServiceGroup::KIND, group)));
        let parts = groups.flat_map(|group| deploy(json!("local"), &self.name, group, around));
        Some(parts.map(|part| part.inherit(declared)).collect())
    }
}

/// A swarm is made of servers: the engine of the machine that runs FleetFlow is not turned into one.
fn swarms(groups: &[String], around: &Expansion<'_>) -> Vec<Problem> {
    let runs_as_one = |group: &str| {
        let declared = around.declaration(&Address::new(ServiceGroup::KIND, group));
        declared.is_some_and(is_swarm)
    };
    let named = groups.iter().enumerate().filter(|(_, group)| runs_as_one(group));
    named
        .map(|(index, group)| {
            let message = format!("`{group}` has the mode `swarm`, which needs servers");
            Problem::at(Path::root().key("groups").index(index), message)
                .help("deploy it to servers, or leave `mode` out of the group")
        })
        .collect()
}

fn local() -> String {
    "local".to_owned()
}
