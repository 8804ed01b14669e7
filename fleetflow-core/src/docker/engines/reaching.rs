//! Byte streams to an SSH server: over TCP, or the input and output of a command. What is said on them is not known here.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::ssh::Server;
use crate::error::Result;

/// How long the TCP connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// Bytes in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A stream, or why there is none.
pub(super) trait Reached<T> {
    /// With the server that was to be reached in the error.
    fn reached(self, server: &Server) -> Result<T>;
}

impl<T> Reached<T> for Result<T, String> {
    fn reached(self, server: &Server) -> Result<T> {
        self.map_err(|why| server.unreachable(&why))
    }
}

/// A connection to `host`.
pub(super) async fn tcp(host: &str, port: u16) -> Result<Box<dyn Stream>, String> {
    let socket = timeout(CONNECT, TcpStream::connect((host, port)))
        .await
        .map_err(|_| "nothing answers there".to_owned())?
        .map_err(|error| error.to_string())?;
    // Requests are small and wait for answers: Nagle's algorithm would only delay them.
    socket.set_nodelay(true).map_err(|error| error.to_string())?;
    Ok(Box::new(socket))
}

/// A command that connects its input and output with the server (`ProxyCommand` in `ssh_config(5)`). It ends with
/// the stream.
pub(super) fn command(line: &str) -> Result<Box<dyn Stream>, String> {
    let (shell, word, line) = if cfg!(windows) {
        ("cmd", "/C", line.to_owned())
    } else {
        ("sh", "-c", format!("exec {line}"))
    };
    let failed = |why: &str| format!("the `ProxyCommand` of the SSH settings does not run: {why}");
    let mut child = Command::new(shell)
        .args([word, &line])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(input), Some(output)) => Ok(Box::new(Piped {
            input,
            output,
            _child: child,
        })),
        _ => Err(failed("it has no input or no output")),
    }
}

/// A running command as a stream.
struct Piped {
    input: ChildStdin,
    output: ChildStdout,
    /// Killed when the stream is dropped.
    _child: Child,
}

impl AsyncRead for Piped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.output).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Piped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.input).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.input).poll_shutdown(cx)
    }
}
