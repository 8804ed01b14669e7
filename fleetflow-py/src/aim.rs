//! What a run is about, and how long it waits for its turn. It does nothing by itself.

use std::time::Duration;

use fleetflow_core::{Address, Error, ErrorKind, Result};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How often a state that somebody else holds is asked for.
const TURN: Duration = Duration::from_millis(250);

/// What a run is about, and how long it waits for its turn.
pub(crate) struct Aim {
    pub(crate) targets: Vec<Address>,
    lock_wait: Duration,
    pub(crate) cancelled: CancellationToken,
}

impl Aim {
    /// About all there is to do where `targets` is empty; waits for so many seconds.
    pub(crate) fn new(targets: &[String], lock_wait: f64) -> Result<Self> {
        let targets: Result<_> = targets.iter().map(|target| address(target)).collect();
        Ok(Self {
            targets: targets?,
            lock_wait: Duration::try_from_secs_f64(lock_wait).unwrap_or_default(),
            cancelled: CancellationToken::new(),
        })
    }

    /// Does `work` again and again while somebody else holds the state, as long as there is time.
    pub(crate) async fn patiently<T, F>(&self, work: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let until = Instant::now() + self.lock_wait;
        loop {
            match work().await {
                Err(error) if error.kind() == ErrorKind::Locked && Instant::now() < until => {
                    tokio::select! {
                        () = sleep(TURN) => {}
                        () = self.cancelled.cancelled() => return Err(error),
                    }
                }
                result => return result,
            }
        }
    }
}

fn address(text: &str) -> Result<Address> {
    text.parse().map_err(|_| {
        Error::new(
            ErrorKind::Invalid,
            format!("`{text}` is not the address of a resource"),
        )
        .help("write its kind and its name, such as `server.web`, or hand over the resource itself")
    })
}
