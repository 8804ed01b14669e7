//! Cloudflare: the client, and a folder for each kind.

use crate::http::Http;

/// A client of Cloudflare. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cloudflare {
    http: Http,
}
