//! The `fleetflow` and `flow` commands: arguments in, progress and results out. What they do is done by
//! `fleetflow-core`, `fleetflow-kdl` and `fleetflow-sandbox`; nothing here is needed to use those as libraries.

#![expect(
    clippy::similar_names,
    reason = "`state` and `stage` are the words of the field, and often stand side by side"
)]

mod allocator;
mod arguments;
mod clouds;
mod commands;
mod completing;
mod documents;
mod edge;
mod exit;
mod failure;
mod invocation;
mod load;
mod lock;
mod logging;
mod lsp;
mod patience;
mod place;
mod progress;
mod project;
mod question;
mod reach;
mod runtime;
mod saved;
mod show;
mod site;
mod store;
mod telemetry;
mod terminal;
mod usage;
mod version;
mod workplace;

use std::process::ExitCode;

use clap::Parser as _;

pub use documents::schemas::schemas;

use arguments::{Arguments, Command};
use edge::Edge;
use exit::Exit;
use failure::Failure;
use invocation::Invocation;

/// The program behind both names.
pub fn main() -> ExitCode {
    match (Edge::of_process(), edge::asking_shell()) {
        (Ok(edge), Some(shell)) => completing::answer(&edge, &shell).into(),
        (Ok(edge), None) => run(edge).into(),
        (Err(_), Some(_)) => Exit::Failed.into(),
        (Err(error), None) => {
            anstream::eprint!("{}", show::failure::error(&error));
            Exit::from(error.kind()).into()
        }
    }
}

fn run(edge: Edge) -> Exit {
    let arguments = match Arguments::try_parse_from(&edge.words) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&edge, &error),
    };
    let invocation = Invocation::new(edge, arguments.options);
    // `watch` begins it with its own traces.
    if !matches!(arguments.command, Command::Watch(_)) {
        logging::start(invocation.options.verbose, invocation.terminal);
    }
    match commands::run(&invocation, arguments.command) {
        Ok(exit) => exit,
        Err(failure) => {
            tell(&invocation, &failure);
            failure.exit()
        }
    }
}

/// Help and version are answers; everything else is wrong usage, whose code is ours and not clap's.
fn usage(edge: &Edge, error: &clap::Error) -> Exit {
    if error.kind() == clap::error::ErrorKind::DisplayVersion && version::wants_details(&edge.words) {
        anstream::print!("{}", version::text(&edge.program(), true));
        return Exit::Done;
    }
    match error.kind() {
        clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion => {
            shown(error, Exit::Done)
        }
        clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => shown(error, Exit::Usage),
        _ => {
            let error = usage::error(error, &edge.program(), &edge.words);
            anstream::eprint!("{}", show::failure::error(&error));
            Exit::Usage
        }
    }
}

fn shown(help: &clap::Error, exit: Exit) -> Exit {
    // A closed pipe behind the help is nothing to report.
    drop(help.print());
    exit
}

fn tell(invocation: &Invocation, failure: &Failure) {
    invocation
        .terminal
        .alert(&show::failure::failure(failure, invocation.look()));
}
