//! What a client of SAKURA Cloud is made of. Credentials and endpoint are handed over by the caller; nothing is read.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::lookup::Lookups;
use super::watch::Watch;
use super::{Sakura, Shared};
use crate::error::Result;
use crate::http::{Http, HttpTransport, Pace, Patience, Traffic};

/// The root of the real API (API doc "URL").
const ROOT: &str = "https://secure.sakura.ad.jp/cloud/zone";

/// Describes a [`Sakura`].
pub struct SakuraBuilder {
    token: SecretString,
    secret: SecretString,
    root: String,
    deploy_key: Option<String>,
    key_source: Option<String>,
    grace: Duration,
    patience: Patience,
    traffic: Arc<Traffic>,
    rate_limit: usize,
    transport: Option<HttpTransport>,
}

/// How long an answer may take, as the official clients (API doc "Retries, timeouts, rate limit").
const ANSWER: Duration = Duration::from_mins(5);

/// How long an operating system may take to shut down: one without a daemon for it never does (API doc "Power").
const GRACE: Duration = Duration::from_mins(2);

/// Requests a second, as the official clients (API doc "Retries, timeouts, rate limit").
const RATE: usize = 5;

impl SakuraBuilder {
    pub(super) fn new(token: SecretString, secret: SecretString) -> Self {
        Self {
            token,
            secret,
            root: ROOT.to_owned(),
            deploy_key: None,
            key_source: None,
            grace: GRACE,
            patience: Patience::default(),
            traffic: Arc::default(),
            rate_limit: RATE,
            transport: None,
        }
    }

    /// With another root of the API than the real one: zones and `/api/cloud/1.1` follow it.
    #[must_use]
    pub fn root(mut self, url: impl Into<String>) -> Self {
        self.root = url.into().trim_end_matches('/').to_owned();
        self
    }

    /// With the public key that is put on servers which declare no key: the caller holds the private one.
    #[must_use]
    pub fn deploy_key(mut self, public_key: impl Into<String>) -> Self {
        self.deploy_key = Some(public_key.into());
        self
    }

    /// With where the API key was found, in words (`the profile work`): it is told when the key is refused.
    #[must_use]
    pub fn key_source(mut self, words: impl Into<String>) -> Self {
        self.key_source = Some(words.into());
        self
    }

    /// With another time than 2 minutes that operating systems get to shut down before the power is cut.
    #[must_use]
    pub const fn grace(mut self, time: Duration) -> Self {
        self.grace = time;
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

    /// With another number of requests a second than the official clients': profiles may say so, emulations need none.
    #[must_use]
    pub fn rate_limit(mut self, requests_a_second: usize) -> Self {
        self.rate_limit = requests_a_second.clamp(1, 1000);
        self
    }

    /// Through a transport that other clients share, which gives an answer 5 minutes here.
    #[must_use]
    pub fn sharing(self, transport: &HttpTransport) -> Self {
        self.transport(transport.answer_within(ANSWER))
    }

    /// Through this transport; without it, one of its own that gives an answer 5 minutes.
    #[must_use]
    pub fn transport(mut self, transport: HttpTransport) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The client. It sends nothing yet.
    pub fn build(self) -> Result<Sakura> {
        let agent = concat!("fleetflow/", env!("CARGO_PKG_VERSION"));
        let transport = match self.transport {
            Some(shared) => shared,
            None => HttpTransport::new(agent, ANSWER)?,
        };
        let http = Http::new(
            transport,
            Pace::new(self.rate_limit, self.rate_limit, self.rate_limit),
        )
        .patience(self.patience)
        .traffic(self.traffic);
        http.veil().hide_credentials([&self.token, &self.secret]);
        Ok(Sakura {
            shared: Arc::new(Shared {
                http,
                watch: Watch::default(),
                lookups: Lookups::default(),
            }),
            token: self.token,
            secret: self.secret,
            root: self.root,
            deploy_key: self.deploy_key,
            key_source: self.key_source,
            grace: self.grace,
        })
    }
}

impl std::fmt::Debug for SakuraBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SakuraBuilder")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}
