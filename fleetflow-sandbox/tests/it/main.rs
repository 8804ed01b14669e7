//! Behaviour of the sandbox as its clients see it, over real connections.

#![expect(
    clippy::unwrap_used,
    reason = "what goes wrong here is to fail the test, and helpers are not known as tests"
)]

mod clients;
mod cloudflare;
mod docker;
mod frame;
mod inventory;
mod sakura;
mod ssh;
mod world_file;
