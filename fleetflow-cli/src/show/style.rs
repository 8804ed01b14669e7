//! Colours and symbols, always together with a word or a sign: colour alone never says anything.

use anstyle::{AnsiColor, Style};
use fleetflow_core::plan::Action;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

/// `text` in `style`.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The sign of an action, as wide as the widest.
pub(crate) const fn symbol(action: Action) -> &'static str {
    match action {
        Action::Create => "+  ",
        Action::Update => "~  ",
        Action::Replace => "-/+",
        Action::Delete => "-  ",
        Action::Adopt => "=  ",
        Action::Forget => ".  ",
    }
}

pub(crate) const fn style(action: Action) -> Style {
    match action {
        Action::Create => GREEN,
        Action::Update => YELLOW,
        Action::Replace | Action::Delete => RED,
        Action::Adopt => CYAN,
        Action::Forget => DIM,
    }
}

/// What is going on: `creating`.
pub(crate) const fn ongoing(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "changing",
        Action::Replace => "replacing",
        Action::Delete => "deleting",
        Action::Adopt => "adopting",
        Action::Forget => "forgetting",
    }
}

/// What was done: `created`.
pub(crate) const fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "changed",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Adopt => "adopted",
        Action::Forget => "forgotten",
    }
}

/// What is to be done: `create`.
pub(crate) const fn name(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "change",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Adopt => "adopt",
        Action::Forget => "forget",
    }
}

/// Every action, in the order of summaries.
pub(crate) const ACTIONS: [Action; 6] = [
    Action::Create,
    Action::Update,
    Action::Replace,
    Action::Delete,
    Action::Adopt,
    Action::Forget,
];
