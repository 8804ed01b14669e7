//! Declarative infrastructure as a library: say what shall be there, and [`Stack::converge`] makes it so.
//!
//! A [`Stack`] holds declarations made by typed builders ([`Server`], [`Dns`], [`R2Bucket`], [`ServiceGroup`]). A
//! [`Plan`](plan::Plan) is the difference between them and the clouds, as data. Converging carries a plan out, and
//! remembers what it did in a [`Store`](state::Store). Nothing here touches the terminal, the process environment, the
//! home folder or the clock, except through what the caller hands over.

pub mod autoscale;
pub mod catalog;
pub mod cloudflare;
mod clouds;
pub mod codes;
pub mod converge;
pub mod docker;
mod error;
pub mod http;
pub mod model;
pub mod plan;
pub mod prelude;
pub mod sakura;
pub mod state;
mod veil;

pub use cloudflare::{Dns, KvNamespace, Pages, R2Bucket, Worker};
pub use clouds::{Account, Cloud, Clouds};
pub use docker::{DeployServices, Service, ServiceGroup};
pub use error::{Error, ErrorKind, Result};
pub use model::{Address, Stack};
pub use sakura::{PacketFilter, Scale, Server, SshKey, StartupScript, Switch};
