//! Why a count was decided: data for those who show it, and one sentence for people.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why the count is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Reason {
    /// There were fewer than declared.
    BelowMinimum {
        /// The fewest.
        min: u32,
    },
    /// There were more than declared.
    AboveMaximum {
        /// The most.
        max: u32,
    },
    /// No threshold is declared: only people change the count.
    ByHand,
    /// No replica has a sample that says something about now.
    NoSamples,
    /// There is more load than the replicas shall carry.
    Above {
        /// The load of one replica, in percent.
        load: f64,
        /// What it shall not exceed.
        threshold: f64,
    },
    /// Fewer replicas carry the load as well.
    Below {
        /// The load that each of the remaining ones will have, in percent.
        load: f64,
        /// How many those are.
        count: u32,
    },
    /// Fewer would do, but a replica is not well: nothing is removed until it is.
    Unwell,
    /// The load asks for nothing else.
    Steady {
        /// The load of one replica, in percent.
        load: f64,
    },
    /// More are needed than are allowed.
    AtMaximum {
        /// The load of one replica, in percent.
        load: f64,
    },
    /// Another count is wanted, but the last change is too young.
    Cooldown {
        /// The wanted count.
        wanted: u32,
        /// The load of one replica, in percent.
        load: f64,
        /// When the change is allowed.
        #[schemars(with = "String")]
        until: Timestamp,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BelowMinimum { min } => write!(f, "at least {min} are declared"),
            Self::AboveMaximum { max } => write!(f, "at most {max} are declared"),
            Self::ByHand => f.write_str("no `cpu-threshold` is declared: the count is changed by hand"),
            Self::NoSamples => f.write_str("no load was measured since the last change"),
            Self::Above { load, threshold } => write!(
                f,
                "the load of {} % is above the threshold of {} %",
                load.round(),
                threshold
            ),
            Self::Below { load, count: 1 } => write!(f, "one carries the load alone, at {} %", load.round()),
            Self::Below { load, count } => write!(f, "{count} carry the load, at {} % each", load.round()),
            Self::Unwell => f.write_str("fewer would do, but one is not well"),
            Self::Steady { load } => write!(f, "the load of {} % is fine", load.round()),
            Self::AtMaximum { load } => write!(f, "the load is {} %, but no more are allowed", load.round()),
            Self::Cooldown { wanted, load, until } => write!(
                f,
                "the load of {} % asks for {wanted}, but not before {until}",
                load.round()
            ),
        }
    }
}
