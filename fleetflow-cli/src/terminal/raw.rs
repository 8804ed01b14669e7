//! The terminal in the hands of another program: every key is passed on, its size is told. It shows nothing.

use std::io;

use fleetflow_core::{Error, ErrorKind, Result};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a terminal that does not know its size is taken for.
const USUAL: (u16, u16) = (80, 24);

/// Standard input in raw mode, for as long as this lives.
pub(crate) struct Raw {
    before: Termios,
}

impl Raw {
    /// Begins it. Standard input must be a terminal.
    pub(crate) fn begin() -> Result<Self> {
        let before = tcgetattr(io::stdin()).map_err(failed)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw).map_err(failed)?;
        Ok(Self { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Columns and rows of the terminal.
pub(crate) fn size() -> (u16, u16) {
    match tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => USUAL,
    }
}

/// Says each time that the terminal got another size.
pub(crate) fn resized() -> Result<Signal> {
    signal(SignalKind::window_change()).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Local, format!("the terminal cannot be used: {error}"))
        .help("run it without a terminal: `flow exec --no-tty ...`")
}
