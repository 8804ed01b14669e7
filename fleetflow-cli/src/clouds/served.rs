//! The way to the servers of emulated clouds that another process serves (`flow sandbox serve`): it is asked for each.

use std::sync::Arc;
use std::time::Duration;

use fleetflow_core::docker::Translate;
use fleetflow_core::http::{HttpTransport, Request, Transport as _};
use fleetflow_core::{Error, ErrorKind, Result};
use futures::FutureExt as _;
use serde::Deserialize;

/// The variable that `flow sandbox serve` prints: its address.
pub(super) const VARIABLE: &str = "FLEETFLOW_SANDBOX";
/// How long it may take to answer: it is on this machine.
const ANSWER: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Endpoint {
    address: std::net::SocketAddr,
}

/// The way to the servers of the emulated clouds at `base`.
pub(super) fn translate(base: &str) -> Result<Translate> {
    let transport = HttpTransport::new("fleetflow", ANSWER)?;
    let base = base.trim_end_matches('/').to_owned();
    Ok(Arc::new(move |address, port| {
        let url = format!("{base}/_sandbox/ssh?address={address}&port={port}");
        let (transport, server) = (transport.clone(), format!("{address}:{port}"));
        async move { endpoint(&transport, url, &server).await }.boxed()
    }))
}

async fn endpoint(transport: &HttpTransport, url: String, server: &str) -> Result<(String, u16)> {
    let unavailable = |why: &str| {
        let message = format!("the emulated clouds of {VARIABLE} know no way to {server}: {why}");
        Error::new(ErrorKind::Unavailable, message).help(format!(
            "does `flow sandbox serve` still run? for real servers, unset {VARIABLE}"
        ))
    };
    let request = Request::new(http::Method::GET, url, "find an emulated server");
    let answer = transport.send(&request).await;
    let answer = answer.map_err(|error| unavailable(&error.to_string()))?;
    if !answer.status.is_success() {
        return Err(unavailable(&String::from_utf8_lossy(&answer.body)));
    }
    let Endpoint { address } = answer.json()?;
    Ok((address.ip().to_string(), address.port()))
}
