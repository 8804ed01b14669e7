//! SSH endpoints of the emulated servers: a port on 127.0.0.1 for each public address. No shell runs behind them.

mod command;
mod host_key;
mod login;
mod session;
mod target;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::keys::PrivateKey;
use russh::server::{self, Config};
use russh::{Disconnect, MethodKind, MethodSet};
use tokio::net::{TcpListener, TcpStream};

use crate::sakura::{self, Machine};
use crate::{Error, Shared};

pub(crate) use target::Engine;

/// The port where servers answer SSH.
const PORT: u16 = 22;

/// The ports that were opened so far, by the servers' public addresses.
///
/// A port belongs to an address, as the address belongs to whichever server has it.
#[derive(Debug, Default)]
pub(crate) struct Ports {
    opened: Mutex<BTreeMap<Ipv4Addr, SocketAddr>>,
    connections: AtomicU64,
}

impl Ports {
    /// How many connections were accepted so far, by all servers; those that were reset count as well.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

/// Where a port of the server with this public address is to be found on this machine. Only SSH is.
///
/// The port stays the same for as long as the sandbox runs. What a client meets there is up to the server: while it is
/// off or boots, the connection is reset.
pub(crate) fn endpoint(
    shared: &Arc<Shared>,
    address: Ipv4Addr,
    port: u16,
) -> Result<Option<SocketAddr>, Error> {
    if port != PORT || sakura::machine(&shared.world(), shared.clock.now(), address).is_none() {
        return Ok(None);
    }
    let mut ports = shared.ssh.opened.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = ports.get(&address) {
        return Ok(Some(*known));
    }
    let opened = listen(shared, address).map_err(|source| Error::Listen {
        address: format!("a port on 127.0.0.1 for SSH to {address}"),
        source,
    })?;
    ports.insert(address, opened);
    Ok(Some(opened))
}

fn listen(shared: &Arc<Shared>, address: Ipv4Addr) -> std::io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let opened = listener.local_addr()?;
    let shared = Arc::clone(shared);
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        while let Some(accepted) = shared.stop.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, _)) => {
                    shared.ssh.connections.fetch_add(1, Ordering::Relaxed);
                    let serving = serve(Arc::clone(&shared), address, stream);
                    shared.tasks.spawn(serving);
                }
                // Out of file descriptors, most likely: they come back when connections close.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an SSH connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    });
    Ok(opened)
}

/// One connection, until the client leaves, the server goes down or the sandbox stops.
async fn serve(shared: Arc<Shared>, address: Ipv4Addr, stream: TcpStream) {
    let machine = sakura::machine(&shared.world(), shared.clock.now(), address);
    let Some(machine) = machine.filter(|machine| machine.up_since.is_some()) else {
        // A machine that is off answers nothing; the reset is as near as a port that others may use can get to that.
        if let Err(error) = stream.set_zero_linger() {
            tracing::debug!(%error, "cannot reset an SSH connection");
        }
        return;
    };
    let mut changes = shared.changes.subscribe();
    let channels = shared.stop.child_token();
    let handler = session::Session::new(Arc::clone(&shared), machine.clone(), channels.clone());
    let running = server::run_stream(Arc::new(config(&machine)), stream, handler);
    let running = match shared.stop.run_until_cancelled(running).await {
        Some(Ok(running)) => running,
        Some(Err(error)) => return tracing::debug!(%error, "an SSH connection ended early"),
        None => return,
    };
    let handle = running.handle();
    let went_down = changes.wait_for(|()| !is_still_up(&shared, &machine));
    tokio::select! {
        ended = running => {
            if let Err(error) = ended {
                tracing::debug!(%error, "an SSH connection ended early");
            }
        }
        _ = went_down => {}
        () = shared.stop.cancelled() => {}
    }
    channels.cancel();
    let goodbye = handle.disconnect(
        Disconnect::ByApplication,
        "the server goes down".to_owned(),
        String::new(),
    );
    // It fails when the client is gone already, and then there is nobody to tell.
    drop(goodbye.await);
}

/// True while the same boot of the same machine goes on.
fn is_still_up(shared: &Shared, machine: &Machine) -> bool {
    let now = sakura::machine(&shared.world(), shared.clock.now(), machine.address);
    now.is_some_and(|now| now.engine == machine.engine && now.up_since == machine.up_since)
}

fn config(machine: &Machine) -> Config {
    let mut methods = MethodSet::empty();
    methods.push(MethodKind::PublicKey);
    if machine.takes_passwords {
        methods.push(MethodKind::Password);
    }
    Config {
        methods,
        keys: vec![PrivateKey::from(host_key::of(&machine.identity))],
        // Emulated passwords are worth no waiting.
        auth_rejection_time: Duration::ZERO,
        // As sshd has it by default.
        max_auth_attempts: 6,
        inactivity_timeout: None,
        nodelay: true,
        ..Config::default()
    }
}
