//! The kind `switch`: a private network of servers. Declared values only.

#![expect(
    unreachable_pub,
    reason = "the derived builder has each mutator a second time, inside"
)]

mod ops;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

#[cfg(test)]
pub(super) use ops::Row;

use super::{mark, zone};
use crate::model::{Address, Declaration, Expansion, Output, OutputField, Problem, Provider, Resource};

/// A switch: a private network inside one zone.
///
/// ```
/// use fleetflow_core::prelude::*;
///
/// let backend = Switch::builder().name("backend").zone("is1a").build();
/// assert!(Stack::new("shop", "dev").add(backend).check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
#[builder(mutators(
    /// With one more tag.
    pub fn tag(&mut self, tag: impl Into<String>) {
        self.tags.insert(tag.into());
    }
))]
pub struct Switch {
    /// Its name in the stack and in the cloud.
    #[builder(setter(into))]
    #[schemars(extend("x-format" = "name"))]
    name: String,
    /// Who serves it; there is only one.
    #[builder(default, setter(skip))]
    #[serde(default, skip_serializing)]
    #[schemars(extend("enum" = ["sakura-cloud"]))]
    provider: Option<String>,
    /// The zone; the one of the providers' settings without it.
    #[builder(default, setter(strip_option, into))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    /// A description for people.
    #[builder(default, setter(strip_option, into))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Tags for people.
    #[builder(via_mutators)]
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("x-aliases" = ["tag"]))]
    tags: BTreeSet<String>,
}

impl Switch {
    /// Its id in the cloud.
    pub fn id(&self) -> Output<String> {
        Output::new(&Address::new(Self::KIND, &self.name), "id")
    }
}

impl Resource for Switch {
    const KIND: &'static str = "switch";
    const PROVIDER: Provider = Provider::SakuraCloud;
    const OUTPUTS: &'static [OutputField] = &[OutputField {
        name: "id",
        value_type: "text",
        doc: "Its id in the cloud",
    }];
    const REPLACE_ON: &'static [&'static str] = &["zone"];

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = mark::check_tags(&self.tags);
        problems.extend(mark::check_description(self.description.as_deref(), 0));
        problems.extend(zone::check(self.zone.as_deref()));
        problems
    }

    fn check_in(&self, _: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        zone::check_chosen(self.zone.as_deref(), around)
            .into_iter()
            .collect()
    }

    fn expand(&self, declared: &Declaration, around: &Expansion<'_>) -> Option<Vec<Declaration>> {
        Some(vec![zone::filled(declared, around)])
    }
}
