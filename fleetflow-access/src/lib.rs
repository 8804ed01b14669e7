//! Finds credentials and keys where other tools keep them, for whoever builds clients of clouds. It contacts no cloud, and
//! reads no environment: the caller hands over the variables and the home folder.

pub mod cloudflare;
pub mod docker;
pub mod keys;
mod known_hosts;
mod needs;
pub mod registries;
pub mod sakura;
mod surroundings;
pub mod whole;

pub use keys::DeployKey;
pub use known_hosts::KnownHosts;
pub use needs::Needs;
pub use registries::Registries;
pub use surroundings::Surroundings;
