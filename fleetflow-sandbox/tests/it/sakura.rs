//! The emulated SAKURA Cloud API over HTTP: every rule once, and the form of answers held against recorded ones.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod access;
mod disks;
mod finding;
mod networks;
mod official_client;
mod power;
mod scripts;
mod servers;
mod shapes;
pub(crate) mod support;
