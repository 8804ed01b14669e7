//! The lease: an object that its holder changes again and again, and that others watch by their own clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::UpdateVersion;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::BucketStore;
use super::journal::Reading;
use super::objects::{Condition, Found, Objects, Put};
use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::state::store::{locked, random_key};
use crate::state::{Holder, STATE_FORMAT};

/// The name of the object.
const LEASE: &str = "lease.json";

/// What the object says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LeaseObject {
    fleetflow_state: u32,
    /// The number of the newest lease.
    pub(super) number: u64,
    /// Tells two leases apart that would be alike otherwise.
    token: String,
    /// Who has it.
    pub(super) holder: Option<Holder>,
    /// How often the holder has shown life.
    beat: u64,
    /// After how many milliseconds without one the holder may be taken over.
    patience: u64,
    /// How many events there were when it was taken or given back: so many there must be at least.
    pub(super) serial: u64,
}

/// A holder that somebody waits for, and when it last showed life as far as we saw.
#[derive(Debug)]
pub(super) struct Watched {
    token: String,
    beat: u64,
    since: Instant,
}

impl LeaseObject {
    pub(super) fn new(number: u64, holder: Option<Holder>, patience: Duration, serial: u64) -> Result<Self> {
        Ok(Self {
            fleetflow_state: STATE_FORMAT,
            number,
            token: blake3::Hash::from_bytes(random_key()?).to_hex()[..32].to_owned(),
            holder,
            beat: 0,
            patience: u64::try_from(patience.as_millis()).unwrap_or(u64::MAX),
            serial,
        })
    }

    fn decode(objects: &Objects, found: &Found) -> Result<Self> {
        let name = objects.name(LEASE);
        let lease: Self = serde_json::from_slice(&found.bytes).map_err(|error| {
            Error::of(&codes::STATE_DAMAGED, format!("{name} is damaged: {error}"))
                .help("make sure that nobody is at work, then run `flow state unlock`")
        })?;
        if lease.fleetflow_state > STATE_FORMAT {
            return Err(Error::of(
                &codes::STATE_NEWER,
                format!(
                    "{name} has format {}, this version knows {STATE_FORMAT}",
                    lease.fleetflow_state
                ),
            )
            .help("use a newer version of FleetFlow"));
        }
        Ok(lease)
    }

    async fn put(&self, objects: &Objects, condition: Condition) -> Result<Put> {
        let bytes = serde_json::to_vec(self)
            .map_err(|error| Error::new(ErrorKind::Internal, format!("the lease: {error}")))?;
        objects.put(LEASE, bytes, condition).await
    }
}

/// How many events there must be at least. A damaged lease promises nothing.
pub(super) async fn serial(objects: &Objects) -> Result<u64> {
    let Some(found) = objects.get(LEASE).await? else {
        return Ok(0);
    };
    Ok(serde_json::from_slice::<LeaseObject>(&found.bytes).map_or(0, |lease| lease.serial))
}

/// Takes the lease, if it is free or its holder is dead; an error of kind `Locked` says who has it.
pub(super) async fn take(store: &BucketStore, holder: &Holder) -> Result<(Held, Reading)> {
    let objects = &store.objects;
    loop {
        let found = objects.get(LEASE).await?;
        let last = match &found {
            Some(found) => Some(LeaseObject::decode(objects, found)?),
            None => None,
        };
        if let Some(last) = &last {
            store.refuse_if_alive(last)?;
        }
        // Read first: where somebody deleted the lease, the journal knows how far the numbers went.
        let reading = Reading::read(objects).await?;
        let number = last.map_or(0, |last| last.number).max(reading.lease) + 1;
        let lease = LeaseObject::new(
            number,
            Some(holder.clone()),
            store.patience,
            reading.state.serial(),
        )?;
        let sent = Instant::now();
        if let Put::Done(version) = lease.put(objects, Condition::still(found.as_ref())).await? {
            return Ok((Held::new(objects.clone(), lease, version, sent), reading));
        }
    }
}

/// Takes the lease away from whoever has it.
pub(super) async fn unlock(objects: &Objects, patience: Duration) -> Result<Option<Holder>> {
    loop {
        let found = objects.get(LEASE).await?;
        let Some(found) = found else { return Ok(None) };
        let last = LeaseObject::decode(objects, &found).ok();
        if last.as_ref().is_some_and(|last| last.holder.is_none()) {
            return Ok(None);
        }
        let serial = last.as_ref().map_or(0, |last| last.serial);
        let number = match &last {
            Some(last) => last.number,
            None => Reading::read(objects).await?.lease,
        };
        let free = LeaseObject::new(number + 1, None, patience, serial)?;
        if let Put::Done(_) = free.put(objects, Condition::Unchanged(found.version)).await? {
            return Ok(last.and_then(|last| last.holder));
        }
    }
}

impl BucketStore {
    fn refuse_if_alive(&self, last: &LeaseObject) -> Result<()> {
        let Some(holder) = &last.holder else { return Ok(()) };
        let patience = Duration::from_millis(last.patience);
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        match watched.as_ref() {
            Some(seen) if seen.token == last.token && seen.beat == last.beat => {
                if seen.since.elapsed() >= patience {
                    return Ok(());
                }
            }
            _ => {
                *watched = Some(Watched {
                    token: last.token.clone(),
                    beat: last.beat,
                    since: Instant::now(),
                });
            }
        }
        let wait = format!(
            "wait for that run to end with `--lock-wait 15m`; if it died, it is taken over after {} s of waiting, or at \
             once after `flow state unlock`",
            patience.as_secs()
        );
        Err(Error::new(ErrorKind::Locked, locked(holder).message()).help(wait))
    }
}

/// A lease that is ours, and shows life until it is dropped or given back.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) number: u64,
    objects: Objects,
    current: Arc<tokio::sync::Mutex<(LeaseObject, UpdateVersion)>>,
    life: Arc<Life>,
    beating: tokio::task::JoinHandle<()>,
}

/// What the holder knows about the lease without asking.
#[derive(Debug)]
struct Life {
    last: Mutex<Option<Instant>>,
    limit: Duration,
}

impl Life {
    fn seen(&self, at: Option<Instant>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Others wait for the whole of the patience: so nobody has taken over while this says yes.
    fn is_certain(&self) -> bool {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < self.limit)
    }
}

impl Held {
    fn new(objects: Objects, lease: LeaseObject, version: UpdateVersion, sent: Instant) -> Self {
        let patience = Duration::from_millis(lease.patience);
        let life = Arc::new(Life {
            last: Mutex::new(Some(sent)),
            limit: patience * 2 / 3,
        });
        let number = lease.number;
        let current = Arc::new(tokio::sync::Mutex::new((lease, version)));
        let beating = tokio::spawn(beat(objects.clone(), current.clone(), life.clone(), patience / 3));
        Self {
            number,
            objects,
            current,
            life,
            beating,
        }
    }

    pub(super) fn is_certain(&self) -> bool {
        self.life.is_certain()
    }

    /// Somebody else's page was found where ours should go.
    pub(super) fn lost(&self) {
        self.life.seen(None);
    }

    #[cfg(test)]
    pub(super) fn hang(&self) {
        self.beating.abort();
    }

    #[cfg(test)]
    pub(super) fn believe(&self) {
        self.life.seen(Some(Instant::now() + Duration::from_secs(3600)));
    }

    /// Gives it back. Who has lost it has nothing to give.
    pub(super) async fn give_back(&self, serial: u64) -> Result<()> {
        let mut current = self.current.lock().await;
        self.beating.abort();
        let (lease, version) = &mut *current;
        lease.holder = None;
        lease.serial = serial;
        change(&self.objects, lease, version).await?;
        self.life.seen(None);
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.beating.abort();
    }
}

async fn beat(
    objects: Objects,
    current: Arc<tokio::sync::Mutex<(LeaseObject, UpdateVersion)>>,
    life: Arc<Life>,
    every: Duration,
) {
    loop {
        tokio::time::sleep(every).await;
        let mut current = current.lock().await;
        let (lease, version) = &mut *current;
        lease.beat += 1;
        let sent = Instant::now();
        match change(&objects, lease, version).await {
            Ok(true) => life.seen(Some(sent)),
            Ok(false) => return life.seen(None),
            // Without an answer it is tried again at the next beat; meanwhile `life` runs out by itself.
            Err(error) => tracing::warn!(%error, "the lease of the state could not be renewed"),
        }
    }
}

/// Writes our lease anew; false when it is somebody else's.
async fn change(objects: &Objects, lease: &LeaseObject, version: &mut UpdateVersion) -> Result<bool> {
    loop {
        match lease.put(objects, Condition::Unchanged(version.clone())).await? {
            Put::Done(new) => {
                *version = new;
                return Ok(true);
            }
            Put::Refused => {
                let Some(found) = objects.get(LEASE).await? else {
                    return Ok(false);
                };
                if LeaseObject::decode(objects, &found)?.token != lease.token || found.version == *version {
                    return Ok(false);
                }
                // An earlier change of ours, whose answer was lost.
                *version = found.version;
            }
        }
    }
}
