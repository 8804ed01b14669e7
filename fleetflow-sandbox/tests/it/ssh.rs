//! The SSH endpoints of emulated servers, asked by an SSH library and by OpenSSH.

#![expect(
    clippy::unwrap_used,
    reason = "what goes wrong here is to fail the test, and helpers are not known as tests"
)]

mod client;
mod life;
mod login;
