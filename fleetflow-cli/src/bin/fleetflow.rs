//! The `fleetflow` command. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    fleetflow_cli::main()
}
