//! Everything the emulated clouds know, as plain data that can be saved to a file and compared.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{cloudflare, docker, sakura};

/// The whole emulated world: one part for each cloud, and the counter that ids are drawn from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct World {
    /// Ids drawn so far; every id of the sandbox is derived from it, so runs are repeatable.
    pub(crate) serial: u64,
    /// SAKURA Cloud.
    pub(crate) sakura: sakura::Rows,
    /// Cloudflare.
    pub(crate) cloudflare: cloudflare::Rows,
    /// The container engines: one for each server, and the local one.
    pub(crate) docker: docker::Rows,
}

impl World {
    /// What a fresh sandbox holds.
    pub fn seed() -> Self {
        Self {
            serial: 0,
            sakura: sakura::Rows::default(),
            cloudflare: cloudflare::Rows::seed(),
            docker: docker::Rows::seed(),
        }
    }

    /// What users made, and nothing else: no counters, no seeds, no log. A world in which everything was deleted
    /// gives the same text as a fresh one.
    pub fn inventory(&self) -> Value {
        sorted(json!({
            "sakura": self.sakura.inventory(),
            "cloudflare": self.cloudflare.inventory(),
            "docker": self.docker.inventory(|engine| sakura::engine_name(self, engine)),
        }))
    }

    /// The next number of the sandbox's one sequence.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

/// The same value with the members of every object in order, however `serde_json` keeps them.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|left, right| left.0.cmp(&right.0));
            let members = members.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}
