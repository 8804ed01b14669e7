//! A store in a local folder: an append-only journal with a snapshot, guarded by a lock of the operating system. Every
//! file is readable by its owner only.

mod files;
mod generation;
mod lock;
#[cfg(test)]
mod tests;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::store::{Guard, foreign_lease};
use super::{Event, Holder, Lease, State, Store};
use crate::error::{Error, ErrorKind, Result};
use generation::Generation;
pub(super) use writer::Writer;

/// How many events the journal may have before a snapshot is made of it, at the beginning or the end of a run.
const LONG: usize = 1000;

/// State in a folder of the local disk.
///
/// - `journal.jsonl` holds one event a line behind a line that names the format; it is only appended to.
/// - `snapshot.json` holds everything before it, folded, so that loading stays quick.
/// - `journal.old.jsonl` and `snapshot.old.json` are the generation before: a damaged snapshot is made again from them.
/// - `lock` names who is writing, and is locked while they do.
/// - `key` is the key of the fingerprints of secrets.
#[derive(Clone, Debug)]
pub struct FolderStore {
    folder: Arc<PathBuf>,
}

impl FolderStore {
    /// The store in `folder`, which is made when something is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: Arc::new(folder.into()),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store))
            .await
            .unwrap_or_else(|error| {
                Err(Error::new(
                    ErrorKind::Internal,
                    format!("the state's writer stopped: {error}"),
                ))
            })
    }

    async fn writing<T: Send + 'static>(
        &self,
        lease: &Lease,
        work: impl FnOnce(&Self, &Writer) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Guard::Folder(writer) = &lease.guard else {
            return Err(foreign_lease());
        };
        let writer = writer.clone();
        self.blocking(move |store| work(store, &writer)).await
    }
}

impl Store for FolderStore {
    fn describe(&self) -> String {
        format!("the folder {}", self.folder.display())
    }

    fn load(&self) -> BoxFuture<'_, Result<State>> {
        Box::pin(self.blocking(|store| Ok(Generation::read(store)?.state)))
    }

    fn history(&self) -> BoxFuture<'_, Result<Vec<Event>>> {
        Box::pin(self.blocking(generation::history))
    }

    fn append<'a>(&'a self, lease: &'a Lease, events: Vec<Event>) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.writing(lease, move |store, writer| writer.append(store, &events)))
    }

    fn acquire(&self, holder: Holder) -> BoxFuture<'_, Result<Lease>> {
        Box::pin(self.blocking(move |store| {
            let writer = Writer::begin(store, holder)?;
            Ok(Lease {
                number: writer.number,
                guard: Guard::Folder(writer),
            })
        }))
    }

    fn still_held<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.writing(lease, |store, writer| writer.still_held(store)))
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.writing(&lease, |store, writer| writer.end(store)).await })
    }

    fn unlock(&self) -> BoxFuture<'_, Result<Option<Holder>>> {
        Box::pin(self.blocking(lock::unlock))
    }

    fn repair<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(self.writing(lease, |store, writer| writer.repair(store)))
    }

    fn fingerprint_key(&self) -> BoxFuture<'_, Result<[u8; 32]>> {
        Box::pin(self.blocking(|store| files::key(&store.folder, &store.file("key"))))
    }
}
