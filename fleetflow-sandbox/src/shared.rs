//! What all routers of a sandbox share: the world behind one lock, the clock, the timings.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Clock, Timings, World};

/// Shared by every router. Handlers lock the world for the length of one request; nothing awaits under the lock.
#[derive(Debug)]
pub struct Shared {
    world: Mutex<World>,
    /// The time of the emulated world.
    pub clock: Clock,
    /// How long slow operations take.
    pub timings: Timings,
}

impl Shared {
    /// A world with its clock.
    pub fn new(world: World, clock: Clock, timings: Timings) -> Self {
        Self {
            world: Mutex::new(world),
            clock,
            timings,
        }
    }

    /// The world, locked.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
