//! The internal kind `dns-record`: one record. Users declare records in a `dns`, which expands to these.

pub(crate) mod mark;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dns::{Details, RecordType};
use crate::model::{Input, Provider, Resource};

/// One record of a zone, as it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct DnsRecord {
    /// The zone's name.
    pub zone: String,
    /// The full name, in punycode.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub record_type: RecordType,
    /// The value; a LOC record has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Input<String>>,
    /// Seconds that resolvers keep it; 1 is automatic.
    pub ttl: u32,
    /// Whether traffic goes through Cloudflare.
    pub proxied: bool,
    /// The whole comment, the owner mark included.
    pub comment: String,
    /// What some types have besides their value.
    #[serde(flatten)]
    pub details: Details,
}

impl Resource for DnsRecord {
    const KIND: &'static str = "dns-record";
    const PROVIDER: Provider = Provider::Cloudflare;

    /// The record's full name; its address, which tells several records of a name apart, is made by the zone.
    fn name(&self) -> &str {
        &self.name
    }
}
