//! Looking into containers that run: commands inside them, and what is said of a log. It changes no container.

use std::pin::Pin;

use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, ResizeExecOptions, StartExecOptions, StartExecResults};
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt as _};
use jiff::Timestamp;
use tokio::io::AsyncWrite;

use super::Host;
use super::engines::{Engine, Engines};
use crate::error::{Error, ErrorKind, Result};

/// A piece of output: mostly a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where it was written.
    pub pipe: Pipe,
    /// What was written.
    pub bytes: Bytes,
    /// When it was written, as the engine says. A command's output has no time.
    pub time: Option<Timestamp>,
}

/// Where output was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pipe {
    /// Standard output, or a terminal.
    Out,
    /// Standard error.
    Err,
}

/// What of a log is wanted.
#[derive(Clone, Debug, Default)]
pub struct LogRequest {
    /// Only so many of the last lines; all without it.
    pub tail: Option<u32>,
    /// Only lines that were written after this moment, by the clock of their engine.
    pub since: Option<Timestamp>,
    /// Whether to go on with what is logged from now on, until the container ends.
    pub follow: bool,
    /// Whether each line begins with its time.
    pub timestamps: bool,
}

/// A command to be run in a container.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// Its words.
    pub words: Vec<String>,
    /// Columns and rows of the terminal it gets; none without it.
    pub terminal: Option<(u16, u16)>,
    /// Whether it reads something.
    pub input: bool,
    /// The user it runs as; the container's own without it.
    pub user: Option<String>,
}

/// A command that runs.
pub struct Running {
    /// What it is to read. Closing it ends its input.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
    /// What it writes, until it ends.
    pub output: BoxStream<'static, Result<Output>>,
    id: String,
    engine: Engine,
}

impl Engines {
    /// Runs `command` in the container `id` on the engine at `host`.
    pub async fn exec(&self, host: &Host, id: &str, command: Command) -> Result<Running> {
        let engine = self.engine(host).await?;
        let tty = command.terminal.is_some();
        let options = CreateExecOptions {
            attach_stdin: Some(command.input),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(tty),
            cmd: Some(command.words),
            user: command.user,
            ..CreateExecOptions::default()
        };
        let created = engine
            .once("prepare the command", |docker| async move {
                docker.create_exec(id, options).await
            })
            .await?;
        let start = StartExecOptions {
            tty,
            ..StartExecOptions::default()
        };
        let started = engine
            .once("run the command", |docker| {
                let id = created.id.clone();
                async move { docker.start_exec(&id, Some(start)).await }
            })
            .await?;
        let StartExecResults::Attached { output, input } = started else {
            let message = "the engine runs the command without its output";
            return Err(Error::new(ErrorKind::Internal, message));
        };
        let running = Running {
            input,
            output: explained(output.boxed(), engine.clone(), "read the command's output"),
            id: created.id,
            engine,
        };
        if let Some((columns, rows)) = command.terminal {
            match running.resize(columns, rows).await {
                // It ended before that, as `ls` does: engines refuse it then, each with words of its own.
                Err(error) if error.kind() != ErrorKind::Ambiguous => {
                    tracing::debug!(%error, "the command has the terminal size that it began with");
                }
                answer => answer?,
            }
        }
        Ok(running)
    }
}

impl Running {
    /// Tells the command the size of its terminal.
    pub async fn resize(&self, columns: u16, rows: u16) -> Result<()> {
        let size = ResizeExecOptions {
            height: rows,
            width: columns,
        };
        self.engine
            .once("resize the terminal", |docker| async move {
                docker.resize_exec(&self.id, size).await
            })
            .await
    }

    /// The exit code, once the output has ended; none while it runs.
    pub async fn exit_code(&self) -> Result<Option<i64>> {
        let seen = self.engine.repeat("look at the command", |docker| {
            let id = self.id.clone();
            async move { docker.inspect_exec(&id).await }
        });
        Ok(seen.await?.exit_code)
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Pieces with our own errors.
pub(super) fn explained(
    pieces: BoxStream<'static, Result<LogOutput, bollard::errors::Error>>,
    engine: Engine,
    operation: &'static str,
) -> BoxStream<'static, Result<Output>> {
    pieces
        .map(move |piece| {
            piece
                .map(output)
                .map_err(|error| engine.failure(operation, error))
        })
        .boxed()
}

fn output(piece: LogOutput) -> Output {
    let pipe = match &piece {
        LogOutput::StdErr { .. } => Pipe::Err,
        LogOutput::StdOut { .. } | LogOutput::StdIn { .. } | LogOutput::Console { .. } => Pipe::Out,
    };
    Output {
        pipe,
        bytes: piece.into_bytes(),
        time: None,
    }
}
