//! `explain`: what a code means and what to do, from the register of the library.

use fleetflow_core::Error;
use fleetflow_core::codes::{self, Code};
use fleetflow_core::model::did_you_mean;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::show::style::{BOLD, paint};

/// Prints the entry of `code`, or one line for each.
pub(super) fn run(invocation: &Invocation, code: Option<&str>) -> Result<Exit, Failure> {
    let terminal = invocation.terminal;
    let Some(code) = code else {
        let lines: String = codes::all()
            .map(|code| format!("{}  {}\n", code.number, code.title))
            .collect();
        terminal.show(&lines)?;
        return Ok(Exit::Done);
    };
    let found = codes::find(code).ok_or_else(|| unknown(code))?;
    terminal.show(&entry(found, terminal.result_width()))?;
    Ok(Exit::Done)
}

fn entry(code: &Code, width: usize) -> String {
    let Code {
        number,
        name,
        kind: _,
        title,
        meaning,
        next,
        example,
    } = code;
    let width = width.min(100);
    let mut text = format!(
        "{}\n\n{}\n",
        paint(BOLD, format!("{number} ({name}): {title}")),
        textwrap::fill(meaning, width)
    );
    text.push_str(&format!(
        "{}\n",
        textwrap::fill(&format!("What to do: {next}"), width)
    ));
    if !example.is_empty() {
        text.push_str(if name.contains("::") {
            "A file with this mistake:\n\n"
        } else {
            "It is told like this:\n\n"
        });
        for line in example.lines() {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text
}

fn unknown(code: &str) -> Error {
    let error = Error::of(&codes::UNKNOWN_NAME, format!("there is no code `{code}`"));
    let numbers = codes::all().map(|code| code.number);
    match did_you_mean(&code.to_uppercase(), numbers) {
        Some(near) => error.help(format!("did you mean {near}? `flow explain` lists all codes")),
        None => error.help("`flow explain` lists all codes"),
    }
}
