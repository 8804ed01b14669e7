//! The Rust blocks of the documents, compiled and run as doc tests. Each page is named here once; nothing else is here.

#[doc = include_str!("../README.md")]
struct Readme;

#[doc = include_str!("../README.ja.md")]
struct ReadmeJa;

#[doc = include_str!("../docs/rust.md")]
struct Rust;

#[doc = include_str!("../fleetflow-core/README.md")]
struct Core;

#[doc = include_str!("../fleetflow-sandbox/README.md")]
struct Sandbox;
