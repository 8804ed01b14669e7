//! What all routers of a sandbox share: the world behind one lock, the clock, the log, the faults. It serves nothing itself.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::blobs::Blobs;
use crate::past::{Past, WorldGuard};
use crate::request_log::Recorder;
use crate::world_file::WorldFile;
use crate::{
    Clock, Effect, Error, Fault, Faults, InvalidFault, Options, SakuraCredentials, Timings, World,
    cloudflare, ssh,
};

/// Shared by every router. Handlers lock the world for the length of one request; nothing awaits under the lock.
#[derive(Debug)]
pub struct Shared {
    world: Mutex<World>,
    /// How the world was, for reads that are to be stale.
    pub(crate) past: Past,
    /// The time of the emulated world.
    pub clock: Clock,
    /// How long slow operations take.
    pub timings: Timings,
    /// Added to every request, in microseconds.
    latency: AtomicU64,
    /// What the emulated SAKURA Cloud accepts.
    pub(crate) sakura: SakuraCredentials,
    /// What was asked of the sandbox.
    pub(crate) log: Recorder,
    /// What is to go wrong.
    pub(crate) faults: Faults,
    /// How many requests are being carried out.
    pub(crate) under_way: UnderWay,
    /// Everything the sandbox runs in the background; waited for when it shuts down.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the sandbox stops.
    pub(crate) stop: CancellationToken,
    /// Tells when the world was changed by a request.
    pub(crate) changes: watch::Sender<()>,
    /// The ports of emulated servers.
    pub(crate) ssh: ssh::Ports,
    /// What is deployed and runs.
    pub(crate) sites: cloudflare::Sites,
    /// Large bytes of the world.
    pub(crate) blobs: Blobs,
    /// The engine that stands in for those of emulated servers.
    pub(crate) real_engine: Option<String>,
    /// The same for single servers, by public address.
    pub(crate) real_engines: BTreeMap<Ipv4Addr, String>,
    lives_in_memory: bool,
    storage: Mutex<Storage>,
    /// Whoever holds it saves, and saves for those who wait for it as well.
    saving: tokio::sync::Mutex<()>,
    /// Changes so far, and how many of them the file has.
    changed: AtomicU64,
    saved: AtomicU64,
    requests: AtomicU64,
    started: Timestamp,
}

/// A count of requests that are being carried out.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(AtomicU64);

/// One of them; it counts until it is dropped, also when its sender goes away.
pub(crate) struct Counted<'c>(&'c UnderWay);

impl UnderWay {
    pub(crate) fn count(&self) -> Counted<'_> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Counted(self)
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Where changes go before they are answered.
#[derive(Debug)]
enum Storage {
    /// Nowhere: the world lives in memory only.
    Memory,
    File(WorldFile),
    /// There was a file, and the sandbox let go of it.
    Closed(PathBuf),
}

impl Shared {
    /// A world in memory, with its clock.
    pub fn new(world: World, clock: Clock, timings: Timings) -> Self {
        let options = Options {
            clock,
            timings,
            ..Options::default()
        };
        Self::assemble(world, options, Storage::Memory, Recorder::default())
    }

    /// The world that `options` ask for: the saved one if there is one, a fresh one otherwise.
    pub(crate) fn open(options: Options) -> Result<Arc<Self>, Error> {
        let Some(path) = options.world.clone() else {
            return Ok(Arc::new(Self::assemble(
                World::seed(),
                options,
                Storage::Memory,
                Recorder::default(),
            )));
        };
        let file = WorldFile::open(path)?;
        let mut world = file.load()?.unwrap_or_else(World::seed);
        if let Some(texts) = file.load_secrets()? {
            let taken = world.cloudflare.take_secrets(&texts);
            taken.map_err(|source| Error::WorldFormat {
                path: file.path().with_extension("secrets"),
                source,
            })?;
        }
        let recorder = Recorder::beside(file.path())?;
        let shared = Self::assemble(world, options, Storage::File(file), recorder);
        shared.save()?;
        Ok(Arc::new(shared))
    }

    fn assemble(world: World, options: Options, storage: Storage, log: Recorder) -> Self {
        Self {
            started: options.clock.now(),
            world: Mutex::new(world),
            past: Past::default(),
            clock: options.clock,
            timings: options.timings,
            latency: AtomicU64::new(microseconds(options.latency)),
            sakura: options.sakura,
            log,
            faults: Faults::default(),
            under_way: UnderWay::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            changes: watch::Sender::new(()),
            ssh: ssh::Ports::default(),
            blobs: match &storage {
                Storage::File(file) => Blobs::beside(file.path()),
                Storage::Memory | Storage::Closed(_) => Blobs::temporary(),
            },
            sites: cloudflare::Sites::new(options.workerd),
            real_engine: options.real_engine,
            real_engines: options.real_engines,
            lives_in_memory: matches!(storage, Storage::Memory),
            storage: Mutex::new(storage),
            saving: tokio::sync::Mutex::default(),
            changed: AtomicU64::new(0),
            saved: AtomicU64::new(0),
            requests: AtomicU64::new(0),
        }
    }

    /// Where to reach a server of the emulated world from this machine: the port on 127.0.0.1 that stands for port `port`
    /// of the server with this public address. Nothing if there is no such server, or nothing listens there.
    ///
    /// To be called within a Tokio runtime.
    pub fn ssh_address(self: &Arc<Self>, address: &str, port: u16) -> Result<Option<SocketAddr>, Error> {
        match address.parse() {
            Ok(address) => ssh::endpoint(self, address, port),
            Err(_) => Ok(None),
        }
    }

    /// What is added to every request from now on.
    pub(crate) fn set_latency(&self, latency: Duration) {
        self.latency.store(microseconds(latency), Ordering::Relaxed);
    }

    pub(crate) fn latency(&self) -> Duration {
        Duration::from_micros(self.latency.load(Ordering::Relaxed))
    }

    /// The world, locked; to a read that is to be stale, a copy of how it was.
    pub(crate) fn world(&self) -> WorldGuard<'_> {
        WorldGuard::of(&self.world)
    }

    /// Adds a rule about requests that go wrong.
    pub(crate) fn add_fault(&self, fault: Fault) -> Result<(), InvalidFault> {
        let now = self.clock.now();
        let is_stale = matches!(fault.effect, Effect::Stale { .. });
        self.faults.add(fault, now)?;
        if is_stale {
            let world = self.world().clone();
            self.past.begin(now, world);
        }
        Ok(())
    }

    /// A name for the next request: 32 hexadecimal digits, as SAKURA Cloud's serials have. Not part of the world.
    pub(crate) fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let digest = blake3::hash(format!("request {number} since {:?}", self.started).as_bytes());
        digest.to_hex()[..32].to_owned()
    }

    /// Returns when every change made before the call is in the world's file, if it has one.
    ///
    /// A save takes as long as the world is large. Changes that come while one is under way wait for the next, which is
    /// one for all of them.
    pub(crate) async fn keep(self: &Arc<Self>) -> Result<(), Error> {
        self.changes.send_replace(());
        self.past.note(self.clock.now(), &self.world);
        let change = self.changed.fetch_add(1, Ordering::SeqCst) + 1;
        if self.lives_in_memory {
            return Ok(());
        }
        let _turn = self.saving.lock().await;
        if self.saved.load(Ordering::SeqCst) >= change {
            return Ok(());
        }
        let shared = Arc::clone(self);
        match tokio::task::spawn_blocking(move || shared.save()).await {
            Ok(saved) => saved,
            Err(stopped) => Err(Error::WorldFile {
                action: "save",
                path: PathBuf::new(),
                source: stopped.into(),
            }),
        }
    }

    /// Writes the world to its file, if it has one. What is saved includes every change made before the call.
    pub(crate) fn save(&self) -> Result<(), Error> {
        // The file's lock is taken first, so that an older picture of the world never overwrites a newer one.
        let storage = self.storage.lock().unwrap_or_else(PoisonError::into_inner);
        match &*storage {
            Storage::Memory => Ok(()),
            Storage::File(file) => {
                let changed = self.changed.load(Ordering::SeqCst);
                let (bytes, secrets) = {
                    let world = self.world();
                    let bytes = serde_json::to_vec(&*world);
                    let secrets = bytes
                        .as_ref()
                        .ok()
                        .and_then(|bytes| world.cloudflare.secrets(bytes));
                    (bytes, secrets)
                };
                file.store_secrets(secrets)?;
                file.store(bytes)?;
                self.saved.fetch_max(changed, Ordering::SeqCst);
                Ok(())
            }
            Storage::Closed(path) => Err(Error::WorldFile {
                action: "save",
                path: path.clone(),
                source: std::io::Error::other("the sandbox is shutting down"),
            }),
        }
    }

    /// Lets go of the world file, so that another sandbox can open it. Nothing is saved from here on.
    pub(crate) fn close(&self) {
        let mut storage = self.storage.lock().unwrap_or_else(PoisonError::into_inner);
        if let Storage::File(file) = &*storage {
            *storage = Storage::Closed(file.path().to_owned());
        }
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
