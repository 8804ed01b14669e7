//! The one SSH connection to a server: dialled when it is needed, dialled again when it was lost.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use russh::client::{Config, Handle};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Instant, timeout};

use super::host_keys::{Judge, Known};
use super::line::Line;
use super::login;
use super::reaching::{Reached, Stream, command, tcp};
use super::route::{Route, Routes};
use super::way::{Stop, Way};
use super::{Access, Counters};
use crate::codes;
use crate::error::{Error, Result};

/// How long the SSH handshake with login may take.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// A server, and the connection to it.
pub(super) struct Server {
    goal: Stop,
    /// Every host on the way to it, and itself as the last one: asked for once.
    ways: OnceCell<Vec<Way>>,
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
    pub(super) fn new(goal: Stop, access: Arc<Access>, counters: Counters) -> Self {
        Self {
            goal,
            ways: OnceCell::new(),
            access,
            counters,
            dialled: Mutex::new(Dialled::default()),
        }
    }

    /// A host that others are reached through, at the end of `ways`.
    pub(super) fn between(ways: &[Way], access: Arc<Access>, counters: Counters) -> Option<Self> {
        let goal = ways.last()?.stop();
        Some(Self {
            ways: OnceCell::new_with(Some(ways.to_vec())),
            ..Self::new(goal, access, counters)
        })
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
        Way::to(&self.goal).name()
    }

    async fn dial(&self) -> Result<Session> {
        let ways = self.ways.get_or_try_init(|| self.asked()).await?;
        let Some((way, before)) = ways.split_last() else {
            return Err(self.unreachable("there is no way to it"));
        };
        let stream = self.reach(way, before).await?;
        self.counters.connections.fetch_add(1, Ordering::Relaxed);
        let handle = timeout(HANDSHAKE, self.shake_hands(way, stream))
            .await
            .unwrap_or_else(|_| Err(self.unreachable("the SSH server does not answer")))?;
        Ok(Session {
            handle,
            routes: Routes::default(),
        })
    }

    /// The way, as the SSH settings have it; emulated servers are not among them.
    async fn asked(&self) -> Result<Vec<Way>> {
        let config = self
            .access
            .config
            .as_ref()
            .filter(|_| self.access.translate.is_none());
        Way::all(&self.goal, config).await
    }

    /// A stream to the SSH server, through the hosts `before` it. Those who go through the same host share its connection.
    fn reach<'s>(&'s self, way: &'s Way, before: &'s [Way]) -> BoxFuture<'s, Result<Box<dyn Stream>>> {
        let asked = async move {
            let last = Server::between(before, self.access.clone(), self.counters.clone());
            if let Some(last) = last {
                let last = self.access.shared(before, last);
                let through = last.session().await?;
                return through.channel_to(way).await.reached(self);
            }
            match (&self.access.translate, &way.command) {
                (Some(translate), _) => {
                    let (host, port) = translate(&way.host, way.port).await?;
                    tcp(&host, port).await.reached(self)
                }
                (None, Some(line)) => command(line).reached(self),
                (None, None) => tcp(&way.host, way.port).await.reached(self),
            }
        };
        asked.boxed()
    }

    async fn shake_hands(&self, way: &Way, stream: Box<dyn Stream>) -> Result<Handle<Judge>> {
        let at = way.name();
        let server = self.access.recognised(&self.goal).unwrap_or_else(|| at.clone());
        let files: &[_] = if server == at { &way.known_hosts } else { &[] };
        let memory = self.access.host_keys.as_ref();
        let known = Known::of(&server, memory, (&way.host, way.port), files)?;
        let (judge, shown) = known.judge();
        let mut config = config();
        known.prefer(&mut config);
        let mut handle = russh::client::connect_stream(Arc::new(config), stream, judge)
            .await
            .map_err(|error| match error {
                russh::Error::UnknownKey => known.refusal(&at, &server, &shown),
                error => self.unreachable(&error.to_string()),
            })?;
        login::authenticate(&mut handle, way, &self.access).await?;
        if let Some(line) = shown.line().filter(|_| known.is_empty()) {
            memory.learn(&server, &line)?;
        }
        Ok(handle)
    }

    pub(super) fn unreachable(&self, why: &str) -> Error {
        Error::of(&codes::SERVER_SILENT, why)
            .during(format!("connect to {} with SSH", self.goal))
            .help("see that the server runs, and that its packet filter lets this machine in")
    }
}

impl Session {
    /// A stream from the host of this session to the next one.
    async fn channel_to(&self, way: &Way) -> Result<Box<dyn Stream>, String> {
        let opened = self
            .handle
            .channel_open_direct_tcpip(&way.host, way.port.into(), "127.0.0.1", 0);
        let channel = timeout(HANDSHAKE, opened)
            .await
            .map_err(|_| "the jump host does not answer".to_owned())?
            .map_err(|error| format!("the jump host does not reach it: {error}"))?;
        Ok(Box::new(channel.into_stream()))
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
