//! The ways from an SSH connection to the server's engine: its socket, or `docker system dial-stdio` where forwarding
//! sockets is not allowed or the user may not open them.

use std::sync::Arc;
use std::time::Duration;

use russh::ChannelMsg;
use russh::client::{Handle, Msg};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::host_keys::Judge;
use super::line::Line;
use crate::codes;
use crate::error::{Error, Result};

const SOCKET: &str = "/var/run/docker.sock";
/// An SSH server allows ten sessions on one connection by default; a forwarded socket is none.
const SESSIONS: usize = 6;
/// How long an engine may take to answer that it is there. One that is just being started may never do so.
const ANSWER: Duration = Duration::from_secs(10);
const PING: &[u8] = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The socket, forwarded by the SSH server.
    Socket,
    /// A command that connects its input and output with the socket.
    Command(&'static str),
}

const COMMANDS: [Route; 2] = [
    Route::Command("docker system dial-stdio"),
    Route::Command("sudo -n docker system dial-stdio"),
];

/// The way that works for a connection, once it is found.
pub(super) struct Routes {
    found: OnceCell<Route>,
    sessions: Arc<Semaphore>,
}

impl Default for Routes {
    fn default() -> Self {
        Self {
            found: OnceCell::new(),
            sessions: Arc::new(Semaphore::new(SESSIONS)),
        }
    }
}

impl Routes {
    /// A stream to the engine behind `handle`.
    pub(super) async fn open(&self, handle: &Handle<Judge>, server: &str) -> Result<Line> {
        let route = self.found.get_or_try_init(|| find(handle, server)).await?;
        let lost = |error: russh::Error| unavailable(server, &error.to_string());
        let slot = match route {
            Route::Socket => None,
            Route::Command(_) => self.sessions.clone().acquire_owned().await.ok(),
        };
        route.open(handle, slot).await.map_err(lost)
    }
}

impl Route {
    async fn open(
        self,
        handle: &Handle<Judge>,
        slot: Option<OwnedSemaphorePermit>,
    ) -> Result<Line, russh::Error> {
        let channel = match self {
            Self::Socket => handle.channel_open_direct_streamlocal(SOCKET).await?,
            Self::Command(command) => {
                let channel = handle.channel_open_session().await?;
                channel.exec(true, command).await?;
                channel
            }
        };
        Ok(Line::new(channel.into_stream(), slot))
    }

    /// What `command` writes, if it succeeds.
    pub(super) async fn ask(handle: &Handle<Judge>, command: &str) -> Result<String, String> {
        let channel = handle
            .channel_open_session()
            .await
            .map_err(|error| error.to_string())?;
        channel
            .exec(true, command)
            .await
            .map_err(|error| error.to_string())?;
        let answer = listen(channel, |_| false).await;
        match answer.status {
            Some(0) => Ok(answer.output),
            _ => Err(answer.complaint()),
        }
    }

    /// Whether an engine answers through this command, or what the command says instead.
    async fn answers(self, handle: &Handle<Judge>) -> Result<(), String> {
        let Self::Command(command) = self else {
            return Ok(());
        };
        let channel = handle
            .channel_open_session()
            .await
            .map_err(|error| error.to_string())?;
        channel
            .exec(true, command)
            .await
            .map_err(|error| error.to_string())?;
        channel.data(PING).await.map_err(|error| error.to_string())?;
        let answer = listen(channel, |output| output.contains('\n')).await;
        if answer.output.starts_with("HTTP/1.1") {
            Ok(())
        } else {
            Err(answer.complaint())
        }
    }
}

/// The first way that works.
async fn find(handle: &Handle<Judge>, server: &str) -> Result<Route> {
    let mut complaints = match handle.channel_open_direct_streamlocal(SOCKET).await {
        Ok(channel) => {
            // A close that is lost with the connection needs no answer.
            let _ = channel.close().await;
            return Ok(Route::Socket);
        }
        Err(russh::Error::ChannelOpenFailure(reason)) => vec![format!("{SOCKET}: {reason:?}")],
        Err(error) => return Err(unavailable(server, &error.to_string())),
    };
    for route in COMMANDS {
        let answers = timeout(ANSWER, route.answers(handle)).await;
        match answers.unwrap_or_else(|_| Err("no answer".to_owned())) {
            Ok(()) => return Ok(route),
            Err(complaint) => complaints.push(complaint),
        }
    }
    Err(unavailable(server, &complaints.join("; ")))
}

fn unavailable(server: &str, why: &str) -> Error {
    Error::of(&codes::ENGINE_SILENT, format!("no container engine answers on {server}: {why}")).help(
        "install Docker on the server, for example with `startup-script`, and let the user into the group `docker`",
    )
}

/// What a command said.
#[derive(Default)]
struct Answer {
    output: String,
    errors: String,
    status: Option<u32>,
}

impl Answer {
    fn complaint(&self) -> String {
        let said = [&self.errors, &self.output].map(|text| text.trim());
        match (said.iter().find(|text| !text.is_empty()), self.status) {
            (Some(text), _) => text.lines().next().unwrap_or_default().to_owned(),
            (None, Some(status)) => format!("exit code {status}"),
            (None, None) => "no answer".to_owned(),
        }
    }
}

/// Listens to a command until it ends, or `enough` was said.
async fn listen(mut channel: russh::Channel<Msg>, enough: impl Fn(&str) -> bool) -> Answer {
    let mut answer = Answer::default();
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => answer.output.push_str(&String::from_utf8_lossy(&data)),
            ChannelMsg::ExtendedData { data, .. } => {
                answer.errors.push_str(&String::from_utf8_lossy(&data));
            }
            ChannelMsg::ExitStatus { exit_status } => answer.status = Some(exit_status),
            ChannelMsg::Failure => answer.errors.push_str("the SSH server runs no commands"),
            _ => {}
        }
        if enough(&answer.output) || !answer.errors.is_empty() && answer.status.is_some() {
            break;
        }
        if answer.errors.contains("runs no commands") {
            break;
        }
    }
    answer
}
