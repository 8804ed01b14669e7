//! Which clouds a stage needs: those of what is declared, and those of what is only remembered and is to go.

use std::collections::BTreeSet;

use fleetflow_core::model::{Kind, Provider};
use fleetflow_core::state::State;
use fleetflow_core::{Stack, catalog};
use serde_json::Value;

/// What must be there before anything is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Needs {
    providers: BTreeSet<Provider>,
    /// Whether the engine of this machine is used.
    pub local_engine: bool,
    /// Whether a server relies on our own key.
    pub deploy_key: bool,
}

impl Needs {
    /// What `stack` declares and `state` remembers needs.
    pub fn of(stack: &Stack, state: &State) -> Self {
        let declared = stack
            .declarations()
            .iter()
            .map(|declared| (declared.address.kind(), &declared.spec));
        let remembered = state
            .entries()
            .map(|(address, entry)| (address.kind(), &entry.spec));
        let all: Vec<_> = declared.chain(remembered).collect();
        Self {
            providers: all
                .iter()
                .filter_map(|(kind, _)| catalog::kind(kind))
                .map(Kind::provider)
                .collect(),
            local_engine: all.iter().any(|(kind, spec)| {
                *kind == "deploy-services" || spec["host"] == "local" || builds_here(spec)
            }),
            deploy_key: all
                .iter()
                .any(|(kind, spec)| *kind == "server" && has_no_key(spec)),
        }
    }

    /// Whether anything is served by `provider`.
    pub fn provider(&self, provider: Provider) -> bool {
        self.providers.contains(&provider)
    }
}

/// Whether an image is built on the local engine: for a service of a group, or for a container.
fn builds_here(spec: &Value) -> bool {
    let services = spec["service"].as_array().into_iter().flatten();
    services.chain([spec]).any(|one| one["build"]["on"] == "local")
}

fn has_no_key(server: &Value) -> bool {
    server["ssh_key"].as_array().is_none_or(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use fleetflow_core::prelude::*;
    use fleetflow_core::state::Event;
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn what_is_remembered_needs_its_cloud_as_well() {
        let stack = Stack::new("shop", "dev").add(KvNamespace::builder().name("cache").build());
        let mut state = State::default();
        let alone = Needs::of(&stack, &state);
        assert!(alone.provider(Provider::Cloudflare) && !alone.provider(Provider::SakuraCloud));
        state.apply(&Event::Applied {
            address: Address::new("server", "old"),
            id: "1".to_owned(),
            spec: json!({"name": "old"}).into(),
            outputs: Map::new(),
            record: fleetflow_core::plan::Bookkeeping::default(),
            time: None,
        });
        let both = Needs::of(&stack, &state);
        assert!(both.provider(Provider::SakuraCloud) && both.deploy_key && !both.local_engine);
    }

    #[test]
    fn the_local_engine_is_needed_where_something_runs_on_it() {
        let group = ServiceGroup::builder().name("g").build();
        let stack = Stack::new("shop", "dev").add(group);
        assert!(!Needs::of(&stack, &State::default()).local_engine);
        let stack = stack.add(DeployServices::locally(["g"]));
        assert!(Needs::of(&stack, &State::default()).local_engine);
        let build = fleetflow_core::docker::Build {
            on: fleetflow_core::docker::BuiltOn::Local,
            ..Build::from("./app")
        };
        let service = Service::builder().name("app").build_from(build).build();
        let group = ServiceGroup::builder().name("h").service(service).build();
        let stack = Stack::new("shop", "dev").add(group);
        assert!(
            Needs::of(&stack, &State::default()).local_engine,
            "an image is built on it"
        );
    }
}
