//! The life cycle of switches (API doc "Switch").

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Switch;
use crate::converge::Context;
use crate::error::Result;
use crate::model::{Existing, Found, Lifecycle, Made, Observed, Resource as _, Scope, Wanted};
use crate::plan::Change;
use crate::sakura::client::Call;
use crate::sakura::identity::{Card, Chosen, Search};
use crate::sakura::wire::{Reference, or_default};
use crate::sakura::{Id, Sakura, look, mark, wait, zone};

/// How long a server may take to let go of its switch.
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
    tags: Vec<String>,
}

fn card(row: &Row) -> Card {
    Card {
        id: row.id,
        name: row.name.clone(),
        owner: mark::owner_in(&row.tags),
        previous: None,
    }
}

fn observed(chosen: Chosen<'_, Row>, zone: &str) -> Observed {
    let row = &chosen.row;
    let tags = mark::declared(&row.tags);
    let live = json!({
        "name": row.name,
        "zone": zone,
        "description": (!row.description.is_empty()).then_some(&row.description),
        "tags": (!tags.is_empty()).then_some(tags),
    });
    let made = made(row.id, zone);
    chosen.shown(live, made)
}

fn made(id: Id, zone: &str) -> Made {
    Made::new(id.to_string(), &json!({ "id": id.to_string(), "zone": zone }))
}

fn body(spec: &Switch, context: &Context) -> Value {
    json!({ "Switch": {
        "Name": spec.name,
        "Description": spec.description.as_deref().unwrap_or_default(),
        "Tags": mark::tags(&spec.tags, &context.owner, None),
    }})
}

impl Lifecycle for Switch {
    type Cloud = Sakura;
    const PRICED: bool = true;

    async fn prices(sakura: &Sakura, specs: &[Value]) -> Result<Vec<Option<u64>>> {
        futures::future::try_join_all(specs.iter().map(|spec| sakura.switch_price(spec))).await
    }

    async fn observe(sakura: &Sakura, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        look::in_each_zone(wanted, async |zone| {
            let call = Call::get(zone, "switch", format!("list the switches of {zone}"));
            let rows: Vec<Row> = sakura.list(call, "Switches", Value::Null).await?;
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
        let call = Call::post(zone, "switch", "create the switch").body(body(spec, context));
        let row: Reference = sakura.one(call, "Switch").await?;
        Ok(made(row.id, zone))
    }

    async fn update(
        sakura: &Sakura,
        context: &Context,
        was: &Existing,
        spec: &Self,
        _: &[Change],
    ) -> Result<Made> {
        let zone = zone::needed(spec.zone.as_deref(), context)?;
        let call =
            Call::put(zone, format!("switch/{}", was.id), "change the switch").body(body(spec, context));
        let row: Reference = sakura.one(call, "Switch").await?;
        Ok(made(row.id, zone))
    }

    async fn delete(sakura: &Sakura, context: &Context, was: &Existing) -> Result<()> {
        let zone = zone::of_existing(was)?;
        let call = Call::delete(zone, format!("switch/{}", was.id), "delete the switch");
        wait::until_released(sakura, context, call, RELEASE).await
    }
}
