//! Progress on a terminal: finished steps scroll up, each running one has a live line below them.

use fleetflow_core::converge::Event;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Display, Running, lines};
use crate::terminal::Terminal;

/// How many live lines at most: a short terminal must not be filled with them.
const MOST: usize = 12;

pub(super) struct Live {
    terminal: Terminal,
    lines: MultiProgress,
    bars: Vec<ProgressBar>,
    style: ProgressStyle,
}

impl Live {
    pub(super) fn new(terminal: Terminal) -> Self {
        // The template is a constant; the default would show the same with another spinner.
        let style = ProgressStyle::with_template("{spinner} {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        Self {
            terminal,
            lines: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            bars: Vec::new(),
            style,
        }
    }

    fn scroll(&self, line: &str) {
        let line = self.terminal.fitted(line);
        let line = if self.terminal.colored_errors() {
            line.into_owned()
        } else {
            console::strip_ansi_codes(&line).into_owned()
        };
        // A terminal that is gone shows nothing; the run goes on.
        drop(self.lines.println(line));
    }

    fn draw(&mut self, running: &Running) {
        let mut wanted = running.lines();
        if wanted.len() > MOST {
            let more = wanted.len() - (MOST - 1);
            wanted.truncate(MOST - 1);
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
        for (bar, line) in self.bars.iter().zip(wanted) {
            bar.set_message(line);
            bar.tick();
        }
    }
}

impl Display for Live {
    fn event(&mut self, event: &Event, _time: &str, running: &Running) {
        // First, or what is finished would be seen both as done and as going on.
        self.draw(running);
        if let Some(line) = lines::finished(event, running) {
            self.scroll(&line);
        }
    }

    fn tick(&mut self, running: &Running) {
        self.draw(running);
    }

    fn note(&mut self, text: &str) {
        self.scroll(text);
    }

    fn end(&mut self) {
        self.draw(&Running::default());
        // A terminal that is gone shows nothing.
        drop(self.lines.clear());
    }
}
