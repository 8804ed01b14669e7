//! Progress on a terminal: finished steps scroll up, each running one has a live line below them.

use std::borrow::Cow;
use std::time::Instant;

use console::truncate_str;
use fleetflow_core::ErrorKind;
use fleetflow_core::converge::Event;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Display, Running, TICK, lines};
use crate::patience;
use crate::terminal::{Terminal, hush};

/// How many live lines at most: a terminal must not be filled with them.
const MOST: usize = 12;
/// How many lines of a short terminal are left to what is finished.
const REST: usize = 4;

/// What is seen to turn while something goes on.
const SIGNS: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

pub(super) struct Live {
    terminal: Terminal,
    lines: MultiProgress,
    bars: Vec<ProgressBar>,
    style: ProgressStyle,
    began: Instant,
}

impl Live {
    pub(super) fn new(terminal: Terminal) -> Self {
        // The template is a constant; the default would show the same behind a spinner.
        let style =
            ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        hush::begin();
        patience::drawn(true);
        Self {
            terminal,
            lines: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            bars: Vec::new(),
            style,
            began: Instant::now(),
        }
    }

    fn scroll(&self, line: &str) {
        let line = if self.terminal.colored_errors() {
            line.to_owned()
        } else {
            console::strip_ansi_codes(line).into_owned()
        };
        // A terminal that is gone shows nothing; the run goes on.
        drop(self.lines.println(line));
    }

    fn draw(&mut self, running: &Running) {
        let mut wanted = running.lines();
        let rows = usize::from(console::Term::stderr().size().0);
        let most = rows.saturating_sub(REST).clamp(1, MOST);
        if wanted.len() > most {
            let more = wanted.len() - (most - 1);
            wanted.truncate(most - 1);
            wanted.push(format!("and {more} more"));
        }
        while self.bars.len() < wanted.len() {
            let bar = ProgressBar::new_spinner().with_style(self.style.clone());
            self.bars.push(self.lines.add(bar));
        }
        for bar in self.bars.drain(wanted.len()..) {
            bar.finish_and_clear();
            self.lines.remove(&bar);
        }
        // One sign of life for all of them, where finished lines have their symbol.
        let turns = self.began.elapsed().as_millis() / TICK.as_millis();
        let sign = SIGNS[usize::try_from(turns).unwrap_or_default() % SIGNS.len()];
        for (bar, line) in self.bars.iter().zip(wanted) {
            bar.set_message(format!("{sign}    {line}"));
            bar.tick();
        }
    }
}

/// Of a failure no more than two lines: all of what was answered is told at the end. What was stopped is told here alone.
fn shortened<'l>(event: &Event, line: &'l str, width: usize) -> Cow<'l, str> {
    match event {
        Event::Failed { error, .. } if error.kind() != ErrorKind::Cancelled => {
            let first = line.lines().next().unwrap_or_default();
            // What goes on begins further in.
            truncate_str(first, 2 * width - 8, "…")
        }
        _ => line.into(),
    }
}

impl Display for Live {
    fn event(&mut self, event: &Event, _time: &str, running: &Running) {
        // First, or what is finished would be seen both as done and as going on.
        self.draw(running);
        let Some(line) = lines::finished(event, running) else {
            return;
        };
        self.scroll(
            &self
                .terminal
                .fitted(&shortened(event, &line, self.terminal.width())),
        );
    }

    fn tick(&mut self, running: &Running) {
        self.draw(running);
    }

    fn note(&mut self, text: &str) {
        self.scroll(&self.terminal.fitted(text));
    }

    fn end(&mut self) {
        self.draw(&Running::default());
        // A terminal that is gone shows nothing.
        drop(self.lines.clear());
        hush::end();
        patience::drawn(false);
    }
}
