//! SAKURA Cloud: the client, and a folder for each kind.

mod id;
mod mark;
mod os;
pub mod packet_filter;
pub mod scale;
pub mod server;
pub mod ssh_key;
pub mod startup_script;
pub mod switch;
mod zone;

use crate::http::Http;

pub use id::Id;
pub use packet_filter::{PacketFilter, PacketRule};
pub use scale::Scale;
pub use server::{Commitment, Disk, DiskPlan, DockerHost, Plan, Server, Ssh};
pub use ssh_key::SshKey;
pub use startup_script::StartupScript;
pub use switch::Switch;
pub use zone::ZONES;

/// A client of SAKURA Cloud. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sakura {
    http: Http,
}
