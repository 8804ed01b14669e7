//! Cloudflare: the client, and a folder for each kind.

mod account;
mod answer;
mod build;
mod builder;
mod call;
pub mod dns;
pub mod dns_record;
mod files;
mod hosts;
pub mod kv_namespace;
mod multipart;
mod name;
pub mod pages;
mod permission;
pub mod r2_bucket;
mod script;
pub mod worker;
mod zones;

#[cfg(test)]
mod tests;

pub use builder::{CloudflareBuilder, Credentials};
pub use dns::Dns;
pub use kv_namespace::KvNamespace;
pub use pages::Pages;
pub use r2_bucket::R2Bucket;
pub use worker::Worker;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::clouds::Account;
use crate::http::Http;
use crate::veil::Veil;

/// A client of Cloudflare. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cloudflare {
    http: Http,
    /// The headers that say who we are; marked sensitive.
    authorization: http::HeaderMap,
    is_token: bool,
    base: String,
    account: Option<String>,
    discovered: Arc<tokio::sync::OnceCell<Account>>,
    zones: Arc<tokio::sync::Mutex<zones::Seen>>,
    /// The path of the token itself, once it was seen to be good.
    token: Arc<tokio::sync::OnceCell<String>>,
    /// What the credentials were seen to be allowed to do.
    granted: Arc<tokio::sync::Mutex<BTreeSet<permission::Grant>>>,
}

impl Cloudflare {
    /// A client with `credentials`.
    ///
    /// ```
    /// use fleetflow_core::cloudflare::{Cloudflare, Credentials};
    ///
    /// let client = Cloudflare::builder(Credentials::Token("token".into())).build()?;
    /// # Ok::<(), fleetflow_core::Error>(())
    /// ```
    pub fn builder(credentials: Credentials) -> CloudflareBuilder {
        CloudflareBuilder::new(credentials)
    }

    /// What no error tells.
    pub(crate) fn veil(&self) -> &Veil {
        self.http.veil()
    }
}
