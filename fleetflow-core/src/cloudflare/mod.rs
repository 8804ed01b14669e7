//! Cloudflare: the client, and a folder for each kind.

pub mod dns;
pub mod dns_record;
pub mod kv_namespace;
mod name;
pub mod pages;
pub mod r2_bucket;
pub mod worker;

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
}
