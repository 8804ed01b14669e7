//! Tells the library's own trace on standard error, when `-v` asks for it. It holds no headers, bodies or secrets.

use tracing_subscriber::EnvFilter;

/// Once: each HTTP request. Twice: everything of FleetFlow, and the news of the libraries below it.
pub(crate) fn start(verbose: u8) {
    let filter = match verbose {
        0 => return,
        1 => "fleetflow_core=debug,fleetflow_kdl=debug",
        _ => "info,fleetflow_core=trace,fleetflow_kdl=trace,fleetflow_sandbox=debug",
    };
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .try_init();
    if let Err(error) = started {
        anstream::eprintln!("-v shows nothing: {error}");
    }
}
