//! The emulated clouds, as an object of Python.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use fleetflow_core::{Error, ErrorKind, Result};
use fleetflow_sandbox::{self as emulated, Clock, Fault, Options, Timings};
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::failure::raise;
use crate::runtime;

/// Emulated clouds on loopback, until they are stopped.
#[pyclass(frozen, module = "fleetflow._fleetflow")]
pub(crate) struct Sandbox {
    running: Mutex<Option<Arc<emulated::Sandbox>>>,
}

#[pymethods]
impl Sandbox {
    /// Starts them. With `instant`, slow things are done at once.
    #[new]
    fn new(py: Python<'_>, instant: bool, latency: f64, world: Option<PathBuf>) -> PyResult<Self> {
        let options = Options {
            timings: if instant {
                Timings::INSTANT
            } else {
                Timings::default()
            },
            latency: Duration::try_from_secs_f64(latency).unwrap_or_default(),
            clock: Clock::Wall,
            world,
            ..Options::default()
        };
        let started = py.detach(|| {
            runtime::handle()?
                .block_on(emulated::Sandbox::start(options))
                .map_err(failed)
        });
        let running = started.map_err(|error| raise(py, &error))?;
        Ok(Self {
            running: Mutex::new(Some(Arc::new(running))),
        })
    }

    /// Variables that lead clients to them.
    fn environment(&self, py: Python<'_>) -> PyResult<Vec<(String, String)>> {
        self.with(py, |sandbox| {
            let variables = sandbox.environment().into_iter();
            variables.map(|(name, value)| (name.to_owned(), value)).collect()
        })
    }

    /// What users made, as JSON.
    fn inventory(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |sandbox| sandbox.inventory().to_string())
    }

    /// What was asked so far, as JSON.
    fn log(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |sandbox| {
            let entries = sandbox.log();
            let entries: Vec<Value> = entries.entries().iter().map(|entry| json!(entry)).collect();
            Value::Array(entries).to_string()
        })
    }

    /// Forgets what was asked so far.
    fn clear_log(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, emulated::Sandbox::clear_log)?
            .map_err(|error| raise(py, &failed(error)))
    }

    /// Adds a rule about requests that go wrong, given as JSON.
    fn add_fault(&self, py: Python<'_>, fault: &str) -> PyResult<()> {
        let fault: Fault = serde_json::from_str(fault).map_err(|error| {
            raise(
                py,
                &Error::new(ErrorKind::Invalid, format!("no such fault: {error}")),
            )
        })?;
        self.with(py, |sandbox| sandbox.add_fault(fault))?
            .map_err(|error| raise(py, &Error::new(ErrorKind::Invalid, error.to_string())))
    }

    /// Stops them. Again: nothing.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let Some(sandbox) = self.running().take() else {
            return Ok(());
        };
        let stopped = py.detach(|| match Arc::into_inner(sandbox) {
            Some(sandbox) => runtime::handle()?.block_on(sandbox.shutdown()).map_err(failed),
            // A connection is being looked up this very moment; whoever holds it stops them.
            None => Ok(()),
        });
        stopped.map_err(|error| raise(py, &error))
    }
}

impl Sandbox {
    /// The emulated world as clients of servers need it.
    pub(crate) fn world(&self) -> Emulated {
        Emulated(self.running().as_ref().map(Arc::downgrade).unwrap_or_default())
    }

    fn running(&self) -> MutexGuard<'_, Option<Arc<emulated::Sandbox>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T: Send>(
        &self,
        py: Python<'_>,
        look: impl FnOnce(&emulated::Sandbox) -> T + Send,
    ) -> PyResult<T> {
        let sandbox = self.running().clone();
        match sandbox {
            Some(sandbox) => Ok(py.detach(|| look(&sandbox))),
            None => Err(raise(
                py,
                &Error::new(ErrorKind::Invalid, "the sandbox is stopped")
                    .help("use it inside its `with` block"),
            )),
        }
    }
}

/// A sandbox that does not live longer because somebody may connect to it.
pub(crate) struct Emulated(Weak<emulated::Sandbox>);

impl Emulated {
    /// Where to reach port `port` of the server at `address`. To be called on the runtime.
    pub(crate) fn ssh_address(&self, address: &str, port: u16) -> Result<(String, u16)> {
        let unknown = || {
            Error::new(
                ErrorKind::Unavailable,
                format!("no emulated server answers at {address}:{port}"),
            )
        };
        let sandbox = self.0.upgrade().ok_or_else(unknown)?;
        let found = sandbox.ssh_address(address, port).map_err(failed)?;
        found
            .map(|found| (found.ip().to_string(), found.port()))
            .ok_or_else(unknown)
    }
}

fn failed(error: emulated::Error) -> Error {
    Error::new(ErrorKind::Local, format!("the sandbox failed: {error}")).source(error)
}
