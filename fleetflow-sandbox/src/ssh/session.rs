//! One SSH connection to an emulated server: logging in, commands, the forwarded socket. Ports and agents are not forwarded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use russh::server::{
    Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session as Connection, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure};
use tokio_util::sync::CancellationToken;

use super::command::{self, Reply, Surroundings};
use super::target::{self, Stream};
use super::{Engine, login};
use crate::Shared;
use crate::sakura::Machine;

/// Where engines listen.
const SOCKETS: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

/// Sessions on one connection at most, as sshd has it by default (`MaxSessions`).
const MOST_SESSIONS: usize = 10;

/// What one connection knows.
pub(super) struct Session {
    shared: Arc<Shared>,
    machine: Machine,
    /// Cancelled when the connection ends.
    stop: CancellationToken,
    /// Sessions in which nothing was asked for yet.
    waiting: BTreeMap<ChannelId, Channel<Msg>>,
    sessions: BTreeSet<ChannelId>,
}

/// A connection to an engine, and what ends it.
struct Line {
    engine: Box<dyn Stream>,
    stop: CancellationToken,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>, machine: Machine, stop: CancellationToken) -> Self {
        Self {
            shared,
            machine,
            stop,
            waiting: BTreeMap::new(),
            sessions: BTreeSet::new(),
        }
    }

    fn engine(&self) -> Engine {
        Engine::of(&self.shared, &self.machine)
    }

    fn reply(&self, line: &str) -> Reply {
        let since = self.machine.up_since.unwrap_or_default();
        command::run(
            line,
            &Surroundings {
                user: &self.machine.user,
                host_name: &self.machine.host_name,
                engine: self.engine(),
                uptime: self.shared.clock.now().duration_since(since).as_secs_f64(),
            },
        )
    }

    async fn connect(&self) -> std::io::Result<Line> {
        let stop = self.stop.child_token();
        let engine = target::connect(&self.shared, &self.machine, stop.clone()).await?;
        Ok(Line { engine, stop })
    }

    /// Moves bytes between a channel and the engine until one of them has ended.
    fn join(&self, channel: Channel<Msg>, line: Line) {
        let Line { engine, stop } = line;
        let pumping = pump(channel, engine);
        self.shared.tasks.spawn(async move {
            if let Some(Err(error)) = stop.run_until_cancelled(pumping).await {
                tracing::debug!(%error, "a connection to an engine ended early");
            }
            stop.cancel();
        });
    }
}

async fn pump(channel: Channel<Msg>, mut engine: Box<dyn Stream>) -> Result<(), russh::Error> {
    let (mut receiving, sending) = channel.split();
    let mut channel = tokio::io::join(receiving.make_reader(), sending.make_writer());
    let copied = tokio::io::copy_bidirectional(&mut channel, &mut engine).await;
    let status = u32::from(copied.is_err());
    sending.exit_status(status).await?;
    sending.eof().await?;
    sending.close().await
}

fn judged(is_known: bool) -> Auth {
    if is_known { Auth::Accept } else { Auth::reject() }
}

impl Handler for Session {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(judged(login::knows_key(&self.machine, user, offer.public_key)))
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        Ok(judged(login::knows_key(&self.machine, user, key.public_key)))
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        Ok(judged(login::knows_password(&self.machine, user, password)))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Result<(), Self::Error> {
        if self.sessions.len() >= MOST_SESSIONS {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
            return Ok(());
        }
        self.sessions.insert(channel.id());
        self.waiting.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_streamlocal(
        &mut self,
        channel: Channel<Msg>,
        path: &str,
        reply: ChannelOpenHandle,
        _: &mut Connection,
    ) -> Result<(), Self::Error> {
        let may = match self.engine() {
            Engine::Absent => false,
            Engine::ForRoot => self.machine.user == "root",
            Engine::ForUser => true,
        };
        if !may || !SOCKETS.contains(&path) {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
            return Ok(());
        }
        match self.connect().await {
            Ok(engine) => {
                reply.accept().await;
                self.join(channel, engine);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot reach the engine that stands in for the emulated ones");
                reply.reject(ChannelOpenFailure::ConnectFailed).await;
            }
        }
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _: &mut Connection) -> Result<(), Self::Error> {
        self.waiting.remove(&channel);
        self.sessions.remove(&channel);
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        let Some(waiting) = self.waiting.remove(&channel) else {
            return connection.channel_failure(channel);
        };
        connection.channel_success(channel)?;
        let ended = match self.reply(&String::from_utf8_lossy(line)) {
            Reply::Ended(ended) => ended,
            Reply::DialsEngine => match self.connect().await {
                Ok(engine) => {
                    self.join(waiting, engine);
                    return Ok(());
                }
                Err(error) => command::Ended {
                    errors: format!("cannot connect to the docker API: {error}\n"),
                    status: 1,
                    ..command::Ended::default()
                },
            },
        };
        end(connection, channel, ended)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        if self.waiting.remove(&channel).is_none() {
            return connection.channel_failure(channel);
        }
        connection.channel_success(channel)?;
        let errors = "this server is emulated: there is no shell behind it, only a Docker Engine\r\n";
        end(
            connection,
            channel,
            command::Ended {
                errors: errors.to_owned(),
                status: 1,
                ..command::Ended::default()
            },
        )
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        connection.channel_failure(channel)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: &str,
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        connection.channel_success(channel)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(russh::Pty, u32)],
        connection: &mut Connection,
    ) -> Result<(), Self::Error> {
        connection.channel_success(channel)
    }
}

/// Says what a command printed and how it ended.
fn end(connection: &mut Connection, channel: ChannelId, ended: command::Ended) -> Result<(), russh::Error> {
    // 1 is the standard error (RFC 4254 §5.2).
    if !ended.errors.is_empty() {
        connection.extended_data(channel, 1, ended.errors)?;
    }
    if !ended.output.is_empty() {
        connection.data(channel, ended.output)?;
    }
    connection.exit_status_request(channel, ended.status)?;
    connection.eof(channel)?;
    connection.close(channel)
}
