//! R2 buckets with their settings, domains and objects (API doc §2): rows and routes. There is no S3 endpoint here.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::MethodFilter;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::endpoint;
use super::gate::Need;
use crate::Shared;

mod bucket;
mod cors;
mod domain;
mod lifecycle;
mod lock;
mod managed;
mod object;
mod parts;
mod place;
mod public;
mod range;
mod refusal;
mod runtime;

pub(super) use domain::Domain;
pub(super) use object::Object;
pub(super) use parts::Upload;
pub(super) use public::{public_buckets, public_object};
pub(super) use runtime::answer;

/// Everything in R2.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rows {
    /// The buckets, by jurisdiction and name.
    buckets: BTreeMap<String, Bucket>,
    /// Where a name was first made: it goes back there when it is made again.
    first_locations: BTreeMap<String, String>,
    /// Whether nobody knows how custom domains are doing. Not saved.
    #[serde(skip)]
    pub(super) certificates_are_down: bool,
}

/// A bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bucket {
    id: String,
    name: String,
    jurisdiction: String,
    location: String,
    storage_class: String,
    created: Timestamp,
    /// `None` until a policy was put.
    cors: Option<Vec<Value>>,
    lifecycle: Vec<Value>,
    locks: Vec<Value>,
    /// Whether the r2.dev domain serves.
    public: bool,
    domains: BTreeMap<String, Domain>,
    objects: BTreeMap<String, Object>,
    /// Objects that Workers are uploading in parts, by the id of the upload.
    #[serde(default)]
    uploads: BTreeMap<String, Upload>,
}

const BUCKETS: &str = "/accounts/{account_id}/r2/buckets";

pub(super) fn routes() -> Router<Arc<Shared>> {
    let read = Need::Product("Workers R2 Storage Read");
    let write = Need::Product("Workers R2 Storage Write");
    let (get, put) = (MethodFilter::GET, MethodFilter::PUT);
    let (post, delete, patch) = (MethodFilter::POST, MethodFilter::DELETE, MethodFilter::PATCH);
    Router::new()
        .merge(setting_routes(read, write))
        .merge(object_routes(read, write))
        .route(
            BUCKETS,
            endpoint([(get, read, bucket::list), (post, write, bucket::create)]),
        )
        .route(
            &at(""),
            endpoint([
                (get, read, bucket::get),
                (patch, write, bucket::patch),
                (delete, write, bucket::delete),
            ]),
        )
        .route(
            &at("/domains/managed"),
            endpoint([(get, read, managed::get), (put, write, managed::put)]),
        )
        .route(
            &at("/domains/custom"),
            endpoint([(get, read, domain::list), (post, write, domain::attach)]),
        )
        .route(
            &at("/domains/custom/{domain}"),
            endpoint([
                (get, read, domain::get),
                (put, write, domain::change),
                (delete, write, domain::detach),
            ]),
        )
}

fn setting_routes(read: Need, write: Need) -> Router<Arc<Shared>> {
    let (get, put, delete) = (MethodFilter::GET, MethodFilter::PUT, MethodFilter::DELETE);
    Router::new()
        .route(
            &at("/cors"),
            endpoint([
                (get, read, cors::get),
                (put, write, cors::put),
                (delete, write, cors::delete),
            ]),
        )
        .route(
            &at("/lifecycle"),
            endpoint([(get, read, lifecycle::get), (put, write, lifecycle::put)]),
        )
        .route(
            &at("/lock"),
            endpoint([(get, read, lock::get), (put, write, lock::put)]),
        )
}

fn object_routes(read: Need, write: Need) -> Router<Arc<Shared>> {
    let (get, put, delete) = (MethodFilter::GET, MethodFilter::PUT, MethodFilter::DELETE);
    Router::new()
        .route(
            &at("/objects"),
            endpoint([(get, read, object::list), (delete, write, object::delete_many)]),
        )
        .route(
            &at("/objects/{*key}"),
            endpoint([
                (get, read, object::get),
                (put, write, object::put),
                (delete, write, object::delete),
            ]),
        )
}

fn at(rest: &str) -> String {
    format!("{BUCKETS}/{{bucket_name}}{rest}")
}

/// The buckets users made, without ids and dates.
pub(super) fn inventory(rows: &Rows) -> Value {
    rows.buckets.values().map(Bucket::inventory).collect()
}

impl Rows {
    /// True if there is such a bucket.
    pub(super) fn has(&self, jurisdiction: &str, name: &str) -> bool {
        self.buckets.contains_key(&place::key(jurisdiction, name))
    }
}

impl Bucket {
    fn inventory(&self) -> Value {
        let domains: Vec<Value> = self.domains.values().map(Domain::inventory).collect();
        json!({
            "name": self.name,
            "jurisdiction": self.jurisdiction,
            "location": self.location,
            "storage_class": self.storage_class,
            "cors": self.cors,
            "lifecycle": self.lifecycle,
            "lock": self.locks,
            "public": self.public,
            "domains": domains,
            "objects": self.objects.keys().collect::<Vec<_>>(),
        })
    }
}
