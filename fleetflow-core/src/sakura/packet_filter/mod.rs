//! The kind `packet-filter`: which packets reach a server. Declared values only.

#![expect(
    unreachable_pub,
    reason = "the derived builder has each mutator a second time, inside"
)]

mod ops;
mod rule;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

pub use rule::{PacketAction, PacketRule, Protocol};

#[cfg(test)]
pub(super) use ops::Row;

use super::{mark, zone};
use crate::model::{Address, Declaration, Expansion, Output, OutputField, Path, Problem, Provider, Resource};

/// How many rules a filter can have (API doc "Limits").
const MOST_RULES: usize = 30;

/// Rules for the packets that reach a server, from the first to the last; the first that fits decides.
///
/// It keeps no track of connections: answers from outside need a rule of their own.
///
/// ```
/// use fleetflow_core::prelude::*;
///
/// let filter = PacketFilter::builder()
///     .name("web")
///     .zone("is1a")
///     .rule(PacketRule::allow(Protocol::Tcp).ports("443"))
///     .rule(PacketRule::deny(Protocol::Ip))
///     .build();
/// assert!(Stack::new("shop", "dev").add(filter).check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
#[builder(mutators(
    /// With one more rule at the end.
    pub fn rule(&mut self, rule: PacketRule) {
        self.rule.push(rule);
    }
))]
pub struct PacketFilter {
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
    /// The rules, in their order.
    #[builder(via_mutators)]
    #[serde(default)]
    #[schemars(extend("x-aliases" = ["rules"]))]
    rule: Vec<PacketRule>,
}

impl PacketFilter {
    /// Its id in the cloud.
    pub fn id(&self) -> Output<String> {
        Output::new(&Address::new(Self::KIND, &self.name), "id")
    }

    fn check_rules(&self) -> Vec<Problem> {
        let path = Path::root().key("rule");
        let rules = self.rule.iter().enumerate();
        let mut problems: Vec<_> = rules
            .flat_map(|(index, rule)| rule.check(&path.index(index)))
            .collect();
        if self.rule.len() > MOST_RULES {
            let message = format!("{} rules are too many", self.rule.len());
            problems.push(Problem::at(path, message).help(format!("at most {MOST_RULES} are possible")));
        }
        problems
    }
}

impl Resource for PacketFilter {
    const KIND: &'static str = "packet-filter";
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
        let mut problems = self.check_rules();
        problems.extend(mark::check_description(
            self.description.as_deref(),
            mark::RESERVED,
        ));
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
