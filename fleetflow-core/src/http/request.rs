//! Requests and answers as values, owned and complete. Nothing here is sent.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codes;
use crate::error::{Error, ErrorKind, Result};

/// What to do about an answer that nobody expects.
pub(crate) const MAY_HAVE_CHANGED: &str = "report this: the provider's API may have changed";

/// Whether a request that may have had an effect may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Twice is the same as once: reads, deletes, full updates.
    Always,
    /// Twice may be two: a create without a key of ours. Look first.
    LookFirst,
}

/// The body of a request.
#[derive(Clone, Debug, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// Bytes with their media type.
    Bytes(Bytes, HeaderValue),
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// What it is for, to complete "could not ...": `create the server`.
    pub operation: String,
    /// The method.
    pub method: Method,
    /// The whole URL, percent-encoded.
    pub url: String,
    /// Headers. Values that hold credentials are marked sensitive.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// Whether it may be sent twice.
    pub repeat: Repeat,
}

impl Request {
    /// A request without a body. Safe and idempotent methods may be repeated (RFC 9110 section 9.2); `POST` and
    /// `PATCH` may not, unless [`repeatable`](Self::repeatable) says so.
    pub fn new(method: Method, url: impl Into<String>, operation: impl Into<String>) -> Self {
        let repeat = if method.is_idempotent() {
            Repeat::Always
        } else {
            Repeat::LookFirst
        };
        Self {
            operation: operation.into(),
            method,
            url: url.into(),
            headers: HeaderMap::new(),
            body: Body::Empty,
            repeat,
        }
    }

    /// With `value` as a JSON body.
    pub fn json(mut self, value: &impl Serialize) -> Result<Self> {
        let bytes = serde_json::to_vec(value).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                format!("a request could not be encoded: {error}"),
            )
        })?;
        self.body = Body::Bytes(bytes.into(), HeaderValue::from_static("application/json"));
        Ok(self)
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same request, which may be sent twice because a second one finds what the first one did.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeat = Repeat::Always;
        self
    }
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// The body as JSON of the type `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(&self.body)).map_err(
            |error| {
                Error::of(
                    &codes::UNEXPECTED,
                    format!("the answer is not what was expected: {error}"),
                )
                .help(MAY_HAVE_CHANGED)
            },
        )
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `Retry-After` in seconds, or as a date against `Date` (RFC 9110 section 10.2.3).
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        let text = self.header("retry-after")?;
        if let Ok(seconds) = text.trim().parse() {
            return Some(std::time::Duration::from_secs(seconds));
        }
        let at = httpdate::parse_http_date(text).ok()?;
        let now = httpdate::parse_http_date(self.header("date")?).ok()?;
        at.duration_since(now).ok()
    }
}
