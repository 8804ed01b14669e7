//! What is deployed, for browsers on this machine: static files from here, code in workerd. The API for deploying is elsewhere.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tokio::sync::broadcast;

use crate::cloudflare::call::hex_identifier;

mod address;
pub(in crate::cloudflare) mod condition;
mod config;
mod control;
mod files;
mod gateway;
mod process;
pub(in crate::cloudflare) mod program;
mod rules;
mod runtime;
mod served;
mod storage;

pub use control::Site;
pub(crate) use control::{control_router, list};
pub(crate) use gateway::by_host;
pub(in crate::cloudflare) use program::{Program, Revision};
pub(crate) use runtime::end_with_the_sandbox;

/// Lines of Workers that wait for somebody who is slow to read them.
const BACKLOG: usize = 1024;

/// The running code of a sandbox. Nothing runs until somebody asks for a site that has code.
#[derive(Debug)]
pub(crate) struct Sites {
    /// The runtime's program, if there is one.
    workerd: Option<PathBuf>,
    /// What the runtime shows to read and write the sandbox's storage.
    key: String,
    /// The port of the main listener, once it is open.
    port: std::sync::atomic::AtomicU16,
    /// Where the runtime reaches the sandbox's storage, once it needs to.
    storage: std::sync::OnceLock<std::net::SocketAddr>,
    running: tokio::sync::Mutex<Option<runtime::Running>>,
    /// Older deployments with code that somebody asked for.
    asked: Mutex<BTreeSet<String>>,
    /// What Workers and the runtime say.
    said: broadcast::Sender<String>,
}

impl Sites {
    pub(crate) fn new(workerd: Option<PathBuf>) -> Self {
        Self {
            workerd,
            key: hex_identifier(&format!("runtime {}", fastrand::u128(..))),
            port: std::sync::atomic::AtomicU16::new(0),
            storage: std::sync::OnceLock::new(),
            running: tokio::sync::Mutex::default(),
            asked: Mutex::default(),
            said: broadcast::channel(BACKLOG).0,
        }
    }

    /// Remembers where the sandbox listens.
    pub(crate) fn listens_on(&self, port: u16) {
        self.port.store(port, std::sync::atomic::Ordering::Relaxed);
    }

    /// What Workers log and the runtime says, from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<String> {
        self.said.subscribe()
    }

    /// The folder of the running workerd, unless it is being started or ended.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        let running = self.running.try_lock().ok()?;
        running.as_ref().map(|running| running.folder().to_owned())
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn port(&self) -> u16 {
        self.port.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
