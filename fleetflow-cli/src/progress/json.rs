//! Progress as JSON lines on standard output, for programs.

use fleetflow_core::converge::Event;

use super::{Display, Running};
use crate::documents::event::{EventLine, Happened};
use crate::terminal::Terminal;

pub(super) struct JsonLines {
    terminal: Terminal,
}

impl JsonLines {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self { terminal }
    }
}

impl Display for JsonLines {
    fn event(&mut self, event: &Event, time: &str, _running: &Running) {
        write(self.terminal, &EventLine::new(time.to_owned(), event.into()));
    }

    fn tick(&mut self, _running: &Running) {}

    fn note(&mut self, text: &str) {
        self.terminal.alert(&format!("{text}\n"));
    }
}

/// Writes what happened now as a line.
pub(crate) fn tell(terminal: Terminal, happened: Happened) {
    write(terminal, &EventLine::new(crate::edge::now(), happened));
}

fn write(terminal: Terminal, line: &EventLine) {
    let written = serde_json::to_string(line)
        .map_err(|error| error.to_string())
        .and_then(|line| {
            terminal
                .print(&format!("{line}\n"))
                .map_err(|error| error.to_string())
        });
    // A full disk behind standard output must not stop a run in the middle; it is told where people look.
    if let Err(error) = written {
        terminal.alert(&format!("an event could not be written: {error}\n"));
    }
}
