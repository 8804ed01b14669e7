//! The names that a stack is written with. Nothing is defined here.

pub use crate::cloudflare::dns::{CaaTag, Record};
pub use crate::cloudflare::r2_bucket::{Cors, CorsMethod, R2Location};
pub use crate::cloudflare::worker::Binding;
pub use crate::cloudflare::{Dns, KvNamespace, Pages, R2Bucket, Worker};
pub use crate::docker::{Build, DeployServices, HealthCheck, Mount, Port, Restart, Service, ServiceGroup};
pub use crate::model::{Address, Declare, Input, Output, Stack};
pub use crate::sakura::packet_filter::{PacketRule, Protocol};
pub use crate::sakura::{
    Disk, Metrics, Nic, PacketFilter, Plan, Scale, Server, Ssh, SshKey, StartupScript, Switch,
};
