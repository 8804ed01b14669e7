//! A store in a bucket of an S3-compatible service (or in memory, with the same layout): a journal of numbered objects,
//! a snapshot, and a lease that is kept alive by its holder. It needs conditional writes, and nothing else.

#[cfg(feature = "encryption")]
mod encryption;
mod journal;
mod lease;
mod objects;
mod s3;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use object_store::memory::InMemory;
use secrecy::{ExposeSecret as _, SecretString};

use super::store::{Guard, foreign_lease, random_key};
use super::{Event, Holder, Lease, State, Store};
use crate::codes;
use crate::error::{Error, Result};
#[cfg(feature = "encryption")]
pub use encryption::Encryption;
use journal::Reading;
use lease::Watched;
use objects::{Condition, Objects, Put};
pub use s3::Bucket;
pub(super) use writer::Writer;

/// How many pages the journal may have before a snapshot is made of them, at the beginning or the end of a run: each
/// is one more object to get.
const LONG: u64 = 32;
/// How long a holder may show no life before somebody else takes over.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name of the key of the fingerprints.
const KEY: &str = "key";

/// State in a bucket.
///
/// - `journal/000000000017.jsonl` is a page: the events of one append. A page is made only where none is, so of two
///   writers that both mean to write page 17, one fails; and whoever takes the lease begins with a page of their own.
///   That is the fence: a writer that lost its lease cannot write, whatever it believes.
/// - `snapshot.json` holds all pages up to some number, folded; `snapshot.old.json` is the one before.
/// - `lease.json` says who writes. They change it every 20 seconds. Others watch it by their own clock, and take over
///   when it stays as it is for a minute: no clock is compared with another one.
/// - `key` is the key of the fingerprints of secrets.
/// - `secrets/NAME` is a secret that all machines share, which is kept only where everything is encrypted.
#[derive(Clone, Debug)]
pub struct BucketStore {
    objects: Objects,
    patience: Duration,
    watched: Arc<Mutex<Option<Watched>>>,
}

impl BucketStore {
    /// The store in `bucket`. Nothing is asked yet.
    pub fn new(bucket: Bucket) -> Result<Self> {
        let place = bucket.describe();
        let prefix = bucket.prefix.clone();
        Ok(Self::over(bucket.open()?, &prefix, place))
    }

    /// The same layout in memory. Clones share it.
    pub fn in_memory() -> Self {
        Self::over(Arc::new(InMemory::new()), "", "memory".to_owned())
    }

    fn over(store: Arc<dyn object_store::ObjectStore>, prefix: &str, place: String) -> Self {
        Self {
            objects: Objects::new(store, prefix, place),
            patience: PATIENCE,
            watched: Arc::default(),
        }
    }

    /// Everything that is written from now on is encrypted. What is there already is read as it is.
    #[cfg(feature = "encryption")]
    #[must_use]
    pub fn encrypted(mut self, encryption: Encryption) -> Self {
        self.objects = self.objects.with_cipher(Arc::new(encryption));
        self
    }

    /// With holders of the lease that are taken over when they show no life for `patience`, instead of a minute.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Every object as it is stored.
    #[cfg(test)]
    pub(crate) async fn everything(&self) -> Vec<(String, Vec<u8>)> {
        self.objects.everything().await
    }

    async fn kept(&self, name: &str) -> Result<Option<SecretString>> {
        if !self.objects.is_encrypted() {
            return Ok(None);
        }
        let found = self.objects.get(&secret_object(name)).await?;
        let text = found.map(|found| String::from_utf8(found.bytes).map(SecretString::from));
        text.transpose().map_err(|_| {
            let message = format!("{} is damaged", self.objects.name(&secret_object(name)));
            Error::of(&codes::STATE_DAMAGED, message)
                .help("delete it: the next machine that has what was in it keeps it there again")
        })
    }

    async fn kept_first(&self, name: &str, secret: &SecretString) -> Result<Option<SecretString>> {
        let known = self.kept(name).await?;
        if known.is_some() || !self.objects.is_encrypted() {
            return Ok(known);
        }
        let content = secret.expose_secret().as_bytes().to_vec();
        match self
            .objects
            .put(&secret_object(name), content, Condition::Absent)
            .await?
        {
            Put::Done(_) => Ok(Some(secret.clone())),
            // Somebody else was quicker: theirs is kept.
            Put::Refused => self.kept(name).await,
        }
    }

    async fn key(&self) -> Result<[u8; 32]> {
        if let Some(found) = self.objects.get(KEY).await? {
            return found.bytes.try_into().map_err(|_| {
                Error::of(
                    &codes::STATE_DAMAGED,
                    format!("{} does not hold a key", self.objects.name(KEY)),
                )
                .help("delete it: every secret then counts as changed once")
            });
        }
        let key = random_key()?;
        match self.objects.put(KEY, key.to_vec(), Condition::Absent).await? {
            Put::Done(_) => Ok(key),
            // Somebody else was quicker: theirs is the key.
            Put::Refused => Box::pin(self.key()).await,
        }
    }
}

/// The object of the secret `name`.
fn secret_object(name: &str) -> String {
    format!("secrets/{name}")
}

fn writer(lease: &Lease) -> Result<&Writer> {
    match &lease.guard {
        Guard::Bucket(writer) => Ok(writer),
        _ => Err(foreign_lease()),
    }
}

impl Store for BucketStore {
    fn describe(&self) -> String {
        self.objects.place().to_owned()
    }

    fn load(&self) -> BoxFuture<'_, Result<State>> {
        Box::pin(async { Ok(Reading::read(&self.objects).await?.state) })
    }

    fn history(&self) -> BoxFuture<'_, Result<Vec<Event>>> {
        Box::pin(journal::history(&self.objects))
    }

    fn append<'a>(&'a self, lease: &'a Lease, events: Vec<Event>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { writer(lease)?.append(&events).await })
    }

    fn acquire(&self, holder: Holder) -> BoxFuture<'_, Result<Lease>> {
        Box::pin(async {
            let writer = Writer::begin(self, holder).await?;
            Ok(Lease {
                number: writer.number,
                guard: Guard::Bucket(Box::new(writer)),
            })
        })
    }

    fn still_held<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { writer(lease)?.still_held() })
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { writer(&lease)?.end().await })
    }

    fn unlock(&self) -> BoxFuture<'_, Result<Option<Holder>>> {
        Box::pin(lease::unlock(&self.objects, self.patience))
    }

    fn repair<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async { writer(lease)?.repair().await })
    }

    fn fingerprint_key(&self) -> BoxFuture<'_, Result<[u8; 32]>> {
        Box::pin(self.key())
    }

    fn secret<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<SecretString>>> {
        Box::pin(self.kept(name))
    }

    fn keep_secret<'a>(
        &'a self,
        name: &'a str,
        secret: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<SecretString>>> {
        Box::pin(self.kept_first(name, secret))
    }

    fn change_passphrase(&self, to: SecretString) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.objects.relock(to))
    }
}
