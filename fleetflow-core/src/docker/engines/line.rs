//! A byte stream to an engine, whatever it runs through, and the connector that hands it to the HTTP client.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_rustls::TlsConnector;

use super::reaching::Stream;
use super::ssh::Server;
use super::tls::{self, EngineTls};
use super::{Access, Counters};
use crate::codes;
use crate::error::{Error, ErrorKind, Result};

/// A stream to an engine.
pub(super) struct Line {
    stream: Box<dyn Stream>,
    /// Given back when the stream ends.
    _slot: Option<OwnedSemaphorePermit>,
}

/// How an engine is dialled.
#[derive(Clone)]
pub(super) enum Dialer {
    /// A socket in the file system.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no such sockets"))]
    Unix(PathBuf, Counters),
    /// A port, with TLS or without.
    Tcp(String, Option<TlsConnector>, Counters),
    /// Through a server's SSH.
    Server(Arc<Server>),
}

impl Line {
    pub(super) fn new(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        slot: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            stream: Box::new(stream),
            _slot: slot,
        }
    }
}

impl Dialer {
    /// The dialer of the local engine at `address`.
    pub(super) fn local(
        (address, tls): (&str, Option<&EngineTls>),
        access: &Arc<Access>,
        counters: Counters,
    ) -> Result<Self> {
        let unsupported = || {
            Error::new(
                ErrorKind::Invalid,
                format!("`{address}` is not the address of a container engine"),
            )
            .help("write `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375` or `ssh://USER@HOST`")
        };
        match address.split_once("://") {
            Some(("unix", path)) if cfg!(unix) => Ok(Self::Unix(path.into(), counters)),
            Some(("tcp" | "http", host)) => {
                let host = host.trim_end_matches('/');
                let port = if tls.is_some() { 2376 } else { 2375 };
                let complete = if host
                    .rsplit_once(':')
                    .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
                {
                    host.to_owned()
                } else {
                    format!("{host}:{port}")
                };
                let tls = tls.map(EngineTls::connector).transpose()?;
                Ok(Self::Tcp(complete, tls, counters))
            }
            Some(("ssh", _)) => {
                let server = Server::new(address.parse()?, access.clone(), counters);
                Ok(Self::Server(Arc::new(server)))
            }
            _ => Err(unsupported()),
        }
    }

    /// A new stream.
    pub(super) async fn dial(&self) -> Result<Line> {
        match self {
            Self::Server(server) => server.open().await,
            Self::Tcp(address, tls, counters) => {
                let stream = TcpStream::connect(address).await;
                let stream = stream.map_err(|error| unreachable(address, &error))?;
                counters.connections.fetch_add(1, Ordering::Relaxed);
                Ok(match tls {
                    None => Line::new(stream, None),
                    Some(tls) => Line::new(tls::shake_hands(tls, address, stream).await?, None),
                })
            }
            #[cfg(unix)]
            Self::Unix(path, counters) => {
                let stream = tokio::net::UnixStream::connect(path).await;
                counted(stream, counters).map_err(|error| unreachable(&path.display().to_string(), &error))
            }
            #[cfg(not(unix))]
            Self::Unix(path, _) => Err(unreachable(
                &path.display().to_string(),
                &std::io::ErrorKind::Unsupported.into(),
            )),
        }
    }
}

#[cfg(unix)]
fn counted(
    stream: std::io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static>,
    counters: &Counters,
) -> std::io::Result<Line> {
    let stream = stream?;
    counters.connections.fetch_add(1, Ordering::Relaxed);
    Ok(Line::new(stream, None))
}

fn unreachable(address: &str, error: &std::io::Error) -> Error {
    let help = match error.kind() {
        std::io::ErrorKind::PermissionDenied => "join the group `docker`, or run as a user who is in it",
        _ => "start Docker, or name its address: `providers { docker { host \"...\" } }`",
    };
    Error::of(
        &codes::ENGINE_SILENT,
        format!("the container engine at {address} does not answer: {error}"),
    )
    .help(help)
}

/// The HTTP client's way to a [`Dialer`].
#[derive(Clone)]
pub(super) struct Connector(pub(super) Dialer);

impl tower_service::Service<http::Uri> for Connector {
    type Response = TokioIo<Line>;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        let dialer = self.0.clone();
        Box::pin(async move { dialer.dial().await.map(TokioIo::new) })
    }
}

impl Connection for Line {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
