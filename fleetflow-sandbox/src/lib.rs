//! Emulated SAKURA Cloud, Cloudflare and Docker Engine APIs: real HTTP on loopback over an in-memory world.
//! It shares no code with the FleetFlow client, so that it cannot share a misunderstanding with it.

mod clock;
mod cloudflare;
mod docker;
mod sakura;
mod shared;
mod ssh;
mod world;

pub use clock::{Clock, Timings};
pub use shared::Shared;
pub use world::World;
