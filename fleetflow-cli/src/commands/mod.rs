//! One module a command. Each loads what it needs, lets the libraries do the work, and prints the result.

mod change;
mod completions;
mod exec;
mod explain;
mod fmt;
mod graph;
mod import;
mod init;
mod logs;
mod man;
mod mend;
mod outputs;
mod passphrase;
mod plan;
mod rollback;
mod sandbox;
mod scale;
mod ssh;
mod state;
mod status;
mod validate;
mod watch;

use crate::arguments::Command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Carries out one command.
pub(crate) fn run(invocation: &Invocation, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Up(arguments) => change::run(invocation, change::Goal::Converge, &arguments, None),
        Command::Plan(arguments) => plan::run(invocation, &arguments),
        Command::Down(arguments) => change::run(invocation, change::Goal::Remove, &arguments, None),
        Command::Status(arguments) => status::run(invocation, &arguments),
        Command::Validate(stage) => validate::run(invocation, stage.name.as_deref()),
        Command::Fmt(arguments) => fmt::run(invocation, &arguments),
        Command::Outputs(arguments) => outputs::run(invocation, arguments.name.as_deref()),
        Command::Watch(arguments) => watch::run(invocation, &arguments),
        Command::Scale(arguments) => scale::run(invocation, &arguments),
        Command::Import(arguments) => import::run(invocation, arguments),
        Command::Rollback(arguments) => rollback::run(invocation, &arguments),
        Command::Logs(arguments) => logs::run(invocation, &arguments),
        Command::Exec(arguments) => exec::run(invocation, &arguments),
        Command::Ssh(arguments) => ssh::run(invocation, &arguments),
        Command::State(command) => state::run(invocation, &command),
        Command::Sandbox(command) => sandbox::run(invocation, &command),
        Command::Completions { shell } => completions::run(invocation, shell),
        Command::Graph(arguments) => graph::run(invocation, &arguments),
        Command::Explain { code } => explain::run(invocation, code.as_deref()),
        Command::Init(arguments) => init::run(invocation, &arguments),
        Command::Lsp => crate::lsp::run(invocation),
        Command::Man { command } => man::run(invocation, &command),
        Command::Version => {
            let program = invocation.edge.program();
            let detailed = invocation.options.verbose > 0;
            invocation
                .terminal
                .print(&crate::version::text(&program, detailed))?;
            Ok(Exit::Done)
        }
    }
}
