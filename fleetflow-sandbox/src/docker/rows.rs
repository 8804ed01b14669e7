//! Everything the emulated engines hold, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::container::{self, Container};
use super::exec::Exec;
use super::image::Image;
use super::inventory;
use super::network::{self, Network};
use super::volume::Volume;

/// All engines, by key: [`super::LOCAL`] and one for each server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rows {
    pub(super) engines: BTreeMap<String, Engine>,
    /// The SSH host key of each server, in OpenSSH format, by the key of its engine.
    host_keys: BTreeMap<String, HostKey>,
}

/// A private key that stays out of debug output.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct HostKey(String);

impl std::fmt::Debug for HostKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HostKey(..)")
    }
}

/// One engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Engine {
    pub(super) key: String,
    #[serde(default)]
    pub(super) containers: Vec<Container>,
    pub(super) networks: Vec<Network>,
    #[serde(default)]
    pub(super) volumes: Vec<Volume>,
    #[serde(default)]
    pub(super) images: Vec<Image>,
    /// References that this engine's registries do not have.
    #[serde(default)]
    pub(super) missing: BTreeSet<String>,
    /// Commands in containers. They end with the process, as they end with a real engine.
    #[serde(skip)]
    pub(super) execs: BTreeMap<String, Exec>,
}

impl Rows {
    /// Engines as they are before anybody used them.
    pub(crate) fn seed() -> Self {
        Self::default()
    }

    /// What users made, canonically: two worlds with the same things in them give the same JSON, whatever happened before.
    pub(crate) fn inventory(&self) -> Value {
        inventory::of(self)
    }

    /// Forgets an engine and the host key of its server.
    pub(crate) fn remove_engine(&mut self, engine: &str) {
        self.engines.remove(engine);
        self.host_keys.remove(engine);
    }

    /// Tells an engine when its server was last switched on: what ran before that is down, or up again if its restart
    /// policy says so. Telling it twice changes nothing.
    pub(crate) fn engine_booted(&mut self, engine: &str, at: Timestamp) {
        if let Some(engine) = self.engines.get_mut(engine) {
            container::boot(engine, at);
        }
    }

    /// The host key of the server with this engine, if it has one already.
    pub(crate) fn host_key(&self, engine: &str) -> Option<&str> {
        self.host_keys.get(engine).map(|key| key.0.as_str())
    }

    /// Keeps the host key of a server.
    pub(crate) fn keep_host_key(&mut self, engine: &str, key: String) {
        self.host_keys.insert(engine.to_owned(), HostKey(key));
    }

    /// The engine with this key, made when it is asked for the first time.
    pub(super) fn engine(&mut self, key: &str) -> &mut Engine {
        self.engines
            .entry(key.to_owned())
            .or_insert_with(|| Engine::fresh(key))
    }
}

impl Engine {
    fn fresh(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            containers: Vec::new(),
            networks: network::predefined(key),
            volumes: Vec::new(),
            images: Vec::new(),
            missing: BTreeSet::new(),
            execs: BTreeMap::new(),
        }
    }
}
