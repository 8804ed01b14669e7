//! The one runtime of the process. A process that was forked off has none: threads, and what they held, do not survive
//! a fork.

use std::sync::{Mutex, PoisonError};

use fleetflow_core::{Error, ErrorKind, Result};
use tokio::runtime::{Builder, Handle, Runtime};

static RUNTIME: Mutex<Option<(u32, Handle)>> = Mutex::new(None);

/// The runtime, started when it is needed first.
pub(crate) fn handle() -> Result<Handle> {
    let process = std::process::id();
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, handle)) = runtime.as_ref() {
        return if *owner == process {
            Ok(handle.clone())
        } else {
            Err(forked())
        };
    }
    let handle = start()?;
    *runtime = Some((process, handle.clone()));
    Ok(handle)
}

fn forked() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "this process was forked off one that used FleetFlow; its threads did not come along",
    )
    .help("start processes afresh (`multiprocessing.get_context(\"spawn\")`), or fork before the first run")
}

/// It runs until the process ends: an interpreter that shuts down waits for nobody.
fn start() -> Result<Handle> {
    let runtime: Runtime = Builder::new_multi_thread()
        .worker_threads(4)
        .thread_name("fleetflow")
        .enable_all()
        .build()
        .map_err(|error| {
            Error::new(ErrorKind::Local, format!("the system gave no threads: {error}"))
                .help("close other programs, then try again")
        })?;
    let handle = runtime.handle().clone();
    std::mem::forget(runtime);
    Ok(handle)
}
