//! How Bash asks and is answered. Bash cuts the line at `=` and `:` too, and puts what it is answered into the line as it is,
//! so the line is cut into words here, and what means something to Bash is quoted.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::engine::complete;
use clap_complete::env::EnvCompleter;

pub(super) const NAME: &str = "bash";

/// `read` in a loop instead of `mapfile`, which the Bash of macOS does not have.
const SCRIPT: &str = r#"_NAME() {
    local answer
    COMPREPLY=()
    while IFS= read -r answer; do
        COMPREPLY+=("$answer")
    done < <(VARIABLE=bash PROGRAM -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    if [[ ${COMPREPLY-} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -F _NAME PROGRAM
"#;

#[derive(Debug)]
pub(super) struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is(&self, name: &str) -> bool {
        name == NAME
    }

    fn write_registration(
        &self,
        variable: &str,
        name: &str,
        program: &str,
        _completer: &str,
        script: &mut dyn Write,
    ) -> io::Result<()> {
        let text = SCRIPT.replace("VARIABLE", variable).replace("PROGRAM", program);
        script.write_all(text.replace("NAME", name).as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        given: Vec<OsString>,
        folder: Option<&Path>,
        answer: &mut dyn Write,
    ) -> io::Result<()> {
        let line = Line::read(&given);
        let last = line.words.len() - 1;
        for candidate in complete(command, line.words.clone(), last, folder)? {
            writeln!(answer, "{}", line.reply(&candidate.get_value().to_string_lossy()))?;
        }
        Ok(())
    }
}

/// The command line up to the cursor, as Bash would read it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The words without their quotes; the last one is being typed, and may be empty.
    pub(super) words: Vec<OsString>,
    /// The quote that the last word has opened.
    quote: Option<char>,
    /// The beginning of the last word that Bash leaves as it is.
    kept: String,
}

impl Line {
    /// Reads what the script gives: the line, and what of its last word Bash takes for the word.
    pub(super) fn read(given: &[OsString]) -> Self {
        let text = |index: usize| {
            given
                .get(index)
                .map(|text| text.to_string_lossy())
                .unwrap_or_default()
        };
        let (mut words, quote) = split(&text(0));
        // `NAME=VALUE flow plan`
        while words.len() > 1 && words[0].contains('=') {
            words.remove(0);
        }
        let fragment = match quote {
            Some(quote) => text(1).trim_start_matches(quote).to_owned(),
            None => split(&text(1)).0.pop().unwrap_or_default(),
        };
        let last = words.last().map(String::as_str).unwrap_or_default();
        let kept = last
            .strip_suffix(fragment.as_str())
            .unwrap_or_default()
            .to_owned();
        let words = words.into_iter().map(OsString::from).collect();
        Self { words, quote, kept }
    }

    /// `value` as it has to stand where the word is that Bash replaces.
    fn reply(&self, value: &str) -> String {
        let value = value.strip_prefix(&self.kept).unwrap_or(value);
        if self.quote.is_some() {
            return value.to_owned();
        }
        let plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+".contains(c);
        let quoted = value.chars().flat_map(|c| [(!plain(c)).then_some('\\'), Some(c)]);
        quoted.flatten().collect()
    }
}

/// The words of `line`, at least one, and the quote that is open at its end.
fn split(line: &str) -> (Vec<String>, Option<char>) {
    let (mut words, mut quote, mut is_in_word) = (vec![String::new()], None, false);
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        let is_blank = quote.is_none() && c.is_whitespace();
        if is_blank && is_in_word {
            words.push(String::new());
        }
        is_in_word = !is_blank;
        let word = words.last_mut().map(|word| (word, quote));
        match (word, c) {
            (Some((_, None)), '"' | '\'') => quote = Some(c),
            (Some((_, Some(open))), _) if open == c => quote = None,
            (Some((word, None | Some('"'))), '\\') => word.extend(rest.next()),
            (Some((word, _)), _) if !is_blank => word.push(c),
            _ => {}
        }
    }
    (words, quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(line: &str, fragment: &str, value: &str) -> String {
        Line::read(&[line.into(), fragment.into()]).reply(value)
    }

    #[test]
    fn a_line_is_cut_into_words_as_bash_does() {
        let of = |line: &str| Line::read(&[line.into(), "".into()]).words.join(" | ".as_ref());
        assert_eq!(of("flow  plan "), "flow | plan | ");
        assert_eq!(of("A=b flow --stage=pro"), "flow | --stage=pro");
        assert_eq!(of(r#"flow "a b"c d\ e 'f"#), "flow | a bc | d e | f");
        assert_eq!(of(""), "");
    }

    #[test]
    fn only_what_bash_replaces_is_said_and_quoted_outside_of_quotes() {
        assert_eq!(reply("flow --stage=pro", "pro", "--stage=prod"), "prod");
        assert_eq!(reply("flow --stage=", "", "--stage=prod"), "prod");
        assert_eq!(reply("flow a:b", "b", "a:bc d"), r"bc\ d");
        assert_eq!(reply(r"flow my\ f", r"my\ f", "my file"), r"my\ file");
        assert_eq!(reply("flow \"my f", "my f", "my file"), "my file");
    }
}
