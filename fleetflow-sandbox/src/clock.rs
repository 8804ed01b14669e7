//! The sandbox's time: the machine's own, or one that a test moves by hand. Nothing here sleeps.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

/// Where the emulated clouds read the time.
///
/// Slow things (a disk copy, a boot, a certificate) store the moment at which they finish and are
/// looked at when somebody asks, so a moved clock is all it takes to finish them.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    Wall,
    /// A clock that stands still until [`Clock::advance`] is called.
    Manual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands at `start` until it is advanced.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(Mutex::new(start)))
    }

    /// The current time of the emulated world.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Wall => Timestamp::now(),
            Self::Manual(at) => *at.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        }
    }

    /// Moves a manual clock forward. The machine's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(at) = self {
            let mut at = at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *at += jiff::SignedDuration::try_from(by).unwrap_or_default();
        }
    }
}

/// How long the slow operations of the emulated clouds take, in the sandbox's own time.
#[derive(Clone, Debug)]
pub struct Timings {
    /// Copying an archive or a disk to a new disk.
    pub disk_copy: Duration,
    /// From power-on until the server is up and answers SSH.
    pub boot: Duration,
    /// From then on until start-up scripts are through, and Docker is there if one of them installs it.
    pub startup_script: Duration,
    /// From a shutdown request until the server is down.
    pub shutdown: Duration,
    /// From attaching a custom domain until ownership and certificate are active.
    pub domain_activation: Duration,
}

impl Timings {
    /// Everything finishes at once; for tests that are not about waiting.
    pub const INSTANT: Self = Self {
        disk_copy: Duration::ZERO,
        boot: Duration::ZERO,
        startup_script: Duration::ZERO,
        shutdown: Duration::ZERO,
        domain_activation: Duration::ZERO,
    };
}

impl Default for Timings {
    /// Seconds instead of minutes: long enough to be seen, short enough to be waited for.
    fn default() -> Self {
        Self {
            disk_copy: Duration::from_millis(1500),
            boot: Duration::from_millis(700),
            startup_script: Duration::from_millis(300),
            shutdown: Duration::from_millis(300),
            domain_activation: Duration::from_millis(500),
        }
    }
}
