//! `completions`: a script for a shell, under the name the program was called by.

use clap_complete::Shell;
use fleetflow_core::{Error, ErrorKind};

use crate::completing;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;

pub(super) fn run(invocation: &Invocation, shell: Shell) -> Result<Exit, Failure> {
    let unwritten = |error: std::io::Error| {
        let message = format!("the script for {shell} cannot be made: {error}");
        Error::new(ErrorKind::Internal, message)
    };
    let script = completing::script(shell, &invocation.edge.program()).map_err(unwritten)?;
    invocation.terminal.print(&script)?;
    Ok(Exit::Done)
}
