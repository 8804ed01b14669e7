//! What a shell offers for the words that are typed so far. It asks no cloud, no bucket and no person, and tells no
//! mistake: who is typing is not done yet.

mod bash;
mod known;
mod offers;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::sync::Arc;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_complete::env::{Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::arguments::Arguments;
use crate::edge::{COMPLETE, Edge};
use crate::exit::Exit;
use known::Known;

/// The script that makes `shell` ask `program` what to offer.
pub(crate) fn script(shell: Shell, program: &str) -> io::Result<String> {
    let mut script = Vec::new();
    adapter(&shell.to_string()).map_or(Ok(()), |adapter| {
        adapter.write_registration(COMPLETE, program, program, program, &mut script)
    })?;
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Zsh {
        // Words are to be asked about as they will be read, without their quotes.
        script = script.replace("${words[@]}", "${(Q)words[@]}");
        // In a folder of functions, the script is what zsh calls for the first word that is completed.
        let function = format!("_clap_dynamic_completer_{program}");
        script += &format!("if [ \"$funcstack[1]\" = \"_{program}\" ]; then {function} \"$@\"; fi\n");
    }
    Ok(script)
}

/// Answers `shell`. Where there is nothing to say, for whatever reason, nothing is said.
pub(crate) fn answer(edge: &Edge, shell: &str) -> Exit {
    let mut answer = Vec::new();
    let answered = answered(edge, shell, &mut answer).and_then(|()| io::stdout().write_all(&answer));
    if answered.is_ok() {
        Exit::Done
    } else {
        Exit::Failed
    }
}

fn answered(edge: &Edge, shell: &str, answer: &mut Vec<u8>) -> io::Result<()> {
    let unasked = || io::Error::from(io::ErrorKind::InvalidInput);
    let adapter = adapter(shell).ok_or_else(unasked)?;
    let given = edge.words.iter().skip_while(|word| *word != "--").skip(1);
    let given: Vec<OsString> = given.cloned().collect();
    if given.is_empty() {
        return Err(unasked());
    }
    let (words, at) = words(edge, shell, &given);
    let known = Arc::new(Known::new(edge, &words, at));
    let is_option = words
        .get(at)
        .is_some_and(|word| word.to_string_lossy().starts_with('-'));
    let mut command = offers::offering(Arguments::command(), &known);
    command.build();
    if !is_option {
        command = offers::without_options(command);
    }
    adapter.write_complete(&mut command, given, Some(&edge.folder), answer)
}

/// The words of the command line, and which of them is being typed.
fn words(edge: &Edge, shell: &str, given: &[OsString]) -> (Vec<OsString>, usize) {
    if shell == bash::NAME {
        let words = bash::Line::read(given).words;
        let last = words.len() - 1;
        return (words, last);
    }
    // How the adapters of `clap_complete` for zsh and Elvish are told.
    let index = edge
        .variable("_CLAP_COMPLETE_INDEX")
        .and_then(|index| index.parse().ok());
    (given.to_vec(), index.unwrap_or(given.len() - 1))
}

fn adapter(shell: &str) -> Option<&'static dyn EnvCompleter> {
    let all: [&'static dyn EnvCompleter; 5] = [&bash::Bash, &Elvish, &Fish, &Powershell, &Zsh];
    all.into_iter().find(|adapter| adapter.name() == shell)
}
