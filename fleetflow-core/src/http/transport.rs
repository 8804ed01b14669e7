//! The bottom of the waist: one request out, one answer in. Real sockets by default; tests put their own thing here.

use std::time::Duration;

use futures::future::BoxFuture;

use super::{Body, Request, Response};
use crate::codes;
use crate::error::{Error, Result};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The request was not sent: it surely had no effect.
    #[error("no connection: {0}")]
    NotSent(String),
    /// The request may have arrived, but the answer did not.
    #[error("the answer was lost: {0}")]
    Lost(String),
}

/// Sends requests.
pub trait Transport: Send + Sync {
    /// The answer to `request`, whatever its status.
    fn send<'a>(
        &'a self,
        request: &'a Request,
    ) -> BoxFuture<'a, std::result::Result<Response, TransportError>>;
}

/// HTTP/1.1 and HTTP/2 over TLS or plain TCP, by reqwest.
///
/// Clones share connections and certificates, which take longer to read than many a run.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
    timeout: Duration,
}

impl HttpTransport {
    /// A transport that gives up on an answer after `timeout`.
    pub fn new(user_agent: &str, timeout: Duration) -> Result<Self> {
        reqwest::Client::builder()
            .user_agent(user_agent)
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map(|client| Self { client, timeout })
            .map_err(|error| unmade(&error))
    }

    /// The same that gives up on an answer after `timeout`.
    #[must_use]
    pub fn answer_within(&self, timeout: Duration) -> Self {
        Self {
            client: self.client.clone(),
            timeout,
        }
    }

    async fn exchange(&self, request: &Request) -> std::result::Result<Response, reqwest::Error> {
        let mut builder = self
            .client
            .request(request.method.clone(), &request.url)
            .timeout(self.timeout)
            .headers(request.headers.clone());
        if let Body::Bytes(bytes, media_type) = &request.body {
            builder = builder
                .header(http::header::CONTENT_TYPE, media_type.clone())
                .body(bytes.clone());
        }
        let answer = builder.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok(Response {
            status,
            headers,
            body: answer.bytes().await?,
        })
    }
}

impl Transport for HttpTransport {
    fn send<'a>(
        &'a self,
        request: &'a Request,
    ) -> BoxFuture<'a, std::result::Result<Response, TransportError>> {
        Box::pin(async move {
            self.exchange(request).await.map_err(|error| {
                let never_left = error.is_connect() || error.is_builder();
                let text = root_cause(&error.without_url());
                if never_left {
                    TransportError::NotSent(text)
                } else {
                    TransportError::Lost(text)
                }
            })
        })
    }
}

/// What TLS needs is all that can be missing: a container from scratch has no certificates.
fn unmade(error: &reqwest::Error) -> Error {
    let message = format!("HTTPS cannot be used: {}", root_cause(error));
    Error::of(&codes::NO_AUTHORITIES, message).help(
        "it needs the certificates of the authorities that this machine trusts: install them (`ca-certificates`), \
         or name their file in `SSL_CERT_FILE`",
    )
}

/// The innermost message: "connection refused" says more than "error sending request".
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
