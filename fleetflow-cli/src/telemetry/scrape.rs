//! The page that Prometheus reads. It changes nothing and shows nothing else.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use fleetflow_core::{Error, Result, codes};
use prometheus::{Registry, TextEncoder};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::Telemetry;

/// A page that is served until this is dropped.
pub(crate) struct Page {
    pub(crate) address: SocketAddr,
    served: AbortHandle,
}

impl Telemetry {
    /// Serves `/metrics` at `address`; with port 0 the system chooses one.
    pub(crate) async fn serve(&self, address: SocketAddr) -> Result<Page> {
        let taken = |error: std::io::Error| {
            Error::of(
                &codes::PORT_TAKEN,
                format!("metrics cannot be served at {address}: {error}"),
            )
            .help("choose another `--metrics-addr`")
        };
        let listener = TcpListener::bind(address).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let router = Router::new()
            .route("/metrics", get(metrics))
            .with_state(self.registry.clone());
        let served = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "metrics are served no more");
            }
        });
        Ok(Page {
            address,
            served: served.abort_handle(),
        })
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.served.abort();
    }
}

/// In the text format of Prometheus, version 0.0.4.
async fn metrics(State(registry): State<Registry>) -> Response {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
