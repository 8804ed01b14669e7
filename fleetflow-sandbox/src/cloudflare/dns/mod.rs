//! DNS records of a zone (API doc §3): rows and routes. The rules sit in the files beside it; nothing here resolves names.

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodFilter;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::endpoint;
use super::gate::Need;
use super::rows::Rows;
use crate::Shared;

mod batch;
mod body;
mod conflict;
mod content;
mod data;
mod fields;
mod list;
mod managed;
mod name;
mod records;
mod refusal;
mod settle;
mod shown;
mod table;
mod text;
mod write;

pub(super) use fields::{Fields, Kind};
pub(super) use managed::{attach_bucket, attach_worker, detach, is_alias_of, zone_of};
pub(super) use name::in_zone;
pub(super) use records::Records;

/// A stored record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) fields: Fields,
    pub(super) meta: Meta,
    created_on: Timestamp,
    modified_on: Timestamp,
    comment_modified_on: Option<Timestamp>,
    tags_modified_on: Option<Timestamp>,
}

/// What Cloudflare itself notes on a record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Meta {
    /// The R2 bucket whose custom domain made this record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r2_bucket: Option<String>,
    /// The Worker whose custom domain made this record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) origin_worker_id: Option<String>,
    /// Made by Cloudflare: users can neither change nor delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) read_only: bool,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    let (read, write) = (Need::Product("DNS Read"), Need::Product("DNS Write"));
    Router::new()
        .route(
            "/zones/{zone_id}/dns_records",
            endpoint([
                (MethodFilter::GET, read, list::list),
                (MethodFilter::POST, write, write::create),
            ]),
        )
        .route(
            "/zones/{zone_id}/dns_records/batch",
            endpoint([(MethodFilter::POST, write, batch::batch)]),
        )
        .route(
            "/zones/{zone_id}/dns_records/{dns_record_id}",
            endpoint([
                (MethodFilter::GET, read, write::get),
                (MethodFilter::PUT, write, write::overwrite),
                (MethodFilter::PATCH, write, write::merge),
                (MethodFilter::DELETE, write, write::delete),
            ]),
        )
}

/// The records users made, without those that Cloudflare manages.
pub(super) fn inventory(rows: &Rows) -> Value {
    let mut found: Vec<(String, Value)> = Vec::new();
    for zone in &rows.zones {
        let records = rows.records.get(&zone.id).into_iter().flat_map(Records::iter);
        for record in records.filter(|record| !record.meta.read_only) {
            let value = json!({ "zone": zone.name, "record": record.fields });
            found.push((value.to_string(), value));
        }
    }
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found.into_iter().map(|(_, value)| value).collect()
}
