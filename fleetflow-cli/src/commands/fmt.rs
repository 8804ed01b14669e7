//! `fmt`: rewrites the file in canonical form, or checks that it is.

use std::fs;
use std::path::Path;

use fleetflow_core::{Error, ErrorKind};

use crate::arguments::FmtArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::load;

pub(super) fn run(invocation: &Invocation, arguments: &FmtArguments) -> Result<Exit, Failure> {
    let project = load::project(invocation)?;
    let path = invocation.edge.folder.join(&project.file);
    let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, &error))?;
    let formatted = fleetflow_kdl::format(&text)?;
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
    replace(&path, &formatted).map_err(|error| failed("write", &path, &error))?;
    invocation.terminal.say(&format!("{file} was laid out anew.\n"));
    Ok(Exit::Done)
}

/// A crash leaves the old file or the new one, never half of one; its permissions stay.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = fs::canonicalize(path)?;
    let beside = path.with_extension(format!("kdl.{}.new", std::process::id()));
    fs::write(&beside, text)?;
    fs::set_permissions(&beside, fs::metadata(&path)?.permissions())?;
    fs::rename(&beside, &path).inspect_err(|_| drop(fs::remove_file(&beside)))
}

fn failed(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Local,
        format!("could not {verb} {}: {error}", path.display()),
    )
    .help("check the file's permissions")
}
