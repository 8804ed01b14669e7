//! Attaching to a container: its new output, until it ends. What is typed goes nowhere, as no command runs.

use std::time::Duration;

use http::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt, copy, sink, split};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::{Container, position};
use crate::docker::answer::{Failure, Outcome};
use crate::docker::call::{Call, Target};
use crate::docker::daemon::Daemon;
use crate::docker::stream::{Framing, LogLine, Pipe, switching};

/// How often an engine is looked at, for its containers to end when their time has come.
const TICK: Duration = Duration::from_millis(20);

/// Those who are attached to a container.
#[derive(Debug, Default)]
pub(in crate::docker) struct Audience(Vec<UnboundedSender<LogLine>>);

impl Clone for Audience {
    /// Nobody listens to a copy of the world.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Audience {
    /// Lets everybody know of a line.
    pub(super) fn tell(&mut self, line: &LogLine) {
        self.0.retain(|one| one.send(line.clone()).is_ok());
    }

    /// Sends everybody away.
    pub(super) fn dismiss(&mut self) {
        self.0.clear();
    }

    fn join(&mut self) -> UnboundedReceiver<LogLine> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.0.push(sender);
        receiver
    }
}

/// `POST /containers/{name}/attach`. Clients attach before they start a container, so that they miss nothing.
pub(super) fn attach(call: &Call, name: &str) -> Outcome {
    let Some(upgrade) = call.upgrade.clone() else {
        return Err(Failure::bad(
            "the emulated engine attaches only to connections that can be upgraded",
        ));
    };
    let wanted = [("stdout", Pipe::Stdout), ("stderr", Pipe::Stderr)].into_iter();
    let pipes: Vec<Pipe> = wanted
        .filter(|(name, _)| call.flag(name))
        .map(|(_, pipe)| pipe)
        .collect();
    let (framing, past, lines) = call.daemon(|daemon| {
        let at = position(daemon.engine, name)?;
        let container = &mut daemon.engine.containers[at];
        let past = if call.flag("logs") {
            container.logs.clone()
        } else {
            Vec::new()
        };
        Ok::<_, Failure>((Framing::of(container.config.tty), past, listen(container, call)))
    })?;
    let response: Response<_> = switching(framing);
    let target = call.target.clone();
    tokio::spawn(async move {
        if let Err(error) = tell(upgrade, &target, framing, &pipes, past, lines).await {
            tracing::debug!(%error, "a client left the container it was attached to");
        }
    });
    Ok(response)
}

/// Without `stream` there is only what was said before.
fn listen(container: &mut Container, call: &Call) -> UnboundedReceiver<LogLine> {
    if call.flag("stream") {
        return container.audience.join();
    }
    mpsc::unbounded_channel().1
}

/// The next line, or nothing once the container has ended.
async fn next(target: &Target, lines: &mut UnboundedReceiver<LogLine>) -> Option<LogLine> {
    loop {
        match tokio::time::timeout(TICK, lines.recv()).await {
            Ok(line) => return line,
            Err(_) => Daemon::open(&target.shared, &target.engine, |_| ()),
        }
    }
}

async fn tell(
    upgrade: OnUpgrade,
    target: &Target,
    framing: Framing,
    pipes: &[Pipe],
    past: Vec<LogLine>,
    mut lines: UnboundedReceiver<LogLine>,
) -> std::io::Result<()> {
    let upgraded = upgrade.await.map_err(std::io::Error::other)?;
    let (mut typed, mut output) = split(TokioIo::new(upgraded));
    let printing = async {
        let mut past = past.into_iter();
        loop {
            let line = match past.next() {
                Some(line) => Some(line),
                None => next(target, &mut lines).await,
            };
            let Some(line) = line else {
                return output.shutdown().await;
            };
            if pipes.contains(&line.pipe) {
                let text = format!("{}\n", line.text);
                output
                    .write_all(&framing.encode(line.pipe, text.as_bytes()))
                    .await?;
                output.flush().await?;
            }
        }
    };
    let mut nowhere = sink();
    let (printed, _) = tokio::join!(printing, copy(&mut typed, &mut nowhere));
    printed
}
