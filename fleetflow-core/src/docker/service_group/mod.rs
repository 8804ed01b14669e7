//! The kind `service-group`: services that share a network. A group by itself is a definition; deploying it to an engine
//! makes its network, volumes and containers.

#![expect(
    unreachable_pub,
    reason = "the builder's derive makes the mutators methods of a public type"
)]

mod build;
mod check;
mod health;
mod mount;
mod port;
mod service;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

pub(crate) use check::ports_of_several;

pub use build::{Build, BuildArgument, BuiltOn};
pub use health::HealthCheck;
pub use mount::{InvalidMount, Mount, Source};
pub use port::{InvalidPort, Port, Protocol};
pub use service::{Publish, Restart, Service};

use crate::model::{Declaration, Expansion, Problem, Provider, Resource};

/// Services that are deployed together, share a network, and find each other by name.
///
/// ```
/// use fleetflow_core::{Stack, docker::{DeployServices, Service, ServiceGroup}};
///
/// let group = ServiceGroup::builder()
///     .name("shop")
///     .service(Service::builder().name("web").image("nginx:1.29").port(8080).depends_on("db").build())
///     .service(Service::builder().name("db").image("postgres:17").build())
///     .build();
/// let stack = Stack::new("creo", "local").add(group).add(DeployServices::locally(["shop"]));
/// assert!(stack.check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
#[builder(mutators(
    /// With one more service.
    pub fn service(&mut self, service: Service) {
        self.services.push(service);
    }
    /// With more services.
    pub fn services(&mut self, services: impl IntoIterator<Item = Service>) {
        self.services.extend(services);
    }
))]
pub struct ServiceGroup {
    /// Its name.
    #[schemars(extend("x-format" = "name"))]
    #[builder(setter(into))]
    pub name: String,
    /// Where the services run: on each server that deploys the group, or on a swarm that these servers form.
    #[serde(default, skip_serializing_if = "Mode::is_engine")]
    #[builder(default)]
    pub mode: Mode,
    /// The services.
    #[serde(default, rename = "service")]
    #[builder(via_mutators)]
    pub services: Vec<Service>,
}

/// Where the services of a group run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Every server that deploys the group runs all of it.
    #[default]
    Engine,
    /// The servers that deploy the group form a Docker Swarm, which runs `replicas` of each service in all, and moves
    /// them when a server dies.
    Swarm,
}

impl Mode {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    fn is_engine(&self) -> bool {
        *self == Self::Engine
    }
}

impl Resource for ServiceGroup {
    const KIND: &'static str = "service-group";
    const PROVIDER: Provider = Provider::Docker;

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Vec<Problem> {
        check::check(self)
    }

    fn expand(&self, _: &Declaration, _: &Expansion<'_>) -> Option<Vec<Declaration>> {
        Some(Vec::new())
    }
}
