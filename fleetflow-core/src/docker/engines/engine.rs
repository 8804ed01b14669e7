//! A client of one engine that answered: bollard over our own lines, with counted requests and typed errors.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use bollard::{BollardRequest, ClientVersion, Docker};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::SecretString;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::answer::explain;
use super::line::{Connector, Dialer};
use super::{Counters, Host};
use crate::error::{Error, ErrorKind, Result};
use crate::veil::Veil;

const TRIES: usize = 5;

/// One engine. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Engine {
    docker: Docker,
    host: Host,
    probation: Duration,
    veil: Veil,
}

impl Engine {
    /// The engine behind `dialer`, once it answered.
    pub(super) async fn connect(
        host: Host,
        dialer: Dialer,
        counters: Counters,
        (probation, answer_within): (Duration, Duration),
    ) -> Result<Self> {
        let veil = counters.veil.clone();
        let docker = client(host.to_string(), dialer, counters, answer_within)
            .map_err(|error| explain(error).during("set up the engine's client"))?;
        let docker = docker
            .negotiate_version()
            .await
            .map_err(|error| explain(error).during(format!("ask the engine at {host} for its version")))?;
        Ok(Self {
            docker,
            host,
            probation,
            veil,
        })
    }

    /// Where it is.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// How long a container without a health check has to run until it counts as working.
    pub(crate) fn probation(&self) -> Duration {
        self.probation
    }

    /// From now on no error of the engine's tells `secret`.
    pub(crate) fn hide(&self, secret: Option<String>) {
        self.veil.hide(secret.map(SecretString::from).iter());
    }

    /// The client, for calls that stream.
    pub(crate) fn docker(&self) -> &Docker {
        &self.docker
    }

    /// Makes a call that may be made again: when it surely did not happen, or doing it twice is doing it once.
    pub(crate) async fn repeat<T, F>(&self, operation: &str, call: impl Fn(Docker) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, bollard::errors::Error>>,
    {
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(200))
            .with_max_delay(Duration::from_secs(5))
            .with_max_times(TRIES - 1)
            .with_jitter()
            .build();
        loop {
            let error = match call(self.docker.clone()).await {
                Ok(found) => return Ok(found),
                Err(error) => self.failure(operation, error),
            };
            let pause = pauses.next().filter(|_| error.is_retryable());
            let Some(pause) = pause else { return Err(error) };
            tracing::warn!(%error, ?pause, "another try");
            tokio::time::sleep(pause).await;
        }
    }

    /// Makes a call once. An answer that was lost is an error of kind [`ErrorKind::Ambiguous`].
    pub(crate) async fn once<T, F>(&self, operation: &str, call: impl FnOnce(Docker) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, bollard::errors::Error>>,
    {
        call(self.docker.clone()).await.map_err(|error| {
            let error = self.failure(operation, error);
            match error.kind() {
                ErrorKind::Unavailable => error.with_kind(ErrorKind::Ambiguous),
                _ => error,
            }
        })
    }

    /// The typed form of an engine's error.
    pub(crate) fn failure(&self, operation: &str, error: bollard::errors::Error) -> Error {
        explain(error)
            .during(format!("{operation} on {}", self.host))
            .veiled(&self.veil)
    }
}

/// A bollard client whose requests go through `dialer` to the engine called `name`.
fn client(
    name: String,
    dialer: Dialer,
    counters: Counters,
    answer_within: Duration,
) -> Result<Docker, bollard::errors::Error> {
    let http = Client::builder(TokioExecutor::new())
        .pool_idle_timeout(Duration::from_secs(20))
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(4)
        .build(Connector(dialer));
    let send = move |request: BollardRequest| {
        counters.traffic.count(request.method());
        let span = tracing::debug_span!(
            "request",
            otel.name = %request.method(),
            otel.kind = "client",
            http.request.method = %request.method(),
            url.full = request.uri().path(),
            http.response.status_code = tracing::field::Empty,
        );
        let (method, url) = (
            request.method().clone(),
            format!("{name}{}", request.uri().path()),
        );
        let (sent, traffic) = (http.request(request), Arc::clone(&counters.traffic));
        let began = Instant::now();
        let answer = async move {
            let answer = sent.await;
            let took = began.elapsed();
            traffic.took(took);
            match &answer {
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    tracing::Span::current().record("http.response.status_code", status);
                    tracing::debug!(%method, url, status, ?took, "request");
                }
                Err(error) => tracing::debug!(%method, url, %error, ?took, "request"),
            }
            answer.map_err(bollard::errors::Error::from)
        };
        answer.instrument(span)
    };
    Docker::connect_with_custom_transport(
        send,
        Some("http://docker"),
        answer_within.as_secs().max(1),
        &newest(),
    )
}

/// The newest version we speak; the engine's own is asked for before anything else. It is one newer than bollard's: with 1.54, an
/// engine lets a container keep its hardware address where it is attached anew, and changes nothing that bollard reads
/// (`api/docs/CHANGELOG.md` of moby, "v1.54 API changes").
fn newest() -> ClientVersion {
    ClientVersion {
        major_version: 1,
        minor_version: 54,
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}
