//! `fmt`: rewrites the file in canonical form, or checks that it is.

use fleetflow_access::whole::{self, Readers};

use crate::arguments::FmtArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::load;

pub(super) fn run(invocation: &Invocation, arguments: &FmtArguments) -> Result<Exit, Failure> {
    let project = load::project(invocation)?;
    let path = invocation.edge.folder.join(&project.file);
    let (text, formatted) = fleetflow_kdl::format_file(&load::options(invocation, &project))?;
    let file = project.file.display();
    if formatted == text {
        invocation
            .terminal
            .say(&format!("{file} is in canonical form.\n"));
        return Ok(Exit::Done);
    }
    if arguments.check {
        invocation
            .terminal
            .alert(&format!("{file} is not in canonical form: run `flow fmt`.\n"));
        return Ok(Exit::Failed);
    }
    whole::replace(&path, formatted.as_bytes(), Readers::Others)
        .map_err(|error| whole::unwritable(format!("could not write {}", path.display()), &error))?;
    invocation.terminal.say(&format!("{file} was laid out anew.\n"));
    Ok(Exit::Done)
}
