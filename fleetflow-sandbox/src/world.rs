//! Everything the emulated clouds know, as plain data that can be saved to a file and compared.

use serde::{Deserialize, Serialize};

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
    /// The next number of the sandbox's one sequence.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}
