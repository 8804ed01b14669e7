//! The SSH endpoints of emulated servers, asked by an SSH library and by OpenSSH.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

pub(crate) mod client;
mod life;
mod login;
mod openssh;
