//! `completions`: a script for a shell, under the name the program was called by.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;

pub(super) fn run(invocation: &Invocation, shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut Arguments::command(),
        invocation.edge.program(),
        &mut script,
    );
    invocation.terminal.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
