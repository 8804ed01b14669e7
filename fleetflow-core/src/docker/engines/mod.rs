//! Connections to container engines: the local one, and those of servers through SSH. What is done with them is said
//! elsewhere.

mod answer;
mod builder;
mod engine;
mod host_keys;
mod key_pair;
mod line;
mod login;
mod reaching;
mod recognition;
mod registry;
mod route;
mod ssh;
mod ssh_config;
mod tls;
mod way;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use secrecy::SecretString;

pub(super) use answer::{FOREIGN_PROGRAM, advised, other_processor};
pub use builder::EnginesBuilder;
pub(crate) use engine::Engine;
pub use host_keys::HostKeys;
pub use key_pair::KeyPair;
pub(crate) use registry::Registries;
pub use registry::{RegistryLogin, registry_of};
pub use ssh_config::SshConfig;
pub use tls::EngineTls;

use super::{Host, Place};
use crate::codes;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::http::Traffic;
use crate::veil::Veil;
use line::Dialer;
use recognition::Recognition;
use ssh::Server;
use way::{Stop, Way};

/// Turns the address and port of a server into those to connect to.
pub type Translate = Arc<dyn Fn(&str, u16) -> BoxFuture<'static, Result<(String, u16)>> + Send + Sync>;

/// How long a new server may take until it answers, and until its engine does.
const BOOT: Duration = Duration::from_mins(10);

/// The container engines that a run can reach. Cheap to clone; clones share their connections.
///
/// ```
/// use fleetflow_core::docker::Engines;
///
/// let engines = Engines::builder().local("unix:///var/run/docker.sock").build();
/// assert_eq!(engines.connections(), 0);
/// ```
#[derive(Clone)]
pub struct Engines(Arc<Inner>);

struct Inner {
    local: Option<String>,
    local_tls: Option<EngineTls>,
    access: Arc<Access>,
    counters: Counters,
    probation: Duration,
    answer_within: Duration,
    registries: Registries,
    engines: Mutex<BTreeMap<Host, Arc<Slot>>>,
    building: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// How to get into servers.
pub(super) struct Access {
    identities: Vec<SecretString>,
    identity_files: Vec<PathBuf>,
    agent: Option<PathBuf>,
    host_keys: Arc<dyn HostKeys>,
    translate: Option<Translate>,
    config: Option<SshConfig>,
    recognition: Recognition,
    hops: Mutex<BTreeMap<Vec<Stop>, Arc<Server>>>,
}

/// What was done so far.
#[derive(Clone, Default)]
pub(super) struct Counters {
    connections: Arc<AtomicU64>,
    traffic: Arc<Traffic>,
    veil: Veil,
}

/// The place for one engine: how it is dialled, and the client once it answered.
struct Slot {
    dialer: Dialer,
    engine: tokio::sync::OnceCell<Engine>,
}

impl Engines {
    /// Engines to be described.
    pub fn builder() -> EnginesBuilder {
        EnginesBuilder::default()
    }

    /// How many connections were opened so far: one for each server, and one for each socket of the local engine.
    pub fn connections(&self) -> u64 {
        self.0.counters.connections.load(Ordering::Relaxed)
    }

    /// The counter of requests.
    pub fn traffic(&self) -> &Traffic {
        &self.0.counters.traffic
    }

    /// What no error tells, whatever an engine's answer quotes.
    pub(crate) fn veil(&self) -> &Veil {
        &self.0.counters.veil
    }

    /// The engine at `host`, if it answers now.
    pub(crate) async fn engine(&self, host: &Host) -> Result<Engine> {
        let slot = self.slot(host)?;
        let engine = slot.engine.get_or_try_init(|| {
            let counters = self.0.counters.clone();
            let times = (self.0.probation, self.0.answer_within);
            Engine::connect(host.clone(), slot.dialer.clone(), counters, times)
        });
        engine.await.cloned()
    }

    /// The engine at `host`; a server that was just made is waited for.
    pub(crate) async fn ready(&self, host: &Host, context: &Context) -> Result<Engine> {
        let slot = self.slot(host)?;
        let Dialer::Server(server) = &slot.dialer else {
            return self.engine(host).await;
        };
        let dial = || async { server.session().await.map(drop) };
        patiently(context, "waiting for ssh", dial).await?;
        let ask = || async {
            match self.engine(host).await {
                Err(error) if server.settled_without_engine().await => {
                    Err(error.with_kind(ErrorKind::NotFound))
                }
                other => other,
            }
        };
        patiently(context, "waiting for docker", ask).await
    }

    /// The logins for registries.
    pub(crate) fn registries(&self) -> &Registries {
        &self.0.registries
    }

    /// Held while the image `tag` is made on `host`, so that replicas do not make it twice.
    pub(crate) fn building(&self, host: &Host, tag: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut building = self.0.building.lock().unwrap_or_else(PoisonError::into_inner);
        building.entry(format!("{host} {tag}")).or_default().clone()
    }

    fn slot(&self, host: &Host) -> Result<Arc<Slot>> {
        let mut engines = self.0.engines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = engines.get(host) {
            return Ok(slot.clone());
        }
        let slot = Arc::new(Slot {
            dialer: self.dialer(host)?,
            engine: tokio::sync::OnceCell::new(),
        });
        engines.insert(host.clone(), slot.clone());
        Ok(slot)
    }

    fn dialer(&self, host: &Host) -> Result<Dialer> {
        match host.place() {
            Place::Local => {
                let local = self.0.local.as_deref().ok_or_else(no_local_engine)?;
                Dialer::local(
                    (local, self.0.local_tls.as_ref()),
                    &self.0.access,
                    self.0.counters.clone(),
                )
            }
            Place::Ssh { user, host, port } => {
                let goal = Stop {
                    user: Some(user.clone()),
                    host: host.clone(),
                    port: Some(*port),
                };
                let server = Server::new(goal, self.0.access.clone(), self.0.counters.clone());
                Ok(Dialer::Server(Arc::new(server)))
            }
        }
    }
}

impl Access {
    /// The one connection to a jump host, for everything that goes through it in the same way.
    fn shared(&self, ways: &[Way], last: Server) -> Arc<Server> {
        let mut hops = self.hops.lock().unwrap_or_else(PoisonError::into_inner);
        let hop = hops.entry(ways.iter().map(Way::stop).collect());
        hop.or_insert_with(|| Arc::new(last)).clone()
    }

    /// What the server at `goal` is called among the keys, if it is one of the stage.
    fn recognised(&self, goal: &Stop) -> Option<String> {
        self.recognition.name(&goal.host)
    }
}

impl std::fmt::Debug for Engines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engines")
            .field("local", &self.0.local)
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}

/// Asks until something answers. The last reason is told when the time is over.
async fn patiently<T, F>(context: &Context, what: &str, mut ask: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let last = Mutex::new(None);
    let found = context
        .until(what, BOOT, || {
            let asked = ask();
            let last = &last;
            async move {
                match asked.await {
                    Ok(found) => Ok(Some(found)),
                    Err(error) if error.kind() == ErrorKind::Unavailable => {
                        *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        Ok(None)
                    }
                    Err(error) => Err(error),
                }
            }
        })
        .await;
    let last = last.into_inner().unwrap_or_else(PoisonError::into_inner);
    match (found, last) {
        (Err(error), Some(last)) if error.kind() == ErrorKind::TimedOut => {
            Err(last.with_kind(ErrorKind::TimedOut).during(what.to_owned()))
        }
        (found, _) => found,
    }
}

fn no_local_engine() -> Error {
    Error::of(&codes::NO_ENGINE, "no local container engine was given").help(
        "start Docker, or name its address: `providers { docker { host \"unix:///var/run/docker.sock\" } }`",
    )
}
