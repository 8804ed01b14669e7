//! The vocabulary: names, values, kinds, declarations, stacks. Pure: no IO, no clock, no terminal.

mod address;
mod allowed;
mod conform;
mod declaration;
mod digests;
mod expand;
mod flags;
pub mod format;
mod found;
mod kind;
mod meant;
mod partial;
mod path;
mod problem;
mod relations;
mod resource;
mod seal;
mod seen;
mod spec;
mod stack;
mod suppose;
mod value;
mod wording;

pub use address::{Address, InvalidName, OutputRef, Owner};
pub use conform::conform;
pub use declaration::{Declaration, Declare};
pub use expand::Expansion;
pub use flags::flags;
pub use found::{Former, Found, Unreached};
pub use kind::{Kind, Of, Operations};
pub(crate) use path::Trail;
pub use path::{Path, Segment};
pub use problem::{Problem, did_you_mean};
pub use relations::Related;
pub use resource::{BatchStep, Intent, Lifecycle, OutputField, Provider, Resource, Rollout, Verb};
pub use seen::{Existing, Made, Observed, Ownership, Scope, Unfinished, Wanted};
pub use spec::Spec;
pub use stack::{CloudflareSettings, DockerSettings, Providers, RegistrySettings, SakuraSettings, Stack};
pub use suppose::{Choice, Instead};
pub use value::{Input, Output, ValueType, has_unknown, is_mistaken, mistaken, references, resolve, secrets};

pub(crate) use conform::{fitted, schema_at};
pub(crate) use digests::{digests, each};
#[cfg(test)]
pub(crate) use expand::expanded;
pub(crate) use expand::{check_in, expand};
pub(crate) use resource::decode;
pub(crate) use stack::Parts;
pub(crate) use value::reveal;
