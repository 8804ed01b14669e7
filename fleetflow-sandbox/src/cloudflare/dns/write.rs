//! Single-record requests. Each changes one row or none.

use serde_json::json;

use super::table::Table;
use super::{body::Body, refusal, shown::Shown};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context, is_identifier, unroutable};

pub(super) fn create(context: &mut Context<'_>, call: &Call) -> Outcome {
    let body: Body = call.json()?;
    let id = context.identifier();
    let record = with_table(context, call, |table| table.add(id, body))?;
    Answer::of(Shown::from(&record))
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let id = record_id(call)?;
    let record = with_table(context, call, |table| table.find(id).cloned())?;
    Answer::of(Shown::from(&record))
}

pub(super) fn overwrite(context: &mut Context<'_>, call: &Call) -> Outcome {
    let (id, body) = (record_id(call)?, call.json()?);
    let record = with_table(context, call, |table| table.overwrite(id, body))?;
    Answer::of(Shown::from(&record))
}

pub(super) fn merge(context: &mut Context<'_>, call: &Call) -> Outcome {
    let (id, body) = (record_id(call)?, call.json()?);
    let record = with_table(context, call, |table| table.merge(id, body))?;
    Answer::of(Shown::from(&record))
}

pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    let id = record_id(call)?;
    let record = with_table(context, call, |table| table.remove(id))?;
    Answer::of(json!({ "id": record.id }))
}

/// Runs a change on the zone named in the path.
pub(super) fn with_table<T>(
    context: &mut Context<'_>,
    call: &Call,
    change: impl FnOnce(&mut Table<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let now = context.now;
    let rows = context.rows();
    let id = call.path("zone_id");
    let zone = rows
        .zones
        .iter()
        .find(|zone| zone.id == id)
        .ok_or_else(refusal::missing)?;
    let records = rows.records.entry(id.to_owned()).or_default();
    change(&mut Table::new(zone, records, now))
}

fn record_id(call: &Call) -> Result<&str, Failure> {
    let id = call.path("dns_record_id");
    if is_identifier(id) {
        return Ok(id);
    }
    Err(unroutable(&format!(
        "/zones/{}/dns_records/{id}",
        call.path("zone_id")
    )))
}
