//! The names that a stack is written with. Nothing is defined here.

pub use crate::docker::{Build, DeployServices, HealthCheck, Mount, Port, Restart, Service, ServiceGroup};
pub use crate::model::{Address, Declare, Input, Output, Stack};
pub use crate::sakura::packet_filter::{PacketRule, Protocol};
pub use crate::sakura::{Disk, PacketFilter, Plan, Scale, Server, Ssh, SshKey, StartupScript, Switch};
