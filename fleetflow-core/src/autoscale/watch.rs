//! The loop: look, decide, repair, scale, again and again, until it is stopped. What a tick does is said in `tick`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;

use super::Judgement;
use super::tick::Ticker;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, Stack};
use crate::plan::Plan;

/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// How a stack is watched.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    pub(super) interval: Duration,
    pub(super) repairs: bool,
    pub(super) once: bool,
}

impl Default for WatchOptions {
    /// A look a minute, which repairs and scales, until it is stopped.
    fn default() -> Self {
        Self {
            interval: Duration::from_mins(1),
            repairs: true,
            once: false,
        }
    }
}

impl WatchOptions {
    /// With this pause between two looks; a second at least.
    #[must_use]
    pub fn interval(mut self, pause: Duration) -> Self {
        self.interval = pause.max(Duration::from_secs(1));
        self
    }

    /// Only scales: what differs otherwise is told, and left as it is.
    #[must_use]
    pub fn without_repairs(mut self) -> Self {
        self.repairs = false;
        self
    }

    /// Looks once, and ends.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }
}

/// What a loop tells.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "type")]
#[allow(clippy::large_enum_variant, reason = "events are few, and told one at a time")]
pub enum WatchEvent {
    /// The count of a server was judged: changed, or left as it is.
    Decided(Judgement),
    /// What the look brought: what is carried out next, if anything.
    Looked(Plan),
    /// What was to be done is done, or not.
    Acted {
        /// How many steps are done.
        done: usize,
        /// What failed, and why.
        failed: Vec<(Address, String)>,
    },
    /// The look is over.
    Rests {
        /// How long it took, in seconds.
        took: f64,
        /// Whether everything that it was to do is done.
        succeeded: bool,
    },
    /// Nothing could be done: the next try is later than usual.
    Waits {
        /// Why.
        because: String,
        /// How long, in seconds.
        seconds: u64,
    },
}

impl Stack {
    /// Keeps the clouds as declared, and the counts of scaled servers as their load asks for, until the session is
    /// cancelled.
    ///
    /// Each look takes the right to write, and gives it back: others get in between. Counts are decided by
    /// [`decide`](super::decide) and written to the state before anything is done about them, so that a loop that
    /// died is continued by the next one. When a cloud is out of reach, or somebody else holds the state, the pauses
    /// grow up to a quarter of an hour. `told` gets what happens; what the steps do is told to the session's watcher.
    ///
    /// What lives on a server that does not answer is left as it is, and everything else is looked after.
    ///
    /// What is wrong from the beginning is an error at once: a declaration, missing credentials.
    pub async fn watch(&self, options: &WatchOptions, told: impl Fn(WatchEvent) + Send + Sync) -> Result<()> {
        let session = &self.attached()?.clone().bearing_silence();
        let mut ticker = Ticker::new(self, session, options, &told);
        let mut failures = 0;
        let mut worked = false;
        loop {
            let began = Instant::now();
            let result = ticker.tick().await;
            told(WatchEvent::Rests {
                took: began.elapsed().as_secs_f64(),
                succeeded: result.is_ok(),
            });
            if session.cancelled.is_cancelled() {
                return Ok(());
            }
            if options.once {
                return result;
            }
            let pause = match result {
                Ok(()) => {
                    (failures, worked) = (0, true);
                    options.interval
                }
                Err(error) if is_final(&error, worked) => return Err(error),
                Err(error) => {
                    failures += 1;
                    let pause = pause_after(options.interval, failures, &error);
                    told(WatchEvent::Waits {
                        because: error.to_string(),
                        seconds: pause.as_secs(),
                    });
                    pause
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = session.cancelled.cancelled() => return Ok(()),
            }
        }
    }
}

/// Whether trying again is pointless.
fn is_final(error: &Error, worked: bool) -> bool {
    match error.kind() {
        ErrorKind::Unauthorized | ErrorKind::Cancelled | ErrorKind::Internal | ErrorKind::Unsupported => true,
        // At first, what the file declares is in the way of others or is nowhere; later, somebody may be at work on it.
        ErrorKind::Invalid | ErrorKind::Guarded | ErrorKind::Local | ErrorKind::State => !worked,
        ErrorKind::Conflict | ErrorKind::NotFound => !worked && !error.problems().is_empty(),
        _ => false,
    }
}

/// The interval, doubled with each failure in a row. Who waits for another run's end looks again as usual.
fn pause_after(interval: Duration, failures: u32, error: &Error) -> Duration {
    let doubled = match error.kind() {
        ErrorKind::Locked => interval,
        _ => interval.saturating_mul(2_u32.saturating_pow(failures.min(10))),
    };
    doubled.min(LONGEST_PAUSE.max(interval))
}
