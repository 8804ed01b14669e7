//! SAKURA Cloud: the client, and a folder for each kind.

mod advice;
mod answer;
mod builder;
mod client;
mod id;
mod identity;
mod look;
mod lookup;
mod mark;
mod os;
pub mod packet_filter;
mod price;
pub mod scale;
pub mod server;
pub mod ssh_key;
pub mod startup_script;
pub mod switch;
mod wait;
mod watch;
mod wire;
pub(crate) mod zone;

use std::sync::Arc;

use secrecy::SecretString;

use crate::http::Http;
use crate::veil::Veil;

pub use builder::SakuraBuilder;
pub use id::Id;
pub use packet_filter::{PacketFilter, PacketRule};
pub use scale::{Metrics, Scale};
pub use server::{Commitment, Disk, DiskPlan, Encryption, Nic, Plan, Server, Ssh};
pub use ssh_key::SshKey;
pub use startup_script::StartupScript;
pub use switch::Switch;
pub use zone::ZONES;

/// A client of SAKURA Cloud. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sakura {
    shared: Arc<Shared>,
    token: SecretString,
    secret: SecretString,
    root: String,
    deploy_key: Option<String>,
    key_source: Option<String>,
    grace: std::time::Duration,
}

/// What clones of a client share.
#[derive(Debug)]
struct Shared {
    http: Http,
    watch: watch::Watch,
    lookups: lookup::Lookups,
}

impl Sakura {
    /// A client that uses an API key: an access token and its secret.
    ///
    /// ```
    /// use fleetflow_core::sakura::Sakura;
    ///
    /// let sakura = Sakura::builder("token".into(), "secret".into()).root("http://127.0.0.1:8080/sakura").build()?;
    /// # Ok::<(), fleetflow_core::Error>(())
    /// ```
    pub fn builder(token: SecretString, secret: SecretString) -> SakuraBuilder {
        SakuraBuilder::new(token, secret)
    }

    /// What no error tells.
    pub(crate) fn veil(&self) -> &Veil {
        self.shared.http.veil()
    }
}

#[cfg(test)]
mod tests;
