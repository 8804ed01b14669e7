//! The `flow` command: the same program as `fleetflow`, under its short name. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    fleetflow_cli::main()
}
