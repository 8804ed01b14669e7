//! Waits for a state that somebody else has locked, as long as `--lock-wait` allows.

use std::time::{Duration, Instant};

use fleetflow_core::state::{Holder, Store};
use fleetflow_core::{Error, ErrorKind, Result};
use tokio_util::sync::CancellationToken;

use crate::edge::{self, Edge};
use crate::runtime::interruptible;
use crate::terminal::Terminal;

/// How often the lock is tried.
const PAUSE: Duration = Duration::from_millis(500);

/// Patience with a locked state.
pub(crate) struct Patience {
    until: Instant,
    told: bool,
}

impl Patience {
    pub(crate) fn new(wait: Duration) -> Self {
        Self {
            until: Instant::now() + wait,
            told: false,
        }
    }

    /// Returns after a pause when `error` is a lock and there is time left; otherwise with `error`.
    pub(crate) async fn bear(
        &mut self,
        error: Error,
        terminal: Terminal,
        cancelled: &CancellationToken,
    ) -> Result<()> {
        if error.kind() != ErrorKind::Locked || Instant::now() >= self.until {
            return Err(error);
        }
        if !self.told {
            self.told = true;
            terminal.say(&format!("Waiting: {}.\n", error.message()));
        }
        interruptible(cancelled, async {
            tokio::time::sleep(PAUSE).await;
            Ok(())
        })
        .await
    }
}

/// Fails early when the state is locked, before anything is read and anybody is asked.
pub(crate) async fn probe(store: &dyn Store, edge: &Edge, operation: &str) -> Result<()> {
    let holder = Holder {
        who: edge.caller().who,
        operation: operation.to_owned(),
        since: edge::now(),
    };
    let lease = store.acquire(holder).await?;
    store.release(lease).await
}
