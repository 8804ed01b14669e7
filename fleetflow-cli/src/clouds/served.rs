//! The emulated clouds that another process serves (`flow sandbox serve`): they are asked for the way to each of their
//! servers, and for how far their reads lag behind.

use std::sync::Arc;
use std::time::Duration;

use fleetflow_core::docker::Translate;
use fleetflow_core::http::{HttpTransport, Request, Transport as _};
use fleetflow_core::{Error, Result, codes};
use futures::FutureExt as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::invocation::Invocation;

/// The variable that `flow sandbox serve` prints: its address.
const VARIABLE: &str = "FLEETFLOW_SANDBOX";
/// How long it may take to answer: it is on this machine.
const ANSWER: Duration = Duration::from_secs(10);
/// What a dead run had sent arrives within this, on the same machine.
const UNDER_WAY: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Endpoint {
    address: std::net::SocketAddr,
}

#[derive(Deserialize)]
struct Lag {
    seconds: f64,
}

/// A way to send requests.
pub(super) fn transport() -> Result<HttpTransport> {
    HttpTransport::new(concat!("fleetflow/", env!("CARGO_PKG_VERSION")), ANSWER)
}

/// The way to emulated servers of another process, where the environment names one.
pub(super) fn translate(
    invocation: &Invocation,
    transport: impl FnOnce() -> Result<HttpTransport>,
) -> Result<Option<Translate>> {
    let Some(base) = base(invocation) else {
        return Ok(None);
    };
    let transport = transport()?.answer_within(ANSWER);
    Ok(Some(Arc::new(move |address, port| {
        let url = format!("{base}/_sandbox/ssh?address={address}&port={port}");
        let (transport, server) = (transport.clone(), format!("{address}:{port}"));
        async move {
            let what = format!("know no way to {server}");
            let Endpoint { address } = ask(&transport, url, &what).await?;
            Ok((address.ip().to_string(), address.port()))
        }
        .boxed()
    })))
}

/// How long it takes until everybody sees what was done, where all the APIs at `roots` are those of another process on
/// this machine. Nothing where one of them is real (a root of none), whatever the environment says.
pub(super) async fn settling(
    invocation: &Invocation,
    transport: impl FnOnce() -> Result<HttpTransport>,
    roots: Vec<Option<String>>,
) -> Result<Option<Duration>> {
    let Some(base) = base(invocation) else {
        return Ok(None);
    };
    if !roots.iter().all(|root| is_served(&base, root.as_deref())) {
        return Ok(None);
    }
    let transport = transport()?.answer_within(ANSWER);
    let url = format!("{base}/_sandbox/lag");
    let Lag { seconds } = ask(&transport, url, "do not say how far their reads lag behind").await?;
    let lag = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    Ok(Some(lag.saturating_add(UNDER_WAY)))
}

fn base(invocation: &Invocation) -> Option<String> {
    let base = invocation.edge.variable(VARIABLE)?;
    Some(base.trim_end_matches('/').to_owned())
}

/// Whether the API at `root` is one of the emulated clouds at `base`.
fn is_served(base: &str, root: Option<&str>) -> bool {
    let rest = root.and_then(|root| root.strip_prefix(base));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the emulated clouds answer; `what` says what it means that they do not.
async fn ask<T: DeserializeOwned>(transport: &HttpTransport, url: String, what: &str) -> Result<T> {
    let unavailable = |why: &str| {
        let message = format!("the emulated clouds of {VARIABLE} {what}: {why}");
        Error::of(&codes::NETWORK, message).help(format!(
            "does `flow sandbox serve` still run? for real servers, unset {VARIABLE}"
        ))
    };
    let request = Request::new(http::Method::GET, url, "ask the emulated clouds");
    let answer = transport.send(&request).await;
    let answer = answer.map_err(|error| unavailable(&error.to_string()))?;
    if !answer.status.is_success() {
        return Err(unavailable(&String::from_utf8_lossy(&answer.body)));
    }
    answer.json()
}

#[cfg(test)]
mod tests {
    use super::is_served;

    #[test]
    fn only_what_is_at_its_address_is_emulated() {
        let base = "http://127.0.0.1:800";
        assert!(is_served(base, Some("http://127.0.0.1:800/cloud/zone")));
        assert!(is_served(base, Some("http://127.0.0.1:800")));
        for real in [
            Some("http://127.0.0.1:8000/cloud/zone"),
            Some("https://api.example.com"),
            None,
        ] {
            assert!(!is_served(base, real), "{real:?}");
        }
    }
}
