//! A record as the API shows it (API doc §3.1). It is written from the row, without a copy: a list may have thousands.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::fields::Settings;
use super::{Kind, Meta, Record};

/// The members of a record in an answer.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'r> {
    id: &'r str,
    name: &'r str,
    #[serde(rename = "type")]
    kind: Kind,
    content: &'r str,
    proxiable: bool,
    proxied: bool,
    ttl: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'r Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u16>,
    settings: Settings,
    meta: &'r Meta,
    comment: Option<&'r str>,
    tags: &'r [String],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    private_routing: bool,
    created_on: Moment,
    modified_on: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment_modified_on: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags_modified_on: Option<Moment>,
}

impl<'r> From<&'r Record> for Shown<'r> {
    fn from(record: &'r Record) -> Self {
        let fields = &record.fields;
        Self {
            id: &record.id,
            name: &fields.name,
            kind: fields.kind,
            content: &fields.content,
            proxiable: fields.proxiable(),
            proxied: fields.proxied,
            ttl: fields.ttl,
            data: fields.data.as_ref(),
            priority: fields.priority,
            settings: fields.settings,
            meta: &record.meta,
            comment: fields.comment.as_deref(),
            tags: &fields.tags,
            private_routing: fields.private_routing,
            created_on: Moment(record.created_on),
            modified_on: Moment(record.modified_on),
            comment_modified_on: record.comment_modified_on.map(Moment),
            tags_modified_on: record.tags_modified_on.map(Moment),
        }
    }
}

/// Rows as they are shown.
pub(super) fn rows<S: Serializer>(rows: &[Record], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(rows.iter().map(Shown::from))
}

/// A time with microseconds, as the API writes it.
#[derive(Debug)]
struct Moment(Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    }
}
