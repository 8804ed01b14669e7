//! The emulated clouds of `--sandbox`: in this process, with their world in a file, for one process at a time.

use std::collections::BTreeMap;
use std::io::ErrorKind as IoKind;
use std::path::Path;
use std::sync::{Arc, Weak};

use fleetflow_access::whole;
use fleetflow_core::docker::Translate;
use fleetflow_core::state::{FolderStore, Holder, Lease, Store as _};
use fleetflow_core::{Address, Error, ErrorKind, Result, Stack};
use fleetflow_sandbox::{Options, Sandbox};
use futures::FutureExt as _;

use crate::failure::Failure;

/// Running emulated clouds.
pub(crate) struct Emulated {
    sandbox: Arc<Sandbox>,
    turns: FolderStore,
    turn: Lease,
}

impl Emulated {
    /// Starts them on the world in `folder`, or says who is using it. What was asked of them before is forgotten: the
    /// log in the folder is that of one command.
    pub(crate) async fn start(folder: &Path, holder: Holder) -> Result<Self> {
        let turns = FolderStore::new(folder.join("turn"));
        let turn = turns.acquire(holder).await.map_err(|error| in_use(&error))?;
        let options = Options {
            world: Some(folder.join("world.json")),
            ..Options::default()
        };
        let sandbox = Sandbox::start(options)
            .await
            .map_err(|error| failed("start", &error))?;
        sandbox
            .clear_log()
            .map_err(|error| failed("begin a new log", &error))?;
        Ok(Self {
            sandbox: Arc::new(sandbox),
            turns,
            turn,
        })
    }

    /// Zones exist before a file names them, also here: who tries a file of their own has them. Those below `invalid`, which exist
    /// nowhere (RFC 6761), are not there here either.
    pub(crate) fn have_zones(&self, stack: &Stack) {
        let declared = stack.declarations().iter().map(|declared| &declared.address);
        let zones = declared
            .filter(|address| address.kind() == "dns")
            .map(Address::name);
        for zone in zones.filter(|name| name.rsplit('.').next() != Some("invalid")) {
            self.sandbox.have_zone(zone);
        }
    }

    /// The variables that lead to them: credentials and addresses.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        let variables = self.sandbox.environment().into_iter();
        variables.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The way to their servers.
    pub(crate) fn translate(&self) -> Translate {
        let sandbox = Arc::downgrade(&self.sandbox);
        Arc::new(move |address, port| {
            let found = translated(&sandbox, address, port);
            async move { found }.boxed()
        })
    }

    /// Stops them and saves their world.
    async fn stop(self) -> Result<()> {
        // None while a connection is being looked up this very moment; each change was saved before it was answered.
        if let Some(sandbox) = Arc::into_inner(self.sandbox) {
            sandbox.shutdown().await.map_err(|error| failed("stop", &error))?;
        }
        self.turns.release(self.turn).await
    }
}

/// Stops the emulated clouds, if there are any, and goes on with what came out.
pub(crate) async fn leave<T>(emulated: Option<Emulated>, result: Result<T, Failure>) -> Result<T, Failure> {
    let stopped = match emulated {
        Some(emulated) => emulated.stop().await,
        None => Ok(()),
    };
    let result = result?;
    stopped?;
    Ok(result)
}

fn translated(sandbox: &Weak<Sandbox>, address: &str, port: u16) -> Result<(String, u16)> {
    let unknown = || {
        Error::new(
            ErrorKind::Unavailable,
            format!("no emulated server answers at {address}:{port}"),
        )
    };
    let sandbox = sandbox.upgrade().ok_or_else(unknown)?;
    let found = sandbox
        .ssh_address(address, port)
        .map_err(|error| failed("open a server's SSH port", &error))?;
    let found = found.ok_or_else(unknown)?;
    Ok((found.ip().to_string(), found.port()))
}

/// Somebody else has their turn; or the file that says whose it is cannot be written.
fn in_use(error: &Error) -> Error {
    if error.kind() != ErrorKind::Locked {
        return error.clone();
    }
    let message = error.message().replacen("the state", "the emulated world", 1);
    Error::new(error.kind(), message).help("wait for that command to end, or give `--lock-wait 15m`")
}

fn failed(verb: &str, error: &fleetflow_sandbox::Error) -> Error {
    if let fleetflow_sandbox::Error::WorldFile { path, source, .. } = error
        && matches!(
            source.kind(),
            IoKind::StorageFull | IoKind::QuotaExceeded | IoKind::ReadOnlyFilesystem
        )
    {
        let message = format!(
            "the emulated clouds did not {verb}, as their world is kept in {}",
            path.display()
        );
        return whole::unwritable(message, source);
    }
    let kind = match error {
        fleetflow_sandbox::Error::InUse { .. } => ErrorKind::Locked,
        _ => ErrorKind::Local,
    };
    Error::new(kind, format!("the emulated clouds did not {verb}: {error}"))
}
