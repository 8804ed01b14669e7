//! The status as a full screen that is drawn anew: what it shows and which keys do what. It reads no cloud.

use std::time::Duration;

use ansi_to_tui::IntoText as _;
use ratatui::Frame;
use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Style, Stylize as _};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Scrollbar, ScrollbarOrientation, ScrollbarState};

use crate::terminal::fold::fold;

/// The columns of the scroll bar, and of the gap before it.
const BAR: u16 = 2;

/// What is on the screen.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    header: String,
    /// The status as it is printed.
    status: String,
    /// The same in the columns of the terminal.
    text: Text<'static>,
    columns: u16,
    /// Why there is nothing newer to show.
    trouble: Option<String>,
    /// The first line that is shown.
    top: usize,
    /// How many lines there were room for.
    room: usize,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Leave,
    /// Look at once.
    Look,
    /// Only the picture changed.
    Draw,
    Nothing,
}

impl Screen {
    pub(crate) fn new(header: String) -> Self {
        Self {
            header,
            ..Self::default()
        }
    }

    /// Shows a new status, as it is printed.
    pub(crate) fn show(&mut self, status: &str) {
        status.trim_end().clone_into(&mut self.status);
        self.trouble = None;
        self.lay_out();
    }

    /// In all columns; what is longer than the screen leaves two of them to the scroll bar.
    fn lay_out(&mut self) {
        self.text = self.folded(self.columns);
        if self.text.height() > self.room {
            self.text = self.folded(self.columns.saturating_sub(BAR));
        }
    }

    fn folded(&self, columns: u16) -> Text<'static> {
        let folded = fold(&self.status, usize::from(columns));
        folded
            .into_text()
            .unwrap_or_else(|_| Text::raw(console::strip_ansi_codes(&folded).into_owned()))
    }

    /// Keeps what was seen last, and says why there is nothing newer.
    pub(crate) fn fail(&mut self, why: &str) {
        self.trouble = Some(console::strip_ansi_codes(why).trim().to_owned());
    }

    /// What the user wants by `event`.
    pub(crate) fn wish(&mut self, event: &Event) -> Wish {
        let Event::Key(key) = event else {
            return if matches!(event, Event::Resize(..)) {
                Wish::Draw
            } else {
                Wish::Nothing
            };
        };
        if key.kind != KeyEventKind::Press {
            return Wish::Nothing;
        }
        let page = self.room.saturating_sub(1).max(1);
        let last = self.text.height().saturating_sub(self.room);
        self.top = match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Wish::Leave,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Wish::Leave,
            KeyCode::Char('r') => return Wish::Look,
            KeyCode::Down | KeyCode::Char('j') => self.top + 1,
            KeyCode::Up | KeyCode::Char('k') => self.top.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.top + page,
            KeyCode::PageUp => self.top.saturating_sub(page),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => return Wish::Nothing,
        }
        .min(last);
        Wish::Draw
    }

    /// Draws everything; the status is as old as `age`.
    pub(crate) fn draw(&mut self, frame: &mut Frame<'_>, age: Option<Duration>) {
        let trouble = u16::from(self.trouble.is_some());
        let rows = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(trouble),
            Constraint::Min(1),
            Constraint::Length(1),
        ]);
        let [head, news, body, foot] = rows.areas(frame.area());
        frame.render_widget(Line::from(self.header.as_str()).bold(), head);
        if let Some(trouble) = &self.trouble {
            let first = trouble.lines().next().unwrap_or_default();
            frame.render_widget(Line::from(format!("cannot look: {first}")).red(), news);
        }
        let room = usize::from(body.height);
        if (self.columns, self.room) != (body.width, room) {
            (self.columns, self.room) = (body.width, room);
            self.lay_out();
        }
        self.top = self.top.min(self.text.height().saturating_sub(self.room));
        let offset = u16::try_from(self.top).unwrap_or(u16::MAX);
        frame.render_widget(Paragraph::new(self.text.clone()).scroll((offset, 0)), body);
        if self.text.height() > self.room {
            let mut state = ScrollbarState::new(self.text.height() - self.room).position(self.top);
            frame.render_stateful_widget(
                Scrollbar::new(ScrollbarOrientation::VerticalRight),
                body,
                &mut state,
            );
        }
        let seen = match age {
            Some(age) => format!("seen {} s ago", age.as_secs()),
            None => "looking...".to_owned(),
        };
        let keys = format!(" {seen}   q leave   r look now   arrows scroll");
        frame.render_widget(Line::from(keys).style(Style::new().dim()), foot);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::crossterm::event::KeyEvent;

    use super::*;

    fn drawn(screen: &mut Screen, width: u16, height: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| screen.draw(frame, Some(Duration::from_secs(3))))
            .unwrap();
        let buffer = terminal.backend().buffer().clone();
        let rows = buffer.content().chunks(usize::from(width));
        rows.map(|row| {
            row.iter()
                .map(ratatui::buffer::Cell::symbol)
                .collect::<String>()
                .trim_end()
                .to_owned()
        })
        .collect()
    }

    fn press(screen: &mut Screen, code: KeyCode) -> Wish {
        screen.wish(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    #[test]
    fn what_does_not_fit_is_scrolled_to_and_trouble_keeps_what_was_seen() {
        let mut screen = Screen::new("shop / dev".to_owned());
        let lines: String = (1..=30)
            .map(|line| format!("\u{1b}[31mline {line}\u{1b}[0m\n"))
            .collect();
        screen.show(&lines);
        let seen = drawn(&mut screen, 40, 8);
        assert_eq!(
            (seen[0].as_str(), seen[1].split(' ').nth(1)),
            ("shop / dev", Some("1"))
        );
        assert!(seen[7].contains("seen 3 s ago"), "{seen:?}");
        assert_eq!(press(&mut screen, KeyCode::End), Wish::Draw);
        assert!(drawn(&mut screen, 40, 8)[6].starts_with("line 30"));
        assert_eq!(press(&mut screen, KeyCode::PageUp), Wish::Draw);
        assert!(drawn(&mut screen, 40, 8)[6].starts_with("line 25"));
        // A larger terminal shows all of it again.
        assert!(drawn(&mut screen, 40, 40)[1].starts_with("line 1"));
        screen.fail("\u{1b}[31merror[FF0207]:\u{1b}[0m no network\n  help: wait");
        let seen = drawn(&mut screen, 60, 8);
        assert_eq!(seen[1], "cannot look: error[FF0207]: no network");
        assert!(seen[2].starts_with("line 1"), "{seen:?}");
        assert_eq!(press(&mut screen, KeyCode::Char('q')), Wish::Leave);
        assert_eq!(press(&mut screen, KeyCode::Char('r')), Wish::Look);
        assert_eq!(press(&mut screen, KeyCode::Char('x')), Wish::Nothing);
    }
}
