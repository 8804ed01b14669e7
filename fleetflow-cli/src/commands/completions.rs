//! `completions`: a script for a shell, under the name the program was called by.

use clap::builder::ValueHint;
use clap::{Arg, Command, CommandFactory as _};
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;

pub(super) fn run(invocation: &Invocation, shell: Shell) -> Result<Exit, Failure> {
    let (program, mut script) = (invocation.edge.program(), Vec::new());
    clap_complete::generate(shell, &mut hinted(Arguments::command()), &program, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let script = match shell {
        // It offers files for every word, where an option does not say otherwise; no word is one.
        Shell::Fish => format!("{script}complete -c {program} --no-files\n"),
        // Of what cannot be completed it tells what is meant, and then completes nothing else either: an option in its place.
        Shell::Zsh => script.replace(":' \\\n", ":( )' \\\n"),
        _ => script,
    };
    invocation.terminal.print(&script)?;
    Ok(Exit::Done)
}

/// Files are offered where one is meant. Of what nothing is known, shells hold everything for a file.
fn hinted(command: Command) -> Command {
    command.mut_args(hint).mut_subcommands(hinted)
}

fn hint(arg: Arg) -> Arg {
    let is_place = arg.get_id() == "state";
    match arg.get_value_hint() {
        ValueHint::AnyPath => arg.value_hint(ValueHint::FilePath),
        ValueHint::Unknown if is_place => arg.value_hint(ValueHint::DirPath),
        ValueHint::Unknown if arg.get_action().takes_values() => arg.value_hint(ValueHint::Other),
        _ => arg,
    }
}
