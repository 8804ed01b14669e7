//! What a plan changes of what is paid, as plain data. It asks nobody.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Address;

/// What a plan changes of what is paid, in yen a month, by the public price list of the cloud.
///
/// Only what has a price by itself is in it (servers, disks, switches); licences and traffic are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// `JPY`.
    pub currency: String,
    /// What has to be paid besides, a month.
    pub adds: u64,
    /// What has not to be paid any more, a month.
    pub removes: u64,
    /// What each resource costs before and after, where that is known.
    pub resources: BTreeMap<Address, Bill>,
}

/// What a resource costs a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bill {
    /// As it is.
    pub before: u64,
    /// As it will be.
    pub after: u64,
}

impl Cost {
    /// The sum of `resources`; nothing where nothing changes.
    pub(crate) fn of(resources: BTreeMap<Address, Bill>) -> Option<Self> {
        let resources: BTreeMap<_, _> = resources
            .into_iter()
            .filter(|(_, bill)| bill.before != bill.after)
            .collect();
        let adds = resources
            .values()
            .map(|bill| bill.after.saturating_sub(bill.before))
            .sum();
        let removes = resources
            .values()
            .map(|bill| bill.before.saturating_sub(bill.after))
            .sum();
        (!resources.is_empty()).then(|| Self {
            currency: "JPY".to_owned(),
            adds,
            removes,
            resources,
        })
    }

    /// The same of `addresses` only.
    pub(crate) fn only(mut self, addresses: &BTreeSet<&Address>) -> Option<Self> {
        self.resources.retain(|address, _| addresses.contains(address));
        Self::of(self.resources)
    }
}
