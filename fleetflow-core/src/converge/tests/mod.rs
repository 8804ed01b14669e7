//! Proofs of the planner and the executor on a kind with an in-memory cloud: nothing is written by a plan, a second run
//! changes nothing, every crash and every lost answer ends in the same world, strangers are left alone.

mod lateness;
mod letting_go;
mod proofs;
mod resting;
mod reviews;
mod scenarios;
pub(crate) mod thing;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Caller, Report, Session};
use crate::clouds::Clouds;
use crate::error::Result;
use crate::model::Stack;
use crate::state::{Event, Holder, Lease, MemoryStore, State, Store};
use thing::{Thing, Things};

/// One world with its state, for a sequence of runs.
#[derive(Default)]
struct Bench {
    things: Things,
    journal: Journal,
    clocks: Clocks,
}

/// The clocks of the machines that runs are made on, one after another.
#[derive(Default)]
struct Clocks {
    began: std::sync::OnceLock<Instant>,
    /// By how many seconds each is wrong; without any, all are right.
    wrong_by: Vec<i64>,
    /// By how many seconds each is set back whenever it is looked at.
    falls_by: i64,
    read: AtomicUsize,
}

impl Clocks {
    /// The clock of the next machine.
    fn next(&self) -> impl Fn() -> String + Send + Sync + 'static {
        let began = *self.began.get_or_init(Instant::now);
        let number = self.read.fetch_add(1, Ordering::Relaxed);
        let wrong = self.wrong_by.get(number % self.wrong_by.len().max(1)).copied();
        let (falls_by, looks) = (self.falls_by, AtomicI64::new(0));
        move || {
            let right = Timestamp::constant(1_767_225_600, 0) + began.elapsed();
            let fallen = falls_by * looks.fetch_add(1, Ordering::Relaxed);
            (right + SignedDuration::from_secs(wrong.unwrap_or_default() - fallen)).to_string()
        }
    }
}

/// A journal that outlives the runs. It can die before or after its n-th write.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<std::sync::Mutex<Pages>>);

#[derive(Debug, Default)]
struct Pages {
    events: Vec<Event>,
    writes: u64,
    die_before: Option<u64>,
    die_after: Option<u64>,
}

impl Journal {
    fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        self.0.lock().unwrap()
    }

    /// A new process: nothing dies any more.
    fn revive(&self) {
        let mut pages = self.pages();
        pages.die_before = None;
        pages.die_after = None;
    }

    pub(crate) fn state(&self) -> State {
        let mut state = State::default();
        self.pages().events.iter().for_each(|event| state.apply(event));
        state
    }
}

impl Store for Journal {
    fn describe(&self) -> String {
        "a test".to_owned()
    }

    fn load(&self) -> BoxFuture<'_, Result<State>> {
        Box::pin(async { Ok(self.state()) })
    }

    fn history(&self) -> BoxFuture<'_, Result<Vec<Event>>> {
        Box::pin(async { Ok(self.pages().events.clone()) })
    }

    fn append<'a>(&'a self, _: &'a Lease, events: Vec<Event>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let dies = {
                let mut pages = self.pages();
                pages.writes += 1;
                let number = pages.writes;
                if pages.die_before != Some(number) {
                    pages.events.extend(events);
                }
                pages.die_before == Some(number) || pages.die_after == Some(number)
            };
            if dies {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }

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

impl Bench {
    fn session(&self) -> Session {
        let clouds = Clouds::things(self.things.clone());
        let caller = Caller::new("a test", self.clocks.next());
        let stop = CancellationToken::new();
        self.things.stopped_by(stop.clone());
        Session::new(clouds, self.journal.clone(), caller).cancelled_by(stop)
    }

    fn attach(&self, stack: Stack) -> Stack {
        stack.session(self.session())
    }

    async fn converge(&self, stack: &Stack) -> Result<Report> {
        self.attach(stack.clone()).converge().await
    }

    /// A run that may die on the way: then nothing of it goes on, and there is no answer.
    async fn converge_or_die(&self, stack: &Stack) -> Option<Result<Report>> {
        tokio::time::timeout(Duration::from_secs(3600), self.converge(stack))
            .await
            .ok()
    }

    async fn destroy(&self) -> Result<Report> {
        self.attach(stack(vec![])).destroy().await
    }
}

fn stack(things: Vec<Thing>) -> Stack {
    things.into_iter().fold(Stack::new("p", "s"), Stack::add)
}
