//! One module a command. Each loads what it needs, lets the libraries do the work, and prints the result.

mod completions;
mod fmt;
mod outputs;
mod sandbox;
mod state;
mod validate;

use crate::arguments::Command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Carries out one command.
pub(crate) fn run(invocation: &Invocation, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Validate(stage) => validate::run(invocation, stage.name.as_deref()),
        Command::Fmt(arguments) => fmt::run(invocation, &arguments),
        Command::Outputs(arguments) => outputs::run(invocation, arguments.name.as_deref()),
        Command::State(command) => state::run(invocation, &command),
        Command::Sandbox(command) => sandbox::run(invocation, &command),
        Command::Completions { shell } => completions::run(invocation, shell),
        Command::Version => {
            let program = invocation.edge.program();
            invocation
                .terminal
                .print(&format!("{program} {}\n", env!("CARGO_PKG_VERSION")))?;
            Ok(Exit::Done)
        }
    }
}
