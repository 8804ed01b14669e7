//! Standard output and standard error: colours, a reader who went away, questions. It knows nothing of what is said.

pub(crate) mod fold;
pub(crate) mod hush;
pub(crate) mod raw;

use std::borrow::Cow;
use std::io::{self, Write as _};

use anstream::{AutoStream, ColorChoice};
use fleetflow_core::{Error, ErrorKind, Result};

use crate::arguments::{Color, Options};
use crate::edge::Edge;

/// The columns of paragraphs that go to a pipe or a file.
const PIPED: usize = 100;
/// Narrower terminals break lines themselves.
const NARROWEST: usize = 30;

/// Where results go, and where people are told things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    out: ColorChoice,
    err: ColorChoice,
    /// The columns of standard output, where it is a terminal.
    out_width: Option<usize>,
    /// Those of standard error.
    err_width: Option<usize>,
    /// Whether progress may move the cursor.
    pub(crate) live: bool,
    /// Whether there is somebody to ask.
    pub(crate) can_ask: bool,
    /// Whether only results and errors are wanted.
    pub(crate) quiet: bool,
}

/// Whether somebody still reads a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    There,
    /// The pipe was closed.
    Left,
}

impl Terminal {
    /// The terminal of `edge`, used as `options` say.
    pub(crate) fn new(edge: &Edge, options: &Options) -> Self {
        let moving = edge.variable("CI").is_none() && edge.variable("TERM") != Some("dumb");
        let can_ask = edge.can_ask && !options.no_input && edge.variable("CI").is_none();
        Self {
            out: color(edge, options.color, edge.stdout_is_terminal),
            err: color(edge, options.color, edge.stderr_is_terminal),
            out_width: edge.stdout_is_terminal.then(|| columns(&console::Term::stdout())),
            err_width: edge.stderr_is_terminal.then(|| columns(&console::Term::stderr())),
            live: edge.stderr_is_terminal && moving && options.verbose == 0 && !options.quiet,
            can_ask,
            quiet: options.quiet,
        }
    }

    /// One without colours and movement.
    #[cfg(test)]
    pub(crate) fn plain(can_ask: bool) -> Self {
        Self {
            out: ColorChoice::Never,
            err: ColorChoice::Never,
            out_width: None,
            err_width: None,
            live: false,
            can_ask,
            quiet: false,
        }
    }

    /// Whether standard error gets colours.
    pub(crate) fn colored_errors(&self) -> bool {
        self.err != ColorChoice::Never
    }

    /// How many columns a line on standard error may have.
    pub(crate) fn width(&self) -> usize {
        self.err_width.unwrap_or(PIPED)
    }

    /// Whether results go to a terminal.
    pub(crate) fn is_read_by_people(&self) -> bool {
        self.out_width.is_some()
    }

    /// How many columns a line of a result may have.
    pub(crate) fn result_width(&self) -> usize {
        self.out_width.unwrap_or(PIPED)
    }

    /// `text` as it is told on standard error: no line is longer than a terminal is wide.
    pub(crate) fn fitted<'t>(&self, text: &'t str) -> Cow<'t, str> {
        fitted(text, self.err_width)
    }

    /// Writes a result for people: no line is longer than a terminal is wide.
    pub(crate) fn show(&self, text: &str) -> Result<()> {
        self.print(&fitted(text, self.out_width))
    }

    /// Writes a result as it is, as programs read it.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        self.put(text).map(drop)
    }

    /// Writes a part of a result that goes on as long as somebody reads it.
    pub(crate) fn put(&self, text: &str) -> Result<Reader> {
        let mut out = AutoStream::new(io::stdout().lock(), self.out);
        reader(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Writes what another program wrote, byte by byte.
    #[expect(
        clippy::unused_self,
        reason = "who writes without a terminal does so past everybody else"
    )]
    pub(crate) fn pass(&self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        reader(out.write_all(bytes).and_then(|()| out.flush())).map(drop)
    }

    /// The same, for its errors. A closed standard error is no reason to stop.
    #[expect(
        clippy::unused_self,
        reason = "who writes without a terminal does so past everybody else"
    )]
    pub(crate) fn pass_error(&self, bytes: &[u8]) {
        let mut err = io::stderr().lock();
        drop(err.write_all(bytes).and_then(|()| err.flush()));
    }

    /// Writes a result as one JSON document.
    pub(crate) fn print_json(&self, document: &impl serde::Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(document).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                format!("the result could not be encoded: {error}"),
            )
        })?;
        self.print(&format!("{text}\n"))
    }

    /// Tells something that is no result: hidden by `--quiet`.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            self.alert(text);
        }
    }

    /// Tells something that must be seen. A closed standard error is no reason to stop.
    pub(crate) fn alert(&self, text: &str) {
        let mut err = AutoStream::new(io::stderr().lock(), self.err);
        drop(
            err.write_all(self.fitted(text).as_bytes())
                .and_then(|()| err.flush()),
        );
    }
}

fn reader(written: io::Result<()>) -> Result<Reader> {
    match written {
        Ok(()) => Ok(Reader::There),
        // Whoever read has read enough: `flow plan | head -1`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Left),
        Err(error) => {
            let message = format!("standard output cannot be written: {error}");
            Err(Error::new(ErrorKind::Local, message).help("check where it goes to"))
        }
    }
}

/// What the user's terminal or pipe gives to a program that is run for them.
pub(crate) fn input() -> tokio::io::Stdin {
    tokio::io::stdin()
}

/// The line that a person types, without its end. Blocks.
pub(crate) fn read_line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// <https://no-color.org> and <https://bixense.com/clicolors>, the option first.
fn color(edge: &Edge, wanted: Color, is_terminal: bool) -> ColorChoice {
    let forced = edge.variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let plain = edge.variable("CI").is_some() || edge.variable("TERM") == Some("dumb");
    let colored = match wanted {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => edge.variable("NO_COLOR").is_none() && (forced || is_terminal && !plain),
    };
    if colored {
        ColorChoice::AlwaysAnsi
    } else {
        ColorChoice::Never
    }
}

fn columns(terminal: &console::Term) -> usize {
    let (_, columns) = terminal.size();
    usize::from(columns).max(NARROWEST)
}

fn fitted(text: &str, width: Option<usize>) -> Cow<'_, str> {
    match width {
        Some(width) => fold::fold(text, width).into(),
        None => text.into(),
    }
}
