//! The internal kind `dns-record`: one record. Users declare records in a `dns`, which expands to these.

mod batch;
mod hosts;
mod look;
pub(crate) mod mark;
mod operations;
mod wire;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Cloudflare;
use super::dns::{Details, RecordType};
use crate::cloudflare::permission::{Need, Permission};
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    BatchStep, Existing, Found, Input, Intent, Lifecycle, Made, Provider, Resource, Scope, Verb, Wanted,
};
use crate::plan::{Change, Disruption, Level};

/// Records in one page of a list: as large as zones usually are (API doc §3.1).
const PER_PAGE: usize = 5000;

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

    fn deletion() -> Disruption {
        Disruption::new(Level::Replace, ["outage: the name loses this record"])
    }
}

impl Lifecycle for DnsRecord {
    type Cloud = Cloudflare;

    async fn observe(cloud: &Cloudflare, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        look::observe(cloud, scope, wanted).await
    }

    async fn create(
        cloud: &Cloudflare,
        context: &Context,
        spec: &Self,
        partial: Option<&Existing>,
    ) -> Result<Made> {
        let verb = Verb::Create {
            spec: spec.value(),
            partial: partial.cloned(),
        };
        single(cloud, context, &spec.zone, verb)
            .await?
            .ok_or_else(unanswered)
    }

    async fn update(
        cloud: &Cloudflare,
        context: &Context,
        was: &Existing,
        spec: &Self,
        changes: &[Change],
    ) -> Result<Made> {
        let verb = Verb::Update {
            was: was.clone(),
            spec: spec.value(),
            changes: changes.to_vec(),
        };
        single(cloud, context, &spec.zone, verb)
            .await?
            .ok_or_else(unanswered)
    }

    async fn delete(cloud: &Cloudflare, context: &Context, was: &Existing) -> Result<()> {
        let zone = was.spec["zone"].as_str().unwrap_or_default();
        let verb = Verb::Delete { was: was.clone() };
        single(cloud, context, zone, verb).await.map(drop)
    }

    fn batch_key(spec: &Value) -> Option<String> {
        spec.get("zone")?.as_str().map(str::to_owned)
    }

    async fn batch(cloud: &Cloudflare, steps: Vec<BatchStep>) -> Vec<Result<Option<Made>>> {
        let zone = steps.iter().find_map(|step| match &step.verb {
            Verb::Create { spec, .. } | Verb::Update { spec, .. } => Self::batch_key(spec),
            Verb::Delete { was } => Self::batch_key(&was.spec),
        });
        batch::carry_out(cloud, &zone.unwrap_or_default(), steps).await
    }

    async fn lacking(cloud: &Cloudflare, intents: &[Intent<'_>]) -> Result<Vec<Error>> {
        let zones = intents.iter().filter_map(|intent| Self::batch_key(intent.spec));
        let needs = zones.map(|zone| Need::Zone(Permission::Dns, zone)).collect();
        cloud.lacking(needs).await
    }
}

impl DnsRecord {
    fn value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

async fn single(cloud: &Cloudflare, context: &Context, zone: &str, verb: Verb) -> Result<Option<Made>> {
    let step = BatchStep {
        context: context.clone(),
        verb,
    };
    let answers = batch::carry_out(cloud, zone, vec![step]).await;
    answers.into_iter().next().unwrap_or_else(|| Err(unanswered()))
}

fn unanswered() -> Error {
    Error::new(ErrorKind::Internal, "the batch left a record out")
}
