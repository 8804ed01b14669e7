//! What a client of Cloudflare is made of. Credentials and endpoint are handed over by the caller; nothing is read.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret as _, SecretString};

use super::Cloudflare;
use crate::codes;
use crate::error::{Error, Result};
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
    transport: Option<HttpTransport>,
}

/// How long an answer may take.
const ANSWER: Duration = Duration::from_mins(2);

impl CloudflareBuilder {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            base: BASE.to_owned(),
            account: None,
            patience: Patience::default(),
            traffic: Arc::default(),
            transport: None,
        }
    }

    /// With another base of the API than the real one, up to `/client/v4`.
    #[must_use]
    pub fn base(mut self, url: impl Into<String>) -> Self {
        self.base = url.into();
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

    /// Through a transport that other clients share, which gives an answer 2 minutes here.
    #[must_use]
    pub fn sharing(self, transport: &HttpTransport) -> Self {
        self.transport(transport.answer_within(ANSWER))
    }

    /// Through this transport; without it, one of its own that gives an answer 2 minutes.
    #[must_use]
    pub fn transport(mut self, transport: HttpTransport) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The client. It sends nothing yet.
    pub fn build(self) -> Result<Cloudflare> {
        let agent = concat!("fleetflow/", env!("CARGO_PKG_VERSION"));
        let transport = match self.transport {
            Some(shared) => shared,
            None => HttpTransport::new(agent, ANSWER)?,
        };
        // 1,200 requests in five minutes are four a second on average (API doc §1.8); bursts are allowed.
        let http = Http::new(transport, Pace::new(4, 600, 16))
            .patience(self.patience)
            .traffic(self.traffic);
        http.veil().hide_credentials([self.credentials.secret()]);
        Ok(Cloudflare {
            http,
            authorization: self.credentials.headers()?,
            is_token: matches!(self.credentials, Credentials::Token(_)),
            base: self.base.trim_end_matches('/').to_owned(),
            account: self.account,
            discovered: Arc::default(),
            zones: Arc::default(),
            token: Arc::default(),
            granted: Arc::default(),
        })
    }
}

impl Credentials {
    /// What opens the account.
    fn secret(&self) -> &SecretString {
        match self {
            Self::Token(secret) | Self::Key { key: secret, .. } => secret,
        }
    }

    /// As headers. Only one family may be sent (API doc §1.2).
    fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        match self {
            Self::Token(token) => {
                let value = format!("Bearer {}", token.expose_secret());
                headers.insert(header::AUTHORIZATION, sensitive(&value, "API token")?);
            }
            Self::Key { email, key } => {
                let names = ["x-auth-email", "x-auth-key"].map(HeaderName::from_static);
                let [email_name, key_name] = names;
                headers.insert(email_name, sensitive(email, "email address")?);
                headers.insert(key_name, sensitive(key.expose_secret(), "API key")?);
            }
        }
        Ok(headers)
    }
}

fn sensitive(value: &str, what: &str) -> Result<HeaderValue> {
    let sent = Some(value).filter(|value| value.is_ascii());
    let sent = sent.and_then(|value| HeaderValue::from_str(value).ok());
    let mut value = sent.ok_or_else(|| {
        let message = format!("the {what} for Cloudflare has a character that cannot be sent");
        Error::of(&codes::BAD_CREDENTIALS, message)
            .help("copy it again: a line break, or an ellipsis from a shortened display, is the usual cause")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
