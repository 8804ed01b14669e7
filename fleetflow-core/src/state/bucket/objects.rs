//! Objects under one prefix: got, listed, and put under a condition. A put whose answer is lost is looked after.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion};
use secrecy::SecretString;

use super::super::store::not_encrypted;
use crate::codes;
use crate::error::{Error, Result};

/// How often a put is tried whose fate is open.
const TRIES: u32 = 4;

/// What objects of the age format begin with (age specification, "Version line").
const ENCRYPTED: &[u8] = b"age-encryption.org/v1";

/// Makes content unreadable, and readable again.
pub(super) trait Cipher: std::fmt::Debug + Send + Sync {
    fn seal<'a>(&'a self, raw: &'a Objects, content: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>>>;

    /// Lets `to` open from now on what the passphrase opens now.
    fn relock<'a>(&'a self, raw: &'a Objects, to: SecretString) -> BoxFuture<'a, Result<()>>;

    /// None when `sealed` is damaged.
    fn open<'a>(&'a self, raw: &'a Objects, sealed: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>>>;
}

/// The objects under a prefix.
#[derive(Clone, Debug)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    place: String,
    cipher: Option<Arc<dyn Cipher>>,
}

/// An object as it was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) bytes: Vec<u8>,
    pub(super) version: UpdateVersion,
}

/// When a put may take effect.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// There is no such object yet.
    Absent,
    /// The object is still this version.
    Unchanged(UpdateVersion),
}

/// What became of a put.
#[derive(Debug)]
pub(super) enum Put {
    /// It took effect.
    Done(UpdateVersion),
    /// Its condition does not hold.
    Refused,
}

impl Condition {
    /// That `found` is as it was found.
    pub(super) fn still(found: Option<&Found>) -> Self {
        match found {
            None => Self::Absent,
            Some(found) => Self::Unchanged(found.version.clone()),
        }
    }
}

impl Objects {
    pub(super) fn new(store: Arc<dyn ObjectStore>, prefix: &str, place: String) -> Self {
        Self {
            store,
            prefix: Path::from(prefix),
            place,
            cipher: None,
        }
    }

    pub(super) fn with_cipher(self, cipher: Arc<dyn Cipher>) -> Self {
        Self {
            cipher: Some(cipher),
            ..self
        }
    }

    #[cfg(test)]
    pub(super) async fn everything(&self) -> Vec<(String, Vec<u8>)> {
        let found: Vec<_> = self.store.list(None).try_collect().await.unwrap();
        let mut all = Vec::new();
        for object in found {
            let got = self.store.get(&object.location).await.unwrap();
            all.push((object.location.to_string(), got.bytes().await.unwrap().to_vec()));
        }
        all
    }

    /// Other objects of the same bucket.
    #[cfg(test)]
    pub(super) fn below(&self, folder: &str) -> Self {
        Self {
            prefix: self.path(folder),
            ..self.clone()
        }
    }

    /// The same objects, as they are stored.
    fn raw(&self) -> Self {
        Self {
            cipher: None,
            ..self.clone()
        }
    }

    /// Whether what is put can be read by nobody else.
    pub(super) fn is_encrypted(&self) -> bool {
        self.cipher.is_some()
    }

    /// Lets the passphrase `to` open from now on what the one before opens now.
    pub(super) async fn relock(&self, to: SecretString) -> Result<()> {
        let Some(cipher) = &self.cipher else {
            return Err(not_encrypted(&self.place));
        };
        cipher.relock(&self.raw(), to).await
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The object `name` in words.
    pub(super) fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.place)
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), Path::join)
    }

    /// The object `name`; none where there is none.
    pub(super) async fn get(&self, name: &str) -> Result<Option<Found>> {
        let Some(found) = self.stored(name).await? else {
            return Ok(None);
        };
        if !found.bytes.starts_with(ENCRYPTED) {
            return Ok(Some(found));
        }
        let Some(cipher) = &self.cipher else {
            return Err(
                Error::of(&codes::STATE_KEY, format!("{} is encrypted", self.name(name)))
                    .help("give its passphrase or key: `state \"…\" { encrypt env=\"NAME\" }`"),
            );
        };
        match cipher.open(&self.raw(), &found.bytes).await? {
            Some(bytes) => Ok(Some(Found { bytes, ..found })),
            // As it is, it fits no checksum: whoever asked for it will say that it is damaged.
            None => Ok(Some(found)),
        }
    }

    /// The object as it is stored.
    pub(super) async fn stored(&self, name: &str) -> Result<Option<Found>> {
        let got = async {
            let got = self.store.get(&self.path(name)).await?;
            let version = UpdateVersion {
                e_tag: got.meta.e_tag.clone(),
                version: got.meta.version.clone(),
            };
            let bytes = got.bytes().await?.to_vec();
            Ok(Found { bytes, version })
        };
        match got.await {
            Ok(found) => Ok(Some(found)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed("read", name, error)),
        }
    }

    /// Puts `content` under `name`, if `condition` holds.
    pub(super) async fn put(&self, name: &str, content: Vec<u8>, condition: Condition) -> Result<Put> {
        let content = match &self.cipher {
            Some(cipher) => cipher.seal(&self.raw(), &content).await?,
            None => content,
        };
        self.put_stored(name, &content, condition).await
    }

    /// Puts `content` as it is. Where a try fails, the object is read: perhaps the try took effect all the same.
    pub(super) async fn put_stored(&self, name: &str, content: &[u8], condition: Condition) -> Result<Put> {
        let mut pause = Duration::from_millis(100);
        let mut tries = 1;
        loop {
            let error = match self.try_put(name, content, &condition).await {
                Ok(version) => return Ok(Put::Done(version)),
                Err(error) => error,
            };
            let conflict = is_conflict(&error);
            if !conflict && !is_open(&error) {
                return Err(self.failed("write", name, error));
            }
            match self.stored(name).await {
                Ok(Some(found)) if found.bytes == content => return Ok(Put::Done(found.version)),
                // A conflict over an object that does not exist is one over a put that was still going on.
                Ok(None) if matches!(condition, Condition::Absent) => {}
                Ok(_) if conflict => return Ok(Put::Refused),
                Err(_) | Ok(_) => {}
            }
            if tries == TRIES {
                return Err(self.failed("write", name, error));
            }
            tokio::time::sleep(pause).await;
            (tries, pause) = (tries + 1, pause * 3);
        }
    }

    async fn try_put(
        &self,
        name: &str,
        content: &[u8],
        condition: &Condition,
    ) -> object_store::Result<UpdateVersion> {
        let mode = match condition.clone() {
            Condition::Absent => PutMode::Create,
            Condition::Unchanged(version) => PutMode::Update(version),
        };
        let path = self.path(name);
        let put = self
            .store
            .put_opts(&path, content.to_vec().into(), PutOptions::from(mode));
        put.await.map(UpdateVersion::from)
    }

    /// The names in `folder` that come after `after`, in order.
    pub(super) async fn list(&self, folder: &str, after: &str) -> Result<Vec<String>> {
        let offset = self.path(&format!("{folder}/{after}"));
        let found = self
            .store
            .list_with_offset(Some(&self.path(folder)), &offset)
            .map_ok(|object| object.location.filename().unwrap_or_default().to_owned())
            .try_collect::<Vec<_>>();
        let mut names = found.await.map_err(|error| self.failed("list", folder, error))?;
        names.sort();
        Ok(names)
    }

    /// Copies an object, whatever is at `to`.
    pub(super) async fn copy(&self, from: &str, to: &str) -> Result<()> {
        self.store
            .copy(&self.path(from), &self.path(to))
            .await
            .map_err(|error| self.failed("copy", from, error))
    }

    /// Removes objects; those that are gone already do not matter.
    pub(super) async fn remove(&self, names: Vec<String>) -> Result<()> {
        let paths: Vec<_> = names.iter().map(|name| Ok(self.path(name))).collect();
        let mut removed = self.store.delete_stream(futures::stream::iter(paths).boxed());
        while let Some(answer) = removed.next().await {
            match answer {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.failed("remove objects of", "journal", error)),
            }
        }
        Ok(())
    }

    fn failed(&self, verb: &str, name: &str, error: object_store::Error) -> Error {
        let (code, help) = match &error {
            object_store::Error::Unauthenticated { .. } | object_store::Error::PermissionDenied { .. } => (
                &codes::REFUSED_CREDENTIALS,
                "check the access key, and that it may read, write, list and delete in the bucket",
            ),
            object_store::Error::NotFound { .. } => (
                &codes::NO_BUCKET,
                "make the bucket first, or correct its name in the `state` node",
            ),
            _ => (
                &codes::STATE_UNREACHABLE,
                "check the endpoint and the network, then run the same command again: it goes on from here",
            ),
        };
        let message = format!("could not {verb} {}: {}", self.name(name), cause(&error));
        Error::of(code, message).source(error).help(help)
    }
}

/// What the service said, without the layers around it.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn is_conflict(error: &object_store::Error) -> bool {
    use object_store::Error as E;
    matches!(
        error,
        E::AlreadyExists { .. } | E::Precondition { .. } | E::NotModified { .. }
    )
}

/// Whether the put may have taken effect, or may do so at another try.
fn is_open(error: &object_store::Error) -> bool {
    matches!(
        error,
        object_store::Error::Generic { .. } | object_store::Error::JoinError { .. }
    )
}
