//! What a client of Cloudflare is made of. Credentials and endpoint are handed over by the caller; nothing is read.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::Cloudflare;
use crate::error::Result;
use crate::http::{Http, HttpTransport, Pace, Patience, Traffic};

/// The base of the real API (API doc §1.1).
const BASE: &str = "https://api.cloudflare.com/client/v4";

/// How a client proves who it is (API doc §1.2).
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An API token.
    Token(SecretString),
    /// The legacy global key, with the user's email address.
    Key {
        /// The user's email address.
        email: String,
        /// The key.
        key: SecretString,
    },
}

/// Describes a [`Cloudflare`].
#[derive(Debug)]
pub struct CloudflareBuilder {
    credentials: Credentials,
    base: String,
    account: Option<String>,
    patience: Patience,
    traffic: Arc<Traffic>,
}

impl CloudflareBuilder {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            base: BASE.to_owned(),
            account: None,
            patience: Patience::default(),
            traffic: Arc::default(),
        }
    }

    /// With another base of the API than the real one, up to `/client/v4`.
    #[must_use]
    pub fn base(mut self, url: impl Into<String>) -> Self {
        self.base = url.into().trim_end_matches('/').to_owned();
        self
    }

    /// In the account with this id: 32 hexadecimal digits. Without it, the one account that the credentials see.
    #[must_use]
    pub fn account(mut self, id: impl Into<String>) -> Self {
        self.account = Some(id.into());
        self
    }

    /// With another patience.
    #[must_use]
    pub fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// With a counter of requests that other clients share.
    #[must_use]
    pub fn traffic(mut self, traffic: Arc<Traffic>) -> Self {
        self.traffic = traffic;
        self
    }

    /// The client. It sends nothing yet.
    pub fn build(self) -> Result<Cloudflare> {
        let agent = concat!("fleetflow/", env!("CARGO_PKG_VERSION"));
        let transport = HttpTransport::new(agent, Duration::from_mins(2))?;
        // 1,200 requests in five minutes are four a second on average (API doc §1.8); bursts are allowed.
        let http = Http::new(transport, Pace::new(4, 600, 16))
            .patience(self.patience)
            .traffic(self.traffic);
        Ok(Cloudflare {
            http,
            credentials: self.credentials,
            base: self.base,
            account: self.account,
        })
    }
}
