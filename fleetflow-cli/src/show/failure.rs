//! Errors and mistakes as text: what was attempted, what the provider said, what to do next.

use std::fmt::{self, Write as _};

use fleetflow_core::codes::Code;
use fleetflow_core::{Address, Error};
use fleetflow_kdl::{Diagnostic, Diagnostics, Severity};
use miette::{Diagnostic as _, GraphicalReportHandler, GraphicalTheme};

use super::style::{BOLD, DIM, RED, YELLOW, paint};
use super::text;
use crate::failure::Failure;

/// How mistakes are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) colored: bool,
    pub(crate) width: usize,
}

/// The failure of a whole command.
pub(crate) fn failure(failure: &Failure, look: Look) -> String {
    match failure {
        Failure::Error(error) => self::error(error),
        Failure::Mistakes(mistakes) | Failure::Located(mistakes, _) => self::mistakes(mistakes, look),
    }
}

/// An error, or each of its problems, with advice.
pub(crate) fn error(error: &Error) -> String {
    let problems = error.problems();
    if problems.is_empty() {
        return block(&subject(error.address(), error.operation()), error, None);
    }
    let mut lines = String::new();
    for problem in problems {
        let code = problem.registered();
        let place = match (&problem.address, problem.path.segments()) {
            (Some(address), []) => format!("{address}: "),
            (Some(address), _) => format!("{address}: {}: ", problem.path),
            (None, []) => String::new(),
            (None, _) => format!("{}: ", problem.path),
        };
        line(&mut lines, &format!("{} {place}{}", label(code), problem.message));
        if let Some(help) = &problem.help {
            line(&mut lines, &format!("  {} {help}", paint(BOLD, "help:")));
        }
    }
    if problems.len() > 1 {
        line(&mut lines, &text::count(problems.len() as u64, "problem"));
    }
    lines
}

/// A failed step: operation, the provider's words, its code and request, what was done, how to go on.
pub(crate) fn step(address: &Address, error: &Error, done: &str) -> String {
    block(
        &subject(Some(error.address().unwrap_or(address)), error.operation()),
        error,
        Some(done),
    )
}

/// So many mistakes are drawn. More than that are not read from a screen, but searched, and a line each is best for that.
const DRAWN: usize = 50;

/// So many columns of a line are drawn. The place above it says which column is meant.
const LONGEST: usize = 400;

/// Every mistake of a file, the first ones underlined.
pub(crate) fn mistakes(mistakes: &Diagnostics, look: Look) -> String {
    // What a plan finds is in no document of its own.
    let most = mistakes.attempt().map_or(DRAWN, |_| usize::MAX);
    let drawn = mistakes.related().into_iter().flatten().take(most);
    let blocks: Vec<_> = mistakes
        .iter()
        .zip(drawn)
        .map(|(mistake, drawn)| self::mistake(mistake, drawn, look))
        .collect();
    let lines: String = mistakes
        .iter()
        .skip(most)
        .map(|mistake| format!("{}\n", brief(mistakes, mistake)))
        .collect();
    let of = |severity, noun| {
        let number = mistakes.count(severity);
        (number > 0).then(|| text::count(number as u64, noun))
    };
    let counts = [of(Severity::Error, "problem"), of(Severity::Warning, "warning")];
    let mut count = text::joined(counts.into_iter().flatten());
    if let Some(attempt) = mistakes.attempt() {
        count = format!("cannot {attempt}: {count}");
    }
    let (separator, all) = if lines.is_empty() {
        ("", "")
    } else {
        ("\n", "; `flow validate --json` tells all of them in full")
    };
    format!(
        "{}{separator}{lines}\n{}{all}\n",
        blocks.join("\n"),
        paint(BOLD, count)
    )
}

/// `flow.kdl:4:26: -1 is out of range [FF0141]`, as compilers and `grep` write places.
fn brief(mistakes: &Diagnostics, mistake: &Diagnostic) -> String {
    let file = mistake.span.and_then(|span| mistakes.sources().file(span.file));
    let place = match (file, mistakes.location(mistake)) {
        (Some(file), Some(at)) => format!("{}:{}:{}: ", file.name(), at.line, at.column),
        _ => String::new(),
    };
    let word = match mistake.severity {
        Severity::Error => "",
        Severity::Warning => "warning: ",
    };
    let number = mistake.number().map(|number| format!(" [{number}]"));
    format!("{place}{word}{}{}", mistake.message, number.unwrap_or_default())
}

fn mistake(mistake: &Diagnostic, drawn: &dyn miette::Diagnostic, look: Look) -> String {
    let theme = if look.colored {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(look.width)
        // A name that is broken at its hyphen is no name: nobody finds it, or can copy it.
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .with_links(false);
    let (style, word) = match mistake.severity {
        Severity::Error => (RED, "error"),
        Severity::Warning => (YELLOW, "warning"),
    };
    let label = match mistake.number() {
        Some(number) => format!("{word}[{number}]:"),
        None => format!("{word}:"),
    };
    let mut text = String::new();
    // Where the drawing fails, the words are still known.
    let place = match handler.render_report(&mut text, &Untold(drawn)) {
        Ok(()) => text
            .trim_start_matches('\n')
            .split_once('\n')
            .map(|(_, place)| place),
        Err(_) => None,
    };
    let place = place.unwrap_or_default().trim_end_matches('\n');
    let place: Vec<_> = place
        .lines()
        .map(|line| console::truncate_str(line, LONGEST, "…"))
        .collect();
    let place = place.join("\n");
    let separator = if place.is_empty() { "" } else { "\n" };
    format!("{} {}{separator}{place}\n", paint(style, label), mistake.message)
}

/// A mistake as it is drawn below its message: the place and the advice.
#[derive(Debug)]
struct Untold<'d>(&'d dyn miette::Diagnostic);

impl fmt::Display for Untold<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Untold<'_> {}

impl miette::Diagnostic for Untold<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        self.0.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help()
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        self.0.labels()
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        self.0.related()
    }
}

/// The word and the number that `flow explain` knows.
fn label(code: &Code) -> String {
    paint(RED, format!("error[{}]:", code.number))
}

fn subject(address: Option<&Address>, operation: Option<&str>) -> String {
    match (address, operation) {
        (Some(address), Some(operation)) => format!("{address}: could not {operation}"),
        (Some(address), None) => address.to_string(),
        (None, Some(operation)) => format!("could not {operation}"),
        (None, None) => String::new(),
    }
}

fn block(subject: &str, error: &Error, done: Option<&str>) -> String {
    let mut lines = String::new();
    let separator = if subject.is_empty() { "" } else { ": " };
    line(
        &mut lines,
        &format!(
            "{} {subject}{separator}{}",
            label(error.registered()),
            error.message()
        ),
    );
    let known = [
        ("code", error.provider_code()),
        ("request", error.provider_request_id()),
    ];
    let known: Vec<_> = known
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
        .collect();
    if !known.is_empty() {
        line(
            &mut lines,
            &format!("  {}", paint(DIM, format!("the provider's {}", known.join(", ")))),
        );
    }
    if let Some(done) = done {
        line(&mut lines, &format!("  {done}"));
    }
    if let Some(help) = error.advice() {
        line(&mut lines, &format!("  {} {help}", paint(BOLD, "help:")));
    }
    lines
}

fn line(lines: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(lines, "{text}");
}

#[cfg(test)]
mod tests {
    use fleetflow_core::model::Problem;
    use fleetflow_core::{Address, ErrorKind};

    use super::*;

    fn plain(text: &str) -> String {
        console::strip_ansi_codes(text).into_owned()
    }

    #[test]
    fn a_failed_step_names_everything_that_helps() {
        let address = Address::new("server", "web");
        let error = Error::new(ErrorKind::Refused, "no capacity in tk1a")
            .during("create the server")
            .code("limit_exceeded")
            .request_id("abc123")
            .help("choose another zone");
        assert_eq!(
            plain(&step(&address, &error, "2 of 3 steps are done and saved")),
            "error[FF0209]: server.web: could not create the server: no capacity in tk1a\n  \
             the provider's code limit_exceeded, request abc123\n  2 of 3 steps are done and saved\n  \
             help: choose another zone\n"
        );
    }

    #[test]
    fn several_problems_are_listed_and_counted() {
        let problem = |name: &str| {
            Problem::guard(&Address::new("server", name), "it is protected")
                .help("set `protect #false` first")
        };
        let shown = plain(&error(&Error::from_problems(vec![problem("a"), problem("b")])));
        assert!(
            shown.starts_with("error[FF0203]: server.a: it is protected\n  help: set"),
            "{shown}"
        );
        assert!(shown.ends_with("2 problems\n"), "{shown}");
    }
}
