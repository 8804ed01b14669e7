//! Container engines: the connection to them, and a folder for each kind.

pub mod container;
mod deploy;
mod deploy_services;
mod engines;
pub(crate) mod formats;
mod host;
mod last_words;
mod logs;
mod look;
mod looking_in;
mod marks;
mod network;
mod runs;
mod service_group;
mod swarm;
mod usage;
mod volume;

pub use container::Container;
pub use deploy::deploy;
pub use deploy_services::DeployServices;
pub use engines::{
    EngineTls, Engines, EnginesBuilder, HostKeys, KeyPair, RegistryLogin, SshConfig, Translate, registry_of,
};
pub use host::{Host, InvalidHost, Place};
pub use logs::in_order;
pub use looking_in::{Command, LogRequest, Output, Pipe, Running};
pub use network::Network;
pub(crate) use service_group::ports_of_several;
pub use service_group::{
    Build, BuildArgument, BuiltOn, HealthCheck, InvalidMount, InvalidPort, Mode, Mount, Port, Protocol,
    Publish, Restart, Service, ServiceGroup, Source,
};
pub use swarm::{Heard, Readiness, Replica, Replicas, Role, Swarm, SwarmNetwork, SwarmNode, SwarmService};
pub(crate) use swarm::{Member, deploy_swarm, is_swarm};
pub use usage::Usage;
pub use volume::Volume;
