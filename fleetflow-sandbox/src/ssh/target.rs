//! What an SSH channel is connected with when it asks for the server's Docker Engine: the emulated one, or a real one.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::frame::frame;
use crate::sakura::Machine;
use crate::{Cloud, Shared, docker, serve};

/// How much may be on its way between a channel and the emulated engine.
const BUFFER: usize = 64 * 1024;

/// A stream of bytes in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// What a machine offers of Docker to the user who logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Nothing installed it, or what does so still runs.
    Absent,
    /// It is there, and only `root` may use it.
    ForRoot,
    /// It is there, and the user may use it.
    ForUser,
}

impl Engine {
    /// What this machine offers now.
    pub(super) fn of(shared: &Shared, machine: &Machine) -> Self {
        let installed_at = machine
            .up_since
            .and_then(|since| since.checked_add(shared.timings.startup_script).ok());
        if installed_at.is_some_and(|at| at <= shared.clock.now()) {
            machine.docker
        } else {
            Self::Absent
        }
    }
}

/// Opens a connection to the engine of a machine, which `stop` ends.
pub(super) async fn connect(
    shared: &Arc<Shared>,
    machine: &Machine,
    stop: CancellationToken,
) -> std::io::Result<Box<dyn Stream>> {
    let own = shared.real_engines.get(&machine.address);
    match own.or(shared.real_engine.as_ref()) {
        Some(address) => real(address).await,
        None => Ok(emulated(shared, machine, stop)),
    }
}

fn emulated(shared: &Arc<Shared>, machine: &Machine, stop: CancellationToken) -> Box<dyn Stream> {
    if let Some(since) = machine.up_since {
        shared.world().docker.engine_booted(&machine.engine, since);
    }
    let router = docker::engine_router(Arc::clone(shared), machine.engine.clone());
    let router = frame(
        router,
        Arc::clone(shared),
        Cloud::Docker,
        Some(machine.name.clone()),
    );
    let (near, far) = tokio::io::duplex(BUFFER);
    shared.tasks.spawn(serve::half_open_connection(far, router, stop));
    Box::new(near)
}

/// An engine that runs somewhere, named as `DOCKER_HOST` names it.
async fn real(address: &str) -> std::io::Result<Box<dyn Stream>> {
    if let Some(address) = address.strip_prefix("tcp://") {
        return Ok(Box::new(TcpStream::connect(address).await?));
    }
    let path = address.strip_prefix("unix://").unwrap_or(address);
    socket(path).await
}

#[cfg(unix)]
async fn socket(path: &str) -> std::io::Result<Box<dyn Stream>> {
    Ok(Box::new(tokio::net::UnixStream::connect(path).await?))
}

#[cfg(not(unix))]
async fn socket(path: &str) -> std::io::Result<Box<dyn Stream>> {
    let message = format!("this system has no Unix socket {path}; name the engine as tcp://HOST:PORT");
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, message))
}
