//! `exec`: a command in a service's container, with this program's input and output. Its exit code is passed on.

use std::pin::Pin;
use std::time::Duration;

use fleetflow_core::docker::{Command, Pipe, Running};
use fleetflow_core::{Error, ErrorKind, Result};
use futures::StreamExt as _;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use crate::arguments::ExecArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::reach::Reach;
use crate::runtime::{self, interruptible};
use crate::site::Site;
use crate::terminal::{self, raw};

/// How often the exit code is asked for, where the output ended first.
const ASKS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn run(invocation: &Invocation, arguments: &ExecArguments) -> Result<Exit, Failure> {
    let site = Site::load(invocation, None)?;
    runtime::run(|cancelled| async move {
        let reach = Reach::open(invocation, &site, &cancelled, "exec").await?;
        let ended = executed(invocation, &reach, arguments, &cancelled).await;
        reach.close(ended.map_err(Failure::from)).await
    })
}

async fn executed(
    invocation: &Invocation,
    reach: &Reach,
    arguments: &ExecArguments,
    cancelled: &CancellationToken,
) -> Result<Exit> {
    let terminal = invocation.terminal;
    let service = interruptible(cancelled, reach.service(&arguments.service)).await?;
    let edge = &invocation.edge;
    let has_terminal = edge.stdin_is_terminal && edge.stdout_is_terminal && !arguments.no_tty;
    let command = Command {
        words: arguments.command.clone(),
        terminal: has_terminal.then(raw::size),
        input: true,
        user: arguments.user.clone(),
    };
    let begun = reach.engines.exec(&service.host, &service.id, command);
    let mut running = interruptible(cancelled, begun)
        .await
        .map_err(|error| service.explain(error))?;
    // From here on every key is the command's, Ctrl-C too. Given back when this ends in whichever way.
    let _raw = has_terminal.then(raw::Raw::begin).transpose()?;
    let mut resized = raw::resized()?;
    let input = std::mem::replace(&mut running.input, Box::pin(tokio::io::sink()));
    tokio::spawn(feed(input));
    loop {
        let piece = tokio::select! {
            piece = running.output.next() => piece,
            Some(()) = resized.recv(), if has_terminal => {
                let (columns, rows) = raw::size();
                // The command goes on with the size it had.
                if let Err(error) = running.resize(columns, rows).await {
                    tracing::debug!(%error, "the terminal was not resized");
                }
                continue;
            }
            () = cancelled.cancelled() => return Err(left(&service.name)),
        };
        match piece.transpose()? {
            Some(piece) if piece.pipe == Pipe::Err => terminal.pass_error(&piece.bytes),
            Some(piece) => terminal.pass(&piece.bytes)?,
            None => return code(&running).await,
        }
    }
}

/// A command that has ended, or reads no further, is no failure: what it had read is its own matter.
async fn feed(mut input: Pin<Box<dyn AsyncWrite + Send>>) {
    let fed = tokio::io::copy(&mut terminal::input(), &mut input).await;
    if let Err(error) = fed.and(input.shutdown().await.map(|()| 0)) {
        tracing::debug!(%error, "the command reads no further");
    }
}

async fn code(running: &Running) -> Result<Exit> {
    for _ in 0..ASKS {
        if let Some(code) = running.exit_code().await? {
            // What does not fit into a byte is still no success.
            return Ok(Exit::Passed(u8::try_from(code).unwrap_or(u8::MAX)));
        }
        tokio::time::sleep(PAUSE).await;
    }
    let message = "the command closed its output and still runs";
    Err(Error::new(ErrorKind::TimedOut, message).help("it goes on in its container"))
}

fn left(service: &str) -> Error {
    let message = format!("interrupted; the command may go on in {service}");
    Error::new(ErrorKind::Cancelled, message)
}
