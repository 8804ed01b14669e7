//! The life cycle of packet filters (API doc "Packet filter"). They have no tags: the mark stands in the description.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{PacketFilter, PacketRule};
use crate::converge::Context;
use crate::error::Result;
use crate::model::{Existing, Found, Lifecycle, Made, Observed, Resource as _, Scope, Wanted};
use crate::plan::Change;
use crate::sakura::client::Call;
use crate::sakura::identity::{Card, Chosen, Search};
use crate::sakura::wire::{Reference, or_default};
use crate::sakura::{Id, Sakura, look, mark, wait, zone};

/// How long a server may take to let go of its filter, and a change to be applied.
const RELEASE: Duration = Duration::from_mins(2);

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sakura) struct Row {
    #[serde(rename = "ID")]
    pub(in crate::sakura) id: Id,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    description: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) expression: Vec<Expression>,
    #[serde(default, deserialize_with = "or_default")]
    expression_hash: String,
}

/// One rule as the API has it: what is not said is null, empty or left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sakura) struct Expression {
    protocol: String,
    action: String,
    #[serde(default, deserialize_with = "or_default")]
    source_network: String,
    #[serde(default, deserialize_with = "or_default")]
    source_port: String,
    #[serde(default, deserialize_with = "or_default")]
    destination_port: String,
    #[serde(default, deserialize_with = "or_default")]
    description: String,
}

impl Expression {
    /// The rule as it would be declared.
    pub(in crate::sakura) fn declared(&self) -> Value {
        let mut rule = json!({ "protocol": self.protocol, "action": self.action });
        let optional = [
            ("source", &self.source_network),
            ("source_port", &self.source_port),
            ("port", &self.destination_port),
            ("description", &self.description),
        ];
        for (field, value) in optional {
            if !value.is_empty() {
                rule[field] = value.as_str().into();
            }
        }
        rule
    }
}

impl PacketRule {
    fn expression(&self) -> Value {
        json!({
            "Protocol": self.protocol,
            "Action": self.action,
            "SourceNetwork": self.source.as_deref().unwrap_or_default(),
            "SourcePort": self.source_port.as_deref().unwrap_or_default(),
            "DestinationPort": self.port.as_deref().unwrap_or_default(),
            "Description": self.description.as_deref().unwrap_or_default(),
        })
    }
}

fn card(row: &Row) -> Card {
    Card {
        id: row.id,
        name: row.name.clone(),
        owner: mark::described(&row.description).1,
        previous: None,
    }
}

fn observed(chosen: Chosen<'_, Row>, zone: &str) -> Observed {
    let row = &chosen.row;
    let (description, _) = mark::described(&row.description);
    let rules: Vec<Value> = row.expression.iter().map(Expression::declared).collect();
    let live = json!({
        "name": row.name,
        "zone": zone,
        "description": (!description.is_empty()).then_some(description),
        "rule": rules,
    });
    let made = made(row.id, zone);
    chosen.shown(live, made)
}

fn made(id: Id, zone: &str) -> Made {
    Made::new(id.to_string(), &json!({ "id": id.to_string(), "zone": zone }))
}

fn body(spec: &PacketFilter, context: &Context) -> Value {
    let description = spec.description.as_deref().unwrap_or_default();
    let rules: Vec<Value> = spec.rule.iter().map(PacketRule::expression).collect();
    json!({ "PacketFilter": {
        "Name": spec.name,
        "Description": mark::describe(description, &context.owner),
        "Expression": rules,
    }})
}

impl Lifecycle for PacketFilter {
    type Cloud = Sakura;

    async fn observe(sakura: &Sakura, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        look::in_each_zone(wanted, async |zone| {
            let call = Call::get(zone, "packetfilter", format!("list the packet filters of {zone}"));
            let rows: Vec<Row> = sakura.list(call, "PacketFilters", Value::Null).await?;
            let search = Search {
                kind: Self::KIND,
                scope,
                wanted,
                zone: Some(zone),
            };
            Ok(search.found(rows, card, |chosen| observed(chosen, zone)))
        })
        .await
    }

    async fn create(sakura: &Sakura, context: &Context, spec: &Self, _: Option<&Existing>) -> Result<Made> {
        let zone = zone::needed(spec.zone.as_deref(), context)?;
        let call = Call::post(zone, "packetfilter", "create the packet filter").body(body(spec, context));
        let row: Reference = sakura.one(call, "PacketFilter").await?;
        Ok(made(row.id, zone))
    }

    /// The hash of the rules that were read guards against rules that somebody else wrote meanwhile.
    async fn update(
        sakura: &Sakura,
        context: &Context,
        was: &Existing,
        spec: &Self,
        _: &[Change],
    ) -> Result<Made> {
        let zone = zone::needed(spec.zone.as_deref(), context)?;
        let path = format!("packetfilter/{}", was.id);
        let read = Call::get(zone, path.clone(), "read the packet filter");
        let there: Row = sakura.one(read, "PacketFilter").await?;
        let mut body = body(spec, context);
        if !there.expression_hash.is_empty() {
            body["OriginalExpressionHash"] = there.expression_hash.into();
        }
        // A repeated one would meet the hash of its own rules: what became of it is looked for instead.
        let call = Call::put(zone, path, "change the packet filter")
            .body(body)
            .once();
        let changed = wait::until_free(context, RELEASE, || sakura.one(call.clone(), "PacketFilter"));
        let row: Reference = changed.await?;
        Ok(made(row.id, zone))
    }

    async fn delete(sakura: &Sakura, context: &Context, was: &Existing) -> Result<()> {
        let zone = zone::of_existing(was)?;
        let call = Call::delete(
            zone,
            format!("packetfilter/{}", was.id),
            "delete the packet filter",
        );
        wait::until_released(sakura, context, call, RELEASE).await
    }
}
