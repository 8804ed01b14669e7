//! Docker Swarms: servers joined so that services move on when one of them dies. What single engines run is said elsewhere.
//!
//! ```kdl
//! service-group "shop" mode="swarm" {
//!     service "web" { image "registry.example/web:1"; port 8080; replicas 3 }
//! }
//! server "web" { plan core=2 memory=4; disk size=20 os="ubuntu-24.04"; deploy-services "shop" }
//! scale "web" min=3 max=5
//! ```

mod deploy;
mod failing;
mod joining;
mod leaving;
mod listening;
mod managers;
mod network;
mod network_ops;
mod node;
mod node_ops;
mod nodes;
mod replicas;
mod service;
mod service_ops;
mod spec;
#[cfg(test)]
mod tests;
mod wait;

pub(crate) use deploy::{Member, deploy_swarm, is_swarm};
pub use listening::Heard;
pub use network::SwarmNetwork;
pub use node::{Readiness, Role, SwarmNode};
pub use replicas::{Replica, Swarm};
pub use service::{Replicas, SwarmService};
