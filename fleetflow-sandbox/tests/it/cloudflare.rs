//! The emulated Cloudflare API over HTTP: every rule once, every answer held against the official schema.

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
mod workers;
mod zones;
