//! Progress as plain lines: one for each finished step, and a sign of life every ten seconds. No cursor movement.

use std::time::{Duration, Instant};

use fleetflow_core::Address;
use fleetflow_core::converge::Event;
use fleetflow_core::plan::Action;

use super::{Display, Running};
use crate::show::style::{DIM, RED, YELLOW, done, name, paint, style, symbol};
use crate::show::text;
use crate::terminal::Terminal;

/// How long nothing may be said while something runs.
const HEARTBEAT: Duration = Duration::from_secs(10);

pub(super) struct Lines {
    terminal: Terminal,
    last: Instant,
}

impl Lines {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            last: Instant::now(),
        }
    }

    fn say(&mut self, line: &str) {
        self.terminal.say(&format!("{line}\n"));
        self.last = Instant::now();
    }
}

impl Display for Lines {
    fn event(&mut self, event: &Event, _time: &str, running: &Running) {
        if let Some(line) = finished(event, running) {
            self.say(&line);
        }
    }

    fn tick(&mut self, running: &Running) {
        let lines = running.lines();
        if !lines.is_empty() && self.last.elapsed() >= HEARTBEAT {
            let line = format!("... {}", text::some_of(&lines, 6));
            self.say(&paint(DIM, line));
        }
    }

    fn note(&mut self, text: &str) {
        self.terminal.alert(&format!("{text}\n"));
    }
}

/// The line of a step that ended, or was not begun and why; nothing for everything else.
pub(super) fn finished(event: &Event, running: &Running) -> Option<String> {
    match event {
        Event::Done {
            address,
            action,
            elapsed,
        } => Some(success(address, *action, *elapsed)),
        Event::Failed {
            address,
            action,
            error,
        } => {
            let (verb, elapsed) = (name(*action), text::duration(running.last));
            let (style, what) = if error.kind() == fleetflow_core::ErrorKind::Cancelled {
                (YELLOW, format!("{verb} stopped after {elapsed}"))
            } else {
                (RED, format!("failed to {verb} after {elapsed}"))
            };
            // What was stopped says that itself too.
            let message = error.message();
            let message = message.strip_prefix("stopped while ").unwrap_or(message);
            let message = message.strip_prefix("waiting: ").unwrap_or(message);
            Some(format!(
                "{}  {address}  {}: {message}",
                paint(style, "!  "),
                paint(style, what)
            ))
        }
        Event::Noted { address, note } => Some(format!("     {address}  {note}")),
        Event::Skipped { address, because } => Some(format!(
            "{}  {address}  {}: {because}",
            paint(DIM, ".  "),
            paint(DIM, "skipped")
        )),
        Event::Started { .. } | Event::Waiting { .. } => None,
    }
}

fn success(address: &Address, action: Action, elapsed: Duration) -> String {
    let what = format!("{} in {}", done(action), text::duration(elapsed));
    format!("{}  {address}  {what}", paint(style(action), symbol(action)))
}

#[cfg(test)]
mod tests {
    use fleetflow_core::{Error, ErrorKind};

    use super::*;

    fn shown(event: &Event) -> String {
        let line = finished(event, &Running::default()).unwrap();
        console::strip_ansi_codes(&line).into_owned()
    }

    #[test]
    fn finished_steps_say_what_became_of_them() {
        let address = Address::new("server", "web");
        let elapsed = Duration::from_secs(12);
        let done = Event::Done {
            address: address.clone(),
            action: Action::Replace,
            elapsed,
        };
        assert_eq!(shown(&done), "-/+  server.web  replaced in 12 s");
        let failed = |kind| Event::Failed {
            address: address.clone(),
            action: Action::Create,
            error: Error::new(kind, "no capacity"),
        };
        assert_eq!(
            shown(&failed(ErrorKind::Refused)),
            "!    server.web  failed to create after 0.0 s: no capacity"
        );
        assert_eq!(
            shown(&failed(ErrorKind::Cancelled)),
            "!    server.web  create stopped after 0.0 s: no capacity"
        );
        let waiting = Event::Failed {
            address: address.clone(),
            action: Action::Create,
            error: Error::new(ErrorKind::Cancelled, "stopped while waiting: disk copy 19 %"),
        };
        assert_eq!(
            shown(&waiting),
            "!    server.web  create stopped after 0.0 s: disk copy 19 %"
        );
        let skipped = Event::Skipped {
            address: address.clone(),
            because: "switch.private failed".to_owned(),
        };
        assert_eq!(shown(&skipped), ".    server.web  skipped: switch.private failed");
    }
}
