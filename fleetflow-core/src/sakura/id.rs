//! Ids of SAKURA Cloud, which come as numbers or as texts. It decodes; it looks nothing up.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

/// The id of an object: a positive whole number.
///
/// Most ids arrive as numbers, some nested ones as texts whatever is asked for (API doc "Encoding rules").
/// An absent object has a null id: decode `Option<Id>` there.
///
/// ```
/// use fleetflow_core::sakura::Id;
///
/// let ids: Vec<Option<Id>> = serde_json::from_str(r#"[113000000100, "113000000100", null]"#)?;
/// assert_eq!(ids[0], ids[1]);
/// assert_eq!(serde_json::to_string(&ids)?, "[113000000100,113000000100,null]");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Id(u64);

impl Id {
    /// The id with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Spelling {
            Number(u64),
            Text(String),
        }
        match Spelling::deserialize(deserializer)? {
            Spelling::Number(number) => Ok(Self(number)),
            Spelling::Text(text) => text
                .parse()
                .map_err(|_| D::Error::invalid_value(Unexpected::Str(&text), &"an id of digits")),
        }
    }
}
