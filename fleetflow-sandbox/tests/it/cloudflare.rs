//! The emulated Cloudflare API over HTTP: every rule once, every answer held against the official schema.

#![expect(
    clippy::print_stderr,
    clippy::format_push_string,
    reason = "what goes wrong here is to fail the test, and helpers are not known as tests"
)]

mod access;
mod dns_batch;
mod dns_list;
mod dns_rules;
mod kv;
mod pages;
mod r2;
mod r2_domains;
mod schema;
mod support;
mod worker_assets;
mod workers;
mod zones;
