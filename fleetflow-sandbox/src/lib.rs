//! Emulated SAKURA Cloud, Cloudflare and Docker Engine APIs: real HTTP on loopback over an in-memory world.
//! It shares no code with the FleetFlow client, so that it cannot share a misunderstanding with it.

mod blobs;
mod clock;
mod cloudflare;
mod control;
mod docker;
mod error;
mod fault;
mod fault_answer;
mod frame;
mod options;
mod past;
mod redaction;
mod request_line;
mod request_log;
mod sakura;
mod sandbox;
mod serve;
mod shared;
mod ssh;
mod workerd;
mod world;
mod world_file;

pub use clock::{Clock, Timings};
pub use cloudflare::Site;
pub use error::Error;
pub use fault::{Effect, Fault, Faults, InvalidFault, Moment, Times};
pub use frame::Cloud;
pub use options::{Options, SakuraCredentials};
pub use request_log::{Entry, Outcome, RequestLog};
pub use sandbox::Sandbox;
pub use shared::Shared;
pub use workerd::find_workerd;
pub use world::World;
