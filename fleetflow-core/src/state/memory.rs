//! A store in memory, for tests and for stacks that live no longer than their process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};

use super::{Event, Holder, Lease, State, Store};
use crate::error::{Error, ErrorKind, Result};

/// State that is lost with the process.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    journal: Vec<Event>,
    state: State,
    holder: Option<Holder>,
    number: u64,
    key: Option<[u8; 32]>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, holder: Holder) -> Result<Lease> {
        let mut inner = self.inner();
        if let Some(held) = &inner.holder {
            return Err(locked(held));
        }
        inner.holder = Some(holder);
        inner.number += 1;
        Ok(Lease {
            number: inner.number,
            guard: None,
        })
    }

    fn write(&self, lease: &Lease, events: Vec<Event>) -> Result<()> {
        let mut inner = self.inner();
        if inner.number != lease.number || inner.holder.is_none() {
            return Err(fenced());
        }
        events.iter().for_each(|event| inner.state.apply(event));
        inner.journal.extend(events);
        Ok(())
    }
}

/// The refusal for who comes second.
pub(super) fn locked(held: &Holder) -> Error {
    Error::new(
        ErrorKind::Locked,
        format!(
            "the state is locked by {} ({} since {})",
            held.who, held.operation, held.since
        ),
    )
    .help("wait for that run to end, or give `--lock-wait 15m`")
}

/// The refusal for a holder whose lease was taken over.
pub(super) fn fenced() -> Error {
    Error::new(
        ErrorKind::Locked,
        "somebody else took over the state; nothing more is written",
    )
    .help("run `flow plan` to see where things are")
}

impl Store for MemoryStore {
    fn describe(&self) -> String {
        "memory".to_owned()
    }

    fn load(&self) -> BoxFuture<'_, Result<State>> {
        ready(Ok(self.inner().state.clone())).boxed()
    }

    fn history(&self) -> BoxFuture<'_, Result<Vec<Event>>> {
        ready(Ok(self.inner().journal.clone())).boxed()
    }

    fn append<'a>(&'a self, lease: &'a Lease, events: Vec<Event>) -> BoxFuture<'a, Result<()>> {
        ready(self.write(lease, events)).boxed()
    }

    fn acquire(&self, holder: Holder) -> BoxFuture<'_, Result<Lease>> {
        ready(self.take(holder)).boxed()
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>> {
        let mut inner = self.inner();
        if inner.number == lease.number {
            inner.holder = None;
        }
        ready(Ok(())).boxed()
    }

    fn fingerprint_key(&self) -> BoxFuture<'_, Result<[u8; 32]>> {
        let mut inner = self.inner();
        let key = match inner.key {
            Some(key) => Ok(key),
            None => super::store::random_key().inspect(|key| inner.key = Some(*key)),
        };
        ready(key).boxed()
    }
}
