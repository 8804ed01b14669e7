//! A state whose writer can die at any write, and which the next process finds as it was left. For the crash tests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fleetflow_core::Result;
use fleetflow_core::state::{Event, Holder, Lease, MemoryStore, State, Store};
use futures::future::BoxFuture;

/// When a write of the journal is the last thing that a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// Before the n-th write, which does not happen.
    Before(u64),
    /// After the n-th write.
    After(u64),
}

#[derive(Debug, Default)]
struct Pages {
    events: Vec<Event>,
    writes: u64,
    death: Option<Death>,
    dead: bool,
}

/// A journal that outlives its writers. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<Mutex<Pages>>);

impl Journal {
    /// From now on writes are counted anew, and one of them is the last.
    pub(crate) fn dies(&self, death: Option<Death>) {
        let mut pages = self.pages();
        *pages = Pages {
            events: std::mem::take(&mut pages.events),
            death,
            ..Pages::default()
        };
    }

    /// How many writes there were since they were counted anew.
    pub(crate) fn writes(&self) -> u64 {
        self.pages().writes
    }

    /// Whether nothing that exists was written down. What was only meant to be made is not there: who holds that for something of
    /// theirs removes what others made.
    pub(crate) fn knows_nothing(&self) -> bool {
        let mut state = State::default();
        self.pages().events.iter().for_each(|event| state.apply(event));
        state.entries().all(|(_, entry)| entry.id().is_none())
    }

    /// Whether the writer died.
    pub(crate) fn is_dead(&self) -> bool {
        self.pages().dead
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes `events`, and says whether the writer lives on.
    fn write(&self, events: Vec<Event>) -> bool {
        let mut pages = self.pages();
        pages.writes += 1;
        let (number, death) = (pages.writes, pages.death);
        if death != Some(Death::Before(number)) {
            pages.events.extend(events);
        }
        pages.dead |= [Some(Death::Before(number)), Some(Death::After(number))].contains(&death);
        !pages.dead
    }
}

impl Store for Journal {
    fn describe(&self) -> String {
        "the memory of a test".to_owned()
    }

    fn load(&self) -> BoxFuture<'_, Result<State>> {
        let mut state = State::default();
        self.pages().events.iter().for_each(|event| state.apply(event));
        Box::pin(async { Ok(state) })
    }

    fn history(&self) -> BoxFuture<'_, Result<Vec<Event>>> {
        let events = self.pages().events.clone();
        Box::pin(async { Ok(events) })
    }

    fn append<'a>(&'a self, _: &'a Lease, events: Vec<Event>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if !self.write(events) {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }

    /// Dead holders are not in the way: taking a lease over is tested where leases are.
    fn acquire(&self, holder: Holder) -> BoxFuture<'_, Result<Lease>> {
        Box::pin(async move { MemoryStore::new().acquire(holder).await })
    }

    fn still_held<'a>(&'a self, _: &'a Lease) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn unlock(&self) -> BoxFuture<'_, Result<Option<Holder>>> {
        Box::pin(async { Ok(None) })
    }

    fn repair<'a>(&'a self, _: &'a Lease) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn release(&self, _: Lease) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn fingerprint_key(&self) -> BoxFuture<'_, Result<[u8; 32]>> {
        Box::pin(async { Ok([7; 32]) })
    }
}
