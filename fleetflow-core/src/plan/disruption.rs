//! What users of a resource notice while it is changed. It says how bad it is and in which ways.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nobody notices.
    #[default]
    None,
    /// A process is restarted.
    Restart,
    /// A machine is restarted.
    Reboot,
    /// It is deleted, or deleted and made anew, or data is lost.
    Replace,
}

impl Level {
    /// The word that users write after `--max-disruption`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Restart => "restart",
            Self::Reboot => "reboot",
            Self::Replace => "replace",
        }
    }
}

/// How bad it is, and what exactly: `reboot`, `new server id`, `data loss`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Disruption {
    /// How bad it is.
    pub level: Level,
    /// What exactly, in a few words each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
}

impl Disruption {
    /// Nobody notices.
    pub fn none() -> Self {
        Self::default()
    }

    /// A disruption of `level` with its effects.
    pub fn new<'e>(level: Level, effects: impl IntoIterator<Item = &'e str>) -> Self {
        Self {
            level,
            effects: effects.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Whether nobody notices.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
