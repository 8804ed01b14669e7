//! Connections: accepts them, serves a router over any stream, and can end one without an answer. It knows no routes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

use crate::Shared;
use crate::frame::Dropped;
use crate::request_line::Tolerant;

/// How long connections may take to finish once the sandbox stops; streams of logs would otherwise never do.
const GRACE: Duration = Duration::from_millis(500);

/// Serves a router on a listener until the sandbox stops.
pub(crate) fn listen(listener: TcpListener, router: Router, shared: &Arc<Shared>) {
    let (stop, tasks) = (shared.stop.clone(), shared.tasks.clone());
    shared.tasks.spawn(async move {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "cannot set TCP_NODELAY");
                    }
                    tasks.spawn(connection(Tolerant::new(stream), router.clone(), stop.clone()));
                }
                // Out of file descriptors, most likely: they come back when connections close.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    });
}

/// Serves a router over one stream, upgrades included, until the client leaves or `stop` is cancelled.
pub(crate) async fn connection<Stream>(stream: Stream, router: Router, stop: CancellationToken)
where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    by(&http1::Builder::new(), stream, router, stop).await;
}

/// The same for a client that may say that it has nothing more to ask, and listens on. That it has left is not seen
/// here then: whoever made the stream has to cancel `stop`.
pub(crate) async fn half_open_connection<Stream>(stream: Stream, router: Router, stop: CancellationToken)
where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    by(http1::Builder::new().half_close(true), stream, router, stop).await;
}

async fn by<Stream>(protocol: &http1::Builder, stream: Stream, router: Router, stop: CancellationToken)
where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| answer(router.clone(), request));
    let connection = protocol
        .clone()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(GRACE, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Ends the connection: hyper closes it without an answer when the service fails.
#[derive(Debug, Error)]
#[error("the connection is to be dropped")]
struct Drop;

async fn answer(mut router: Router, request: Request<Incoming>) -> Result<Response<Body>, Drop> {
    let response = match router.call(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never as Infallible {},
    };
    match response.extensions().get::<Dropped>() {
        Some(Dropped) => Err(Drop),
        None => Ok(response),
    }
}
