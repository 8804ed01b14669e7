//! Workers KV namespaces and their values (API doc §4.12): rows and routes. Values do not expire by themselves on a timer; they are looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::MethodFilter;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::endpoint;
use super::gate::Need;
use crate::Shared;

mod bulk;
mod entry;
mod namespace;
mod refusal;
mod runtime;

pub(super) use entry::Entry;
pub(super) use runtime::{Ask, answer};

/// Everything in KV.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rows {
    /// The namespaces, in the order they were made.
    namespaces: Vec<Namespace>,
}

/// A namespace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Namespace {
    id: String,
    title: String,
    entries: BTreeMap<String, Entry>,
}

const NAMESPACES: &str = "/accounts/{account_id}/storage/kv/namespaces";

pub(super) fn routes() -> Router<Arc<Shared>> {
    let (get, put) = (MethodFilter::GET, MethodFilter::PUT);
    let (post, delete) = (MethodFilter::POST, MethodFilter::DELETE);
    let read = Need::Product("Workers KV Storage Read");
    let write = Need::Product("Workers KV Storage Write");
    let at = |rest: &str| format!("{NAMESPACES}/{{namespace_id}}{rest}");
    Router::new()
        .route(
            NAMESPACES,
            endpoint([(get, read, namespace::list), (post, write, namespace::create)]),
        )
        .route(
            &at(""),
            endpoint([
                (get, read, namespace::get),
                (put, write, namespace::rename),
                (delete, write, namespace::delete),
            ]),
        )
        .route(&at("/keys"), endpoint([(get, read, entry::keys)]))
        .route(
            &at("/values/{*key}"),
            endpoint([
                (get, read, entry::get),
                (put, write, entry::put),
                (delete, write, entry::delete),
            ]),
        )
        .route(
            &at("/bulk"),
            endpoint([(put, write, bulk::put), (delete, write, bulk::delete)]),
        )
        .route(&at("/bulk/delete"), endpoint([(post, write, bulk::delete)]))
        .route(&at("/bulk/get"), endpoint([(post, read, bulk::get)]))
}

/// The namespaces users made, with digests of their values.
pub(super) fn inventory(rows: &Rows) -> Value {
    let mut namespaces: Vec<&Namespace> = rows.namespaces.iter().collect();
    namespaces.sort_by(|left, right| left.title.cmp(&right.title));
    namespaces.into_iter().map(Namespace::inventory).collect()
}

impl Rows {
    /// True if there is a namespace with this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.namespaces.iter().any(|namespace| namespace.id == id)
    }
}

impl Namespace {
    fn inventory(&self) -> Value {
        let entries: BTreeMap<&String, String> = self
            .entries
            .iter()
            .map(|(key, entry)| (key, entry.fingerprint()))
            .collect();
        json!({ "title": self.title, "entries": entries })
    }
}
