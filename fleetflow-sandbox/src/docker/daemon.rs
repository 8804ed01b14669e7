//! One engine, opened for the length of one request, with the clock and the id source. No request logic.

use std::time::Duration;

use jiff::Timestamp;

use super::container;
use super::rows::Engine;
use crate::Shared;

/// An opened engine.
#[derive(Debug)]
pub(super) struct Daemon<'a> {
    pub(super) engine: &'a mut Engine,
    pub(super) now: Timestamp,
    /// How long a container needs until its first successful health check, at most.
    pub(super) warm_up: Duration,
    serial: &'a mut u64,
}

impl Daemon<'_> {
    /// Locks the world, lets everything happen that is due by now, and does `work`.
    pub(super) fn open<T>(shared: &Shared, key: &str, work: impl FnOnce(&mut Daemon<'_>) -> T) -> T {
        let now = shared.clock.now();
        let mut world = shared.world();
        let world = &mut *world;
        let engine = world.docker.engine(key);
        let warm_up = shared.timings.boot;
        let mut daemon = Daemon {
            engine,
            now,
            warm_up,
            serial: &mut world.serial,
        };
        container::settle(&mut daemon);
        work(&mut daemon)
    }

    /// A new id: 64 hexadecimal digits.
    pub(super) fn fresh_id(&mut self, kind: &str) -> String {
        *self.serial += 1;
        digest(&[kind, &self.serial.to_string()])
    }
}

/// 64 hexadecimal digits that follow from the parts, and from nothing else.
pub(super) fn digest(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}
