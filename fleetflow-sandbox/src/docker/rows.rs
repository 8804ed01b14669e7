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
use super::swarm::{self, Swarm};
use super::volume::Volume;

/// All engines, by key: [`super::LOCAL`] and one for each server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rows {
    pub(super) engines: BTreeMap<String, Engine>,
    pub(super) swarms: Vec<Swarm>,
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
    /// The exit codes of containers that removed themselves, for those who still wait for them.
    #[serde(skip)]
    pub(super) last_words: BTreeMap<String, i64>,
}

impl Rows {
    /// Engines as they are before anybody used them.
    pub(crate) fn seed() -> Self {
        Self::default()
    }

    /// What users made, canonically: two worlds with the same things in them give the same JSON, whatever happened before.
    pub(crate) fn inventory(&self, named: impl Fn(&str) -> String) -> Value {
        let swarms = swarm::inventory(self, &named);
        let mut inventory = inventory::of(self, named);
        if !swarms.is_empty() {
            inventory["swarms"] = swarms.into();
        }
        inventory
    }

    /// What is on the disk of the engine `from` is on its copy `to` as well; what runs there is down.
    pub(crate) fn copy_engine(&mut self, from: &str, to: &str) {
        if let Some(engine) = self.engines.get(from) {
            let copy = Engine {
                key: to.to_owned(),
                execs: BTreeMap::new(),
                last_words: BTreeMap::new(),
                ..engine.clone()
            };
            self.engines.insert(to.to_owned(), copy);
        }
    }

    /// Forgets an engine.
    pub(crate) fn remove_engine(&mut self, engine: &str) {
        self.engines.remove(engine);
        // A swarm lives in the engines of its managers, and dies with the last of them.
        let engines = &self.engines;
        self.swarms
            .retain(|swarm| swarm.nodes.iter().any(|node| engines.contains_key(&node.engine)));
    }

    /// Tells an engine when its server was last switched on: what ran before that is down, or up again if its restart
    /// policy says so. Telling it twice changes nothing.
    pub(crate) fn engine_booted(&mut self, engine: &str, at: Timestamp) {
        if let Some(engine) = self.engines.get_mut(engine) {
            container::boot(engine, at);
        }
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
            last_words: BTreeMap::new(),
        }
    }
}
