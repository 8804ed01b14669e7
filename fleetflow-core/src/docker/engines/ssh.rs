//! The one SSH connection to a server: dialled when it is needed, dialled again when it was lost.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use russh::client::{Config, Handle};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::host_keys::Judge;
use super::line::Line;
use super::login;
use super::route::{Route, Routes};
use super::{Access, Counters};
use crate::error::{Error, ErrorKind, Result};

/// How long the TCP connection, and then the SSH handshake with login, may take.
const CONNECT: Duration = Duration::from_secs(10);
const HANDSHAKE: Duration = Duration::from_secs(20);

/// A server, and the connection to it.
pub(super) struct Server {
    user: String,
    host: String,
    port: u16,
    access: Arc<Access>,
    counters: Counters,
    dialled: Mutex<Dialled>,
}

#[derive(Default)]
struct Dialled {
    session: Option<Arc<Session>>,
    failed: Option<(Instant, Error)>,
}

/// A connection that was logged in to.
pub(super) struct Session {
    pub(super) handle: Handle<Judge>,
    routes: Routes,
}

impl Server {
    pub(super) fn new(
        (user, host, port): (String, String, u16),
        access: Arc<Access>,
        counters: Counters,
    ) -> Self {
        Self {
            user,
            host,
            port,
            access,
            counters,
            dialled: Mutex::new(Dialled::default()),
        }
    }

    /// The connection; those who wait for the same attempt share its failure.
    pub(super) async fn session(&self) -> Result<Arc<Session>> {
        let asked = Instant::now();
        let mut dialled = self.dialled.lock().await;
        if let Some(session) = dialled
            .session
            .as_ref()
            .filter(|session| !session.handle.is_closed())
        {
            return Ok(session.clone());
        }
        if let Some((_, error)) = dialled.failed.as_ref().filter(|(when, _)| *when > asked) {
            return Err(error.clone());
        }
        match self.dial().await {
            Ok(session) => {
                let session = Arc::new(session);
                dialled.session = Some(session.clone());
                Ok(session)
            }
            Err(error) => {
                dialled.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// A stream to the server's engine.
    pub(super) async fn open(&self) -> Result<Line> {
        let session = self.session().await?;
        session.routes.open(&session.handle, &self.name()).await
    }

    /// Whether the server has been up for long and still has no engine: then there is nothing to wait for.
    pub(super) async fn settled_without_engine(&self) -> bool {
        let Ok(session) = self.session().await else {
            return false;
        };
        let question = "command -v docker >/dev/null 2>&1 || cut -d. -f1 /proc/uptime";
        match Route::ask(&session.handle, question).await {
            Ok(answer) => answer.trim().parse::<u64>().is_ok_and(|seconds| seconds > 600),
            Err(_) => false,
        }
    }

    /// The server's address as OpenSSH writes it among the known hosts.
    fn name(&self) -> String {
        match self.port {
            22 => self.host.clone(),
            port => format!("[{}]:{port}", self.host),
        }
    }

    async fn dial(&self) -> Result<Session> {
        let socket = self.connect().await?;
        self.counters.connections.fetch_add(1, Ordering::Relaxed);
        let handle = timeout(HANDSHAKE, self.shake_hands(socket))
            .await
            .unwrap_or_else(|_| Err(self.unreachable("the SSH server does not answer")))?;
        Ok(Session {
            handle,
            routes: Routes::default(),
        })
    }

    async fn connect(&self) -> Result<TcpStream> {
        let (host, port) = match &self.access.translate {
            Some(translate) => translate(&self.host, self.port).await?,
            None => (self.host.clone(), self.port),
        };
        let socket = timeout(CONNECT, TcpStream::connect((host.as_str(), port)))
            .await
            .map_err(|_| self.unreachable("nothing answers there"))?
            .map_err(|error| self.unreachable(&error.to_string()))?;
        // Requests are small and wait for answers: Nagle's algorithm would only delay them.
        socket
            .set_nodelay(true)
            .map_err(|error| self.unreachable(&error.to_string()))?;
        Ok(socket)
    }

    async fn shake_hands(&self, socket: TcpStream) -> Result<Handle<Judge>> {
        let name = self.name();
        let known = self.access.host_keys.known(&name);
        let (judge, shown) = Judge::new(&name, known.as_deref())?;
        let mut handle = russh::client::connect_stream(Arc::new(config()), socket, judge)
            .await
            .map_err(|error| match (error, &known) {
                (russh::Error::UnknownKey, Some(known)) => {
                    let kept_in = self.access.host_keys.kept_in();
                    shown.refusal(&name, known, kept_in.as_deref())
                }
                (error, _) => self.unreachable(&error.to_string()),
            })?;
        login::authenticate(&mut handle, &self.user, &name, &self.access).await?;
        if let (None, Some(line)) = (&known, shown.line()) {
            self.access.host_keys.learn(&name, &line)?;
        }
        Ok(handle)
    }

    fn unreachable(&self, why: &str) -> Error {
        Error::new(ErrorKind::Unavailable, why)
            .during(format!("connect to {}@{} with SSH", self.user, self.name()))
            .help("see that the server runs, and that its packet filter lets this machine in")
    }
}

fn config() -> Config {
    Config {
        // A server that is cut off in the middle of a release is given up after 40 s.
        keepalive_interval: Some(Duration::from_secs(10)),
        keepalive_max: 3,
        nodelay: true,
        ..Config::default()
    }
}
