//! `man`: the manual page of the program or of one of its commands, made from the same words as the help.

use clap::CommandFactory as _;
use clap_mangen::Man;
use fleetflow_core::{Error, codes};

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Prints the page of the command that these words name; without words that of the program.
pub(super) fn run(invocation: &Invocation, words: &[String]) -> Result<Exit, Failure> {
    let mut command = Arguments::command().name(invocation.edge.program().clone());
    command.build();
    for word in words {
        command = subcommand(&command, word)?;
    }
    let mut page = Vec::new();
    // Writing into memory cannot fail.
    let shown = command.get_display_name().unwrap_or_else(|| command.get_name());
    let source = format!("{shown} {}", env!("CARGO_PKG_VERSION"));
    // Without a date, what made the page would stand in its place: arguments of the title are told apart by their number.
    let date = option_env!("FLEETFLOW_DATE").unwrap_or(" ");
    drop(Man::new(command).date(date).source(source).render(&mut page));
    invocation
        .terminal
        .print(&well_formed(&String::from_utf8_lossy(&page)))?;
    Ok(Exit::Done)
}

/// `page` as `mandoc -T lint` has nothing to warn of, and as it looks all the same.
fn well_formed(page: &str) -> String {
    // What the help ends with is what pages have a section for (man-pages(7)).
    let page = page.replace("\n.SH EXTRA\n", "\n.SH \"EXIT STATUS\"\n");
    // Breaks around an empty line are one vertical space.
    let page = page.replace("\n.br\n\n.br\n", "\n.sp\n");
    let lines = page.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

fn subcommand(command: &clap::Command, word: &str) -> Result<clap::Command, Error> {
    command.find_subcommand(word).cloned().ok_or_else(|| {
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
        Error::of(&codes::UNKNOWN_NAME, format!("`{name}` has no command `{word}`"))
            .help(format!("`{name} --help` lists the commands"))
    })
}
