//! The narrow waist of every call to a cloud: pace, retry, count, trace. It knows no cloud; each cloud says what its
//! answers mean.

mod pace;
mod request;
mod transport;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tracing::Instrument as _;

pub use pace::Pace;
pub(crate) use request::MAY_HAVE_CHANGED;
pub use request::{Body, Repeat, Request, Response};
pub use transport::{HttpTransport, Transport, TransportError};

use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::veil::Veil;

/// What a cloud says an answer means.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The request did what it should.
    Success,
    /// It surely had no effect, and another try may succeed: a rate limit, a lock.
    NotNow(Error),
    /// It failed on the way; it may have had an effect: a gateway's time-out, an internal error.
    Unclear(Error),
    /// It was refused for good.
    Refused(Error),
}

/// How often and how long requests are tried.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How many times at most, the first try included.
    pub tries: usize,
    /// The first pause; it doubles from try to try.
    pub first_pause: Duration,
    /// The longest pause, unless the provider asks for more.
    pub longest_pause: Duration,
    /// The longest pause that a provider may ask for.
    pub longest_asked: Duration,
}

impl Default for Patience {
    /// Ten tries, from 200 ms to 20 s apart; up to 5 minutes where a provider asks for it.
    fn default() -> Self {
        Self {
            tries: 10,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(20),
            longest_asked: Duration::from_secs(300),
        }
    }
}

/// A counter of requests, shared by all clients of a run.
#[derive(Debug, Default)]
pub struct Traffic {
    reads: AtomicU64,
    writes: AtomicU64,
    microseconds: AtomicU64,
}

impl Traffic {
    /// Requests that only read, so far; each try counts.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// Requests that may write, so far; each try counts.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// How long answers were waited for, so far: the sum over all tries.
    pub fn time(&self) -> Duration {
        Duration::from_micros(self.microseconds.load(Ordering::Relaxed))
    }

    pub(crate) fn took(&self, time: Duration) {
        let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    pub(crate) fn count(&self, method: &http::Method) {
        let counter = if method.is_safe() {
            &self.reads
        } else {
            &self.writes
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// A client of one cloud. Cheap to clone; clones share pace and counters.
#[derive(Clone)]
pub struct Http {
    transport: Arc<dyn Transport>,
    pace: Arc<Pace>,
    patience: Patience,
    traffic: Arc<Traffic>,
    veil: Veil,
}

impl Http {
    /// A client that sends through `transport` at `pace`.
    pub fn new(transport: impl Transport + 'static, pace: Pace) -> Self {
        Self {
            transport: Arc::new(transport),
            pace: Arc::new(pace),
            patience: Patience::default(),
            traffic: Arc::new(Traffic::default()),
            veil: Veil::default(),
        }
    }

    /// With another patience.
    #[must_use]
    pub fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// With a counter that others share.
    #[must_use]
    pub fn traffic(mut self, traffic: Arc<Traffic>) -> Self {
        self.traffic = traffic;
        self
    }

    /// What no error tells, whatever the cloud's answer quotes.
    pub(crate) fn veil(&self) -> &Veil {
        &self.veil
    }

    /// Sends `request` until it succeeds, is refused, or patience is over; `judge` says what an answer means.
    ///
    /// A request that may have had an effect is repeated only if it says that it may be
    /// ([`Repeat::Always`]); otherwise the error is of kind [`ErrorKind::Ambiguous`] and the caller looks first.
    pub async fn send(&self, request: Request, judge: impl Fn(&Response) -> Verdict) -> Result<Response> {
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(self.patience.first_pause)
            .with_max_delay(self.patience.longest_pause)
            .with_max_times(self.patience.tries.saturating_sub(1))
            .with_jitter()
            .build();
        loop {
            let (error, repeatable) = match self.attempt(&request, &judge).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            let error = error.during(request.operation.clone()).veiled(&self.veil);
            let pause = pauses.next().filter(|_| repeatable);
            let Some(pause) = pause else { return Err(error) };
            let pause = error
                .wait()
                .map_or(pause, |asked| asked.min(self.patience.longest_asked).max(pause));
            tracing::warn!(%error, ?pause, "another try");
            tokio::time::sleep(pause).await;
        }
    }

    /// One try: the answer, or an error and whether the request may be sent again.
    async fn attempt(
        &self,
        request: &Request,
        judge: &impl Fn(&Response) -> Verdict,
    ) -> std::result::Result<Response, (Error, bool)> {
        let _turn = self.pace.turn().await;
        self.traffic.count(&request.method);
        let again = request.repeat == Repeat::Always;
        let began = tokio::time::Instant::now();
        let span = span(request);
        let answer = self.transport.send(request).instrument(span.clone()).await;
        let took = began.elapsed();
        self.traffic.took(took);
        let status = answer.as_ref().map(|response| response.status);
        trace(&span, request, status, took);
        let response = answer.map_err(|error| Self::undelivered(&error, again))?;
        self.pace.learn(&response.headers);
        match judge(&response) {
            Verdict::Success => Ok(response),
            Verdict::NotNow(error) => Err((error, true)),
            Verdict::Unclear(error) if again => Err((error, true)),
            Verdict::Unclear(error) => Err((error.with_kind(ErrorKind::Ambiguous), false)),
            Verdict::Refused(error) => Err((error, false)),
        }
    }

    fn undelivered(error: &TransportError, again: bool) -> (Error, bool) {
        let kind = match error {
            TransportError::NotSent(_) => ErrorKind::Unavailable,
            TransportError::Lost(_) if again => ErrorKind::Unavailable,
            TransportError::Lost(_) => ErrorKind::Ambiguous,
        };
        let help = "check the network and the endpoint, then run the same command again";
        let sent_again = again || matches!(error, TransportError::NotSent(_));
        let told = Error::new(kind, error.to_string());
        let told = match kind {
            ErrorKind::Unavailable => told.number(&codes::NETWORK),
            _ => told,
        };
        (told.help(help), sent_again)
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http")
            .field("traffic", &self.traffic)
            .finish_non_exhaustive()
    }
}

/// What a trace knows of a request: method and path; never a header or a body, which may hold secrets. The names are
/// those of OpenTelemetry's conventions for HTTP clients.
fn span(request: &Request) -> tracing::Span {
    tracing::debug_span!(
        "request",
        otel.name = %request.method,
        otel.kind = "client",
        otel.status_code = tracing::field::Empty,
        operation = %request.operation,
        http.request.method = %request.method,
        url.full = path(request),
        http.response.status_code = tracing::field::Empty,
        error.type = tracing::field::Empty,
    )
}

fn path(request: &Request) -> &str {
    request.url.split('?').next().unwrap_or_default()
}

/// The outcome, too.
fn trace(
    span: &tracing::Span,
    request: &Request,
    status: std::result::Result<http::StatusCode, &TransportError>,
    took: Duration,
) {
    let url = path(request);
    match status {
        Ok(status) => {
            span.record("http.response.status_code", status.as_u16());
            if status.is_client_error() || status.is_server_error() {
                span.record("otel.status_code", "error")
                    .record("error.type", status.as_str());
            }
            tracing::debug!(method = %request.method, url, status = status.as_u16(), ?took, "request");
        }
        Err(error) => {
            span.record("otel.status_code", "error")
                .record("error.type", error.to_string());
            tracing::debug!(method = %request.method, url, %error, ?took, "request");
        }
    }
}

#[cfg(test)]
mod tests;
