//! The emulated SAKURA Cloud API over HTTP: every rule once.

#![expect(
    clippy::unwrap_used,
    reason = "what goes wrong here is to fail the test, and helpers are not known as tests"
)]

pub(crate) mod support;
