//! The emulated clouds, and clients that reach them: a whole account in this process, for trying a stack out.

use fleetflow_sandbox::{Options, Sandbox};

/// Starts the emulated clouds.
pub async fn start() -> Result<Sandbox, fleetflow_sandbox::Error> {
    Sandbox::start(Options::default()).await
}
