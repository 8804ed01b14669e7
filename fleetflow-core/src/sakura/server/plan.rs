//! The size of a server: cores, memory, generation, commitment. Declared values only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The size of a server.
///
/// ```
/// use fleetflow_core::sakura::Plan;
///
/// let plan = Plan::new(4, 4).generation(200).dedicated();
/// assert_eq!(plan.core(), 4);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["core", "memory"]))]
pub struct Plan {
    /// Virtual cores.
    #[schemars(range(min = 1, max = 224))]
    core: u32,
    /// Memory in GiB.
    #[schemars(range(min = 1, max = 2048))]
    memory: u32,
    /// The generation of the machines, 100 or 200; the cloud chooses without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 999))]
    generation: Option<u32>,
    /// Whether the cores are shared with others.
    #[serde(default)]
    commitment: Commitment,
}

/// Whether a server's cores are shared with others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Commitment {
    /// Shared.
    #[default]
    Standard,
    /// Dedicated.
    Dedicated,
}

impl Plan {
    /// `core` shared cores and `memory` GiB.
    pub const fn new(core: u32, memory: u32) -> Self {
        Self {
            core,
            memory,
            generation: None,
            commitment: Commitment::Standard,
        }
    }

    /// On machines of `generation`: 100 or 200.
    #[must_use]
    pub const fn generation(mut self, generation: u32) -> Self {
        self.generation = Some(generation);
        self
    }

    /// With cores of its own.
    #[must_use]
    pub const fn dedicated(mut self) -> Self {
        self.commitment = Commitment::Dedicated;
        self
    }

    /// Virtual cores.
    pub const fn core(&self) -> u32 {
        self.core
    }

    /// Memory in GiB.
    pub const fn memory(&self) -> u32 {
        self.memory
    }

    pub(super) const fn wanted_generation(&self) -> Option<u32> {
        self.generation
    }

    pub(super) const fn commitment(&self) -> Commitment {
        self.commitment
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} core {} GiB", self.core, self.memory)
    }
}
