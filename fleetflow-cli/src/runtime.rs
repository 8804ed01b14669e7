//! Starts what asynchronous commands need, and nothing earlier: the runtime, and the ears for Ctrl-C and SIGTERM.

use std::future::Future;

use fleetflow_core::{Error, ErrorKind, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::hush;

/// Runs `work`. The token is cancelled by the first Ctrl-C or SIGTERM; the second ends the process at once.
pub(crate) fn run<T, F>(work: impl FnOnce(CancellationToken) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Error::new(ErrorKind::Local, format!("the system gave no threads: {error}"))
                .help("close other programs, then run the same command again")
        })?;
    let result = runtime.block_on(async {
        let cancelled = CancellationToken::new();
        tokio::spawn(listen(signals()?, cancelled.clone()));
        work(cancelled).await
    });
    // A question that nobody answered still reads standard input: it is not waited for.
    runtime.shutdown_background();
    result
}

/// `work`, or the news that the user stopped it. For what changes nothing and can be left at any point.
pub(crate) async fn interruptible<T>(
    cancelled: &CancellationToken,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        result = work => result,
        () = cancelled.cancelled() => {
            Err(Error::new(ErrorKind::Cancelled, "interrupted; nothing was changed"))
        }
    }
}

struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

fn signals() -> Result<Signals> {
    let deaf = |error| Error::new(ErrorKind::Local, format!("signals cannot be received: {error}"));
    Ok(Signals {
        interrupt: signal(SignalKind::interrupt()).map_err(deaf)?,
        terminate: signal(SignalKind::terminate()).map_err(deaf)?,
    })
}

async fn listen(mut signals: Signals, cancelled: CancellationToken) {
    loop {
        tokio::select! {
            _ = signals.interrupt.recv() => {}
            _ = signals.terminate.recv() => {}
        }
        if cancelled.is_cancelled() {
            hush::end();
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        cancelled.cancel();
    }
}
