//! The kind `dns`: a zone that exists, and the records in it. It looks the zone up; `dns-record` writes the records.

#![expect(
    unreachable_pub,
    reason = "the derived builder has each mutator a second time, inside"
)]

mod check;
mod expand;
mod lookup;
mod record;
mod types;
pub(super) mod value;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

pub(super) use expand::leaf_of;
pub use record::Record;
pub use types::{CaaTag, Details, Latitude, Location, Longitude, RecordType};

use crate::model::{Address, Declaration, Expansion, Output, OutputField, Problem, Provider, Resource};

/// A zone at Cloudflare and records in it. The zone must exist; only the records are made and deleted.
///
/// Records that FleetFlow did not make are left alone. A CNAME record that points at
/// `BUCKET.r2.cloudflarestorage.com`, where the stack declares that bucket with the record's name as its custom
/// domain, is satisfied by the bucket: R2 makes a record of its own there.
///
/// ```
/// use fleetflow_core::cloudflare::{Dns, dns::Record};
/// use fleetflow_core::Stack;
/// use std::net::Ipv4Addr;
///
/// let zone = Dns::builder()
///     .zone("example.jp")
///     .record(Record::a("www", Ipv4Addr::new(192, 0, 2, 1)).proxied(true))
///     .record(Record::txt("@", "v=spf1 -all"))
///     .build();
/// assert!(Stack::new("shop", "dev").add(zone).check().is_empty());
/// ```
///
/// A value of another type does not compile:
///
/// ```compile_fail
/// use fleetflow_core::{Address, cloudflare::dns::Record, model::Output};
///
/// let name: Output<String> = Output::new(&Address::new("server", "web"), "hostname");
/// Record::a("www", name);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["zone"]))]
#[builder(mutators(
    /// With a record.
    pub fn record(&mut self, record: Record) {
        self.record.push(record);
    }
    /// With several records.
    pub fn records(&mut self, records: impl IntoIterator<Item = Record>) {
        self.record.extend(records);
    }
))]
pub struct Dns {
    /// The zone's name: `example.jp`.
    #[builder(setter(into))]
    pub zone: String,
    /// The records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub record: Vec<Record>,
    /// Whether the zone shall have no records but these. Others are deleted, except those that products of Cloudflare
    /// keep for themselves, and those with the mark of another project or stage.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[builder(default)]
    pub authoritative: bool,
}

impl Dns {
    /// Its address.
    pub fn address(&self) -> Address {
        Address::new(Self::KIND, &self.zone)
    }

    /// The zone's id.
    pub fn zone_id(&self) -> Output<String> {
        Output::new(&self.address(), "zone-id")
    }

    /// The zone's name servers at Cloudflare, separated by commas.
    pub fn name_servers(&self) -> Output<String> {
        Output::new(&self.address(), "name-servers")
    }
}

impl Resource for Dns {
    const KIND: &'static str = "dns";
    const PROVIDER: Provider = Provider::Cloudflare;
    const OUTPUTS: &'static [OutputField] = &[
        OutputField {
            name: "zone-id",
            value_type: "text",
            doc: "The zone's id",
        },
        OutputField {
            name: "name-servers",
            value_type: "text",
            doc: "The zone's name servers at Cloudflare, separated by commas",
        },
    ];
    const LOOKUP: bool = true;

    fn name(&self) -> &str {
        &self.zone
    }

    fn check(&self) -> Vec<Problem> {
        check::check(self)
    }

    fn check_in(&self, _: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        check::strays(self, around)
    }

    fn expand(&self, declared: &Declaration, around: &Expansion<'_>) -> Option<Vec<Declaration>> {
        Some(expand::expand(self, declared, around))
    }
}

#[cfg(test)]
mod tests;
