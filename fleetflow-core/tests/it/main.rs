//! Integration tests of the core, in one binary.

#![expect(
    clippy::unwrap_used,
    reason = "what goes wrong here is to fail the test, and helpers are not known as tests"
)]

mod docker;
mod large_site;
mod npm;
mod scale;
mod tidy;
mod workerd;
mod wrangler;
