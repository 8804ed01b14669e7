//! The `fleetflow` command.
fn main() {}
