//! A store in memory, for tests and for stacks that live no longer than their process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};

use super::store::{Guard, fenced, locked, random_key};
use super::{Event, Holder, Lease, State, Store};
use crate::error::Result;

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
            guard: Guard::Memory,
        })
    }

    fn write(&self, lease: &Lease, events: Vec<Event>) -> Result<()> {
        let mut inner = self.inner();
        if inner.number != lease.number || inner.holder.is_none() {
            return Err(fenced());
        }
        for event in &events {
            inner.state.apply(event);
        }
        inner.journal.extend(events);
        Ok(())
    }
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

    fn still_held<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<()>> {
        ready(self.write(lease, Vec::new())).boxed()
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>> {
        let mut inner = self.inner();
        if inner.number == lease.number {
            inner.holder = None;
        }
        ready(Ok(())).boxed()
    }

    fn unlock(&self) -> BoxFuture<'_, Result<Option<Holder>>> {
        let mut inner = self.inner();
        inner.number += 1;
        ready(Ok(inner.holder.take())).boxed()
    }

    fn repair<'a>(&'a self, _: &'a Lease) -> BoxFuture<'a, Result<Vec<String>>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn fingerprint_key(&self) -> BoxFuture<'_, Result<[u8; 32]>> {
        let mut inner = self.inner();
        let key = match inner.key {
            Some(key) => Ok(key),
            None => random_key().inspect(|key| inner.key = Some(*key)),
        };
        ready(key).boxed()
    }
}
