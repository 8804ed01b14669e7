//! The program as its users call it: exit codes, what is printed where, and what became of the emulated clouds.

#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot set up or read is a failure of the test"
)]

mod beginning;
mod book;
mod changes;
#[cfg(unix)]
mod clocks;
mod completions;
mod credentials;
#[cfg(unix)]
mod deploy_key;
mod disks;
mod documents;
mod editor;
mod engines;
mod example;
mod graph;
mod importing;
mod interrupts;
#[cfg(unix)]
mod keeping;
mod kills;
mod looking_in;
mod manual;
mod mending;
#[cfg(unix)]
mod misfortunes;
mod numbers;
#[cfg(unix)]
mod own_engine;
#[path = "../../../examples/tests/it/page.rs"]
mod page;
mod pages;
#[cfg(unix)]
mod passphrase;
mod refusals;
mod sakura_client;
mod scale;
mod screens;
#[cfg(unix)]
mod secrets;
#[cfg(unix)]
mod sending;
#[path = "../../../examples/tests/it/shape.rs"]
mod shape;
mod support;
mod swarms;
mod telemetry;
mod walk;
