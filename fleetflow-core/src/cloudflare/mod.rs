//! Cloudflare: the client, and a folder for each kind.

mod builder;
pub mod dns;
pub mod dns_record;
pub mod kv_namespace;
mod name;
pub mod pages;
pub mod r2_bucket;
pub mod worker;

pub use builder::{CloudflareBuilder, Credentials};
pub use dns::Dns;
pub use kv_namespace::KvNamespace;
pub use pages::Pages;
pub use r2_bucket::R2Bucket;
pub use worker::Worker;

use crate::http::Http;

/// A client of Cloudflare. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cloudflare {
    http: Http,
    credentials: Credentials,
    base: String,
    account: Option<String>,
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

    /// The account that is worked in: asks, so that wrong credentials are told before anything else happens.
    pub async fn account(&self) -> crate::Result<crate::clouds::Account> {
        todo!("the Cloudflare helper writes this")
    }
}
