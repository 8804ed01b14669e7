//! How the world was a while ago, for reads that are to be answered as by a replica that lags behind. Nothing is kept
//! until a rule asks for it.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::World;

tokio::task_local! {
    /// What the current request sees instead of the world.
    static SEEN: Arc<World>;
}

/// Runs `work`, a read, which sees `world` instead of how things are.
pub(crate) async fn seen<F: Future>(world: Arc<World>, work: F) -> F::Output {
    SEEN.scope(world, work).await
}

/// Worlds with the moments from which they were so, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Past(Mutex<Vec<(Timestamp, Arc<World>)>>);

impl Past {
    /// From now on it is remembered how the world was.
    pub(crate) fn begin(&self, now: Timestamp, world: World) {
        self.worlds().push((now, Arc::new(world)));
    }

    /// The world has changed.
    pub(crate) fn note(&self, now: Timestamp, world: &Mutex<World>) {
        let mut worlds = self.worlds();
        if !worlds.is_empty() {
            let world = world.lock().unwrap_or_else(PoisonError::into_inner).clone();
            worlds.push((now, Arc::new(world)));
        }
    }

    /// The world as it was `seconds` before `now`, or the oldest that is remembered.
    pub(crate) fn before(&self, now: Timestamp, seconds: u64) -> Option<Arc<World>> {
        let length = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        let worlds = self.worlds();
        let then = worlds
            .iter()
            .rev()
            .find(|(since, _)| now.duration_since(*since) >= length);
        then.or(worlds.first()).map(|(_, world)| Arc::clone(world))
    }

    fn worlds(&self) -> MutexGuard<'_, Vec<(Timestamp, Arc<World>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The world as a request sees it.
pub(crate) enum WorldGuard<'w> {
    /// As it is, locked.
    Now(MutexGuard<'w, World>),
    /// As it was: a copy, and what a read settles in it is lost.
    Then(Box<World>),
}

impl<'w> WorldGuard<'w> {
    /// The world of the current request.
    pub(crate) fn of(world: &'w Mutex<World>) -> Self {
        match SEEN.try_with(|seen| World::clone(seen)) {
            Ok(seen) => Self::Then(Box::new(seen)),
            Err(_) => Self::Now(world.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

impl Deref for WorldGuard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        match self {
            Self::Now(world) => world,
            Self::Then(world) => world,
        }
    }
}

impl DerefMut for WorldGuard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        match self {
            Self::Now(world) => world,
            Self::Then(world) => world,
        }
    }
}
