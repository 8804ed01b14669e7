//! Tells on standard error that a cloud does not answer and is asked again: a command that only waits looks like one that
//! hangs. It decides nothing about the waiting.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::terminal::Terminal;

/// Whether live lines are drawn, which say themselves what is waited for; a line in between would tear them.
static DRAWN: AtomicBool = AtomicBool::new(false);

/// From now on live lines are drawn, or not any more.
pub(crate) fn drawn(are: bool) {
    DRAWN.store(are, Ordering::Relaxed);
}

/// Tells once of everything that is tried again after a second or more.
pub(crate) struct Tries {
    terminal: Terminal,
    told: Mutex<BTreeSet<String>>,
}

impl Tries {
    pub(crate) fn told_on(terminal: Terminal) -> Self {
        Self {
            terminal,
            told: Mutex::default(),
        }
    }

    /// What is to be told of `event`, if anything.
    fn news(&self, event: &Event<'_>) -> Option<String> {
        let mut seen = Try::default();
        event.record(&mut seen);
        let error = seen.error.filter(|_| seen.is_long)?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = told.insert(error.clone());
        is_new.then(|| format!("Waiting: {error}; trying again.\n"))
    }
}

impl<S: Subscriber> Layer<S> for Tries {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if let Some(news) = self.news(event).filter(|_| !DRAWN.load(Ordering::Relaxed)) {
            self.terminal.say(&news);
        }
    }
}

/// What the library's event about another try says: the error, and the pause before the try.
#[derive(Default)]
struct Try {
    error: Option<String>,
    is_long: bool,
}

impl Visit for Try {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = || format!("{value:?}");
        match field.name() {
            "error" => self.error = Some(text()),
            // `204.5ms` is a blip that nobody notices; `1.6s` is not.
            "pause" => {
                let pause = text();
                let unit = pause.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
                self.is_long = unit == "s";
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// Gathers the news instead of telling them.
    struct Gathered(Tries, Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Gathered {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            self.1.lock().unwrap().extend(self.0.news(event));
        }
    }

    #[test]
    fn what_is_tried_again_after_a_second_or_more_is_told_once() {
        let news = Arc::new(Mutex::new(Vec::new()));
        let layer = Gathered(Tries::told_on(Terminal::plain(false)), Arc::clone(&news));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let tried = |error: &str, pause: Duration| tracing::warn!(%error, ?pause, "another try");
            tried("a blip", Duration::from_millis(800));
            tried("no connection", Duration::from_millis(1600));
            tried("no connection", Duration::from_secs(20));
            tried("slow down", Duration::from_secs(60));
            tracing::warn!("something else");
        });
        assert_eq!(
            *news.lock().unwrap(),
            [
                "Waiting: no connection; trying again.\n",
                "Waiting: slow down; trying again.\n"
            ]
        );
    }
}
