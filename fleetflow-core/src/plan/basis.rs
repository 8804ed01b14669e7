//! What a plan was made from, as digests: a plan that was put aside is carried out only while all of it is the same.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write as _};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Drift, Inputs, Step};
use crate::model::Address;

/// How many hexadecimal digits a digest has.
const LENGTH: usize = 32;
/// How many bytes are digested at a time: the text of a large stack is never held as a whole.
const BUFFER: usize = 16 * 1024;

/// Digests of what a plan was made from. They are keyed by nothing and hold no secret: a declaration only names those.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Basis {
    /// What is declared, with the content of the files that it names.
    pub declared: String,
    /// What is remembered, with the number of its last event.
    pub state: String,
    /// Everything in which the clouds differed from it, whether or not a target left it out of the plan.
    pub difference: String,
    /// How everything was seen that is to be changed, and what that depends on: ids, fields that nobody declares, outputs.
    /// Older plans do not have it, and are refused.
    #[serde(default)]
    pub observed: String,
}

impl Basis {
    pub(super) fn of(inputs: &Inputs<'_>, steps: &[Step], drift: &[Drift]) -> Self {
        Self {
            declared: digest(&inputs.desired),
            state: digest(inputs.state),
            difference: digest(&(steps, drift)),
            observed: digest(&versions(inputs, steps)),
        }
    }

    /// What is not as it was, in words; none when everything is.
    pub fn moved(&self, now: &Self) -> Option<&'static str> {
        if self.declared != now.declared {
            Some("the declaration, or a file that it names, is another one")
        } else if self.state != now.state {
            Some("the state has changed: somebody ran something meanwhile")
        } else if self.difference != now.difference {
            Some("the clouds do not look as they did")
        } else if self.observed != now.observed {
            Some("something that it changes, or depends on, is not as it was seen")
        } else {
            None
        }
    }
}

/// What was seen of something: its address, its id, what the cloud says of it, and its outputs.
type Version<'s> = (&'s Address, &'s str, &'s Value, &'s Map<String, Value>);

/// What was seen of all that `steps` are about, as the clouds give no versions.
fn versions<'i>(inputs: &'i Inputs<'_>, steps: &[Step]) -> Vec<Version<'i>> {
    let touched: BTreeSet<_> = steps
        .iter()
        .flat_map(|step| step.record.depends_on.iter().chain([&step.address]))
        .collect();
    let seen = inputs.observed.resources.iter();
    let mut versions: Vec<Version<'_>> = seen
        .filter(|seen| touched.contains(&seen.address))
        .map(|seen| (&seen.address, seen.id.as_str(), &*seen.live, &seen.outputs))
        .collect();
    versions.sort_by_key(|(address, id, ..)| (*address, *id));
    versions
}

fn digest(value: &impl Serialize) -> String {
    let mut text = BufWriter::with_capacity(BUFFER, blake3::Hasher::new());
    let written =
        serde_json::to_writer(&mut text, value).and_then(|()| text.flush().map_err(serde_json::Error::io));
    debug_assert!(
        written.is_ok(),
        "a tree of plain data with texts as keys always has a form in JSON"
    );
    text.get_ref().finalize().to_hex()[..LENGTH].to_owned()
}
