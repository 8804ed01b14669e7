//! Workers (API doc §4): rows and routes. Code is stored and checked as the upload endpoint checks it; `sites` runs it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::routing::MethodFilter;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::endpoint;
use super::gate::Need;
use super::stored_file::StoredFile;
use crate::Shared;

mod assets;
mod binding;
mod content;
mod deployment;
mod domain;
mod durable;
mod program;
mod refusal;
mod route;
mod schedule;
mod script;
mod secret;
mod service;
mod settings;
mod shape;
mod subdomain;
mod upload;
mod version;

pub(super) use assets::{Assets, Session};
pub(super) use deployment::Deployment;
pub(super) use domain::Domain;
pub(super) use durable::Class;
use durable::Durable;
pub(super) use program::{assets, file, program, reached, revisions, routed};
pub(super) use route::Route;
pub(super) use schedule::Schedule;
pub(super) use version::Version;

/// Everything about Workers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rows {
    scripts: BTreeMap<String, Script>,
    /// The account's name below workers.dev.
    subdomain: Option<String>,
    routes: Vec<Route>,
    domains: Vec<Domain>,
    /// Uploaded static files, by the hash that clients gave them.
    assets: BTreeMap<String, StoredFile>,
    /// Uploads of static files, by id.
    sessions: BTreeMap<String, Session>,
    /// What there is of products that are not emulated, by the type of the bindings that lead to them; of others, everything.
    pub(super) elsewhere: BTreeMap<String, BTreeSet<String>>,
}

/// A Worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Script {
    /// Stays the same through all versions.
    tag: String,
    created: Timestamp,
    modified: Timestamp,
    /// Oldest first.
    versions: Vec<Version>,
    /// Oldest first; the last one is active.
    deployments: Vec<Deployment>,
    schedules: Vec<Schedule>,
    /// Its classes of Durable Objects.
    #[serde(default)]
    durable: Durable,
    /// Settings that do not belong to a version.
    logpush: bool,
    observability: Option<Value>,
    tags: Vec<String>,
    tail_consumers: Vec<Value>,
    /// Whether it is served below workers.dev.
    on_subdomain: bool,
    previews: bool,
}

const SCRIPTS: &str = "/accounts/{account_id}/workers/scripts";

pub(super) fn routes() -> Router<Arc<Shared>> {
    let read = Need::Product("Workers Scripts Read");
    let write = Need::Product("Workers Scripts Write");
    let (get, put) = (MethodFilter::GET, MethodFilter::PUT);
    let (post, delete, patch) = (MethodFilter::POST, MethodFilter::DELETE, MethodFilter::PATCH);
    let at = |rest: &str| format!("{SCRIPTS}/{{script_name}}{rest}");
    Router::new()
        .merge(versioned_routes())
        .merge(address_routes())
        .route(SCRIPTS, endpoint([(get, read, script::list)]))
        .route(
            &at(""),
            endpoint([
                (get, read, content::get),
                (put, write, script::put),
                (delete, write, script::delete),
            ]),
        )
        .route(&at("/content"), endpoint([(put, write, content::put)]))
        .route(&at("/content/v2"), endpoint([(get, read, content::get_all)]))
        .route(
            &at("/settings"),
            endpoint([(get, read, settings::get), (patch, write, settings::patch)]),
        )
        .route(
            &at("/script-settings"),
            endpoint([
                (get, read, settings::get_script),
                (patch, write, settings::patch_script),
            ]),
        )
        .route(
            &at("/secrets"),
            endpoint([(get, read, secret::list), (put, write, secret::put)]),
        )
        .route(
            &at("/secrets/{secret_name}"),
            endpoint([(get, read, secret::get), (delete, write, secret::delete)]),
        )
        .route(
            &at("/secrets-bulk"),
            endpoint([(patch, write, secret::patch_many)]),
        )
        .route(
            &at("/schedules"),
            endpoint([(get, read, schedule::get), (put, write, schedule::put)]),
        )
        .route(
            &at("/subdomain"),
            endpoint([
                (get, read, subdomain::get_script),
                (post, write, subdomain::post_script),
                (delete, write, subdomain::delete_script),
            ]),
        )
        .route(
            "/accounts/{account_id}/workers/services/{script_name}",
            endpoint([(get, read, service::get), (delete, write, service::delete)]),
        )
}

fn versioned_routes() -> Router<Arc<Shared>> {
    let read = Need::Product("Workers Scripts Read");
    let write = Need::Product("Workers Scripts Write");
    let (get, post, delete) = (MethodFilter::GET, MethodFilter::POST, MethodFilter::DELETE);
    let at = |rest: &str| format!("{SCRIPTS}/{{script_name}}{rest}");
    Router::new()
        .route(
            &at("/assets-upload-session"),
            endpoint([(post, write, assets::begin)]),
        )
        .route(
            "/accounts/{account_id}/workers/assets/upload",
            endpoint([(post, Need::Nothing, assets::upload)]),
        )
        .route(
            &at("/versions"),
            endpoint([(get, read, version::list), (post, write, version::create)]),
        )
        .route(
            &at("/versions/{version_id}"),
            endpoint([(get, read, version::get)]),
        )
        .route(
            &at("/deployments"),
            endpoint([(get, read, deployment::list), (post, write, deployment::create)]),
        )
        .route(
            &at("/deployments/{deployment_id}"),
            endpoint([(get, read, deployment::get), (delete, write, deployment::delete)]),
        )
}

/// Where Workers are reached: workers.dev, custom domains, routes of zones.
fn address_routes() -> Router<Arc<Shared>> {
    let read = Need::Product("Workers Scripts Read");
    let write = Need::Product("Workers Scripts Write");
    let (read_routes, write_routes) = (
        Need::Product("Workers Routes Read"),
        Need::Product("Workers Routes Write"),
    );
    let (get, put) = (MethodFilter::GET, MethodFilter::PUT);
    let (post, delete) = (MethodFilter::POST, MethodFilter::DELETE);
    Router::new()
        .route(
            "/accounts/{account_id}/workers/subdomain",
            endpoint([(get, read, subdomain::get), (put, write, subdomain::put)]),
        )
        .route(
            "/accounts/{account_id}/workers/domains",
            endpoint([(get, read, domain::list), (put, write, domain::attach)]),
        )
        .route(
            "/accounts/{account_id}/workers/domains/{domain_id}",
            endpoint([(get, read, domain::get), (delete, write, domain::detach)]),
        )
        .route(
            &format!("{SCRIPTS}/{{script_name}}/routes"),
            endpoint([(put, write_routes, route::put_all)]),
        )
        .route(
            "/zones/{zone_id}/workers/routes",
            endpoint([
                (get, read_routes, route::list),
                (post, write_routes, route::create),
            ]),
        )
        .route(
            "/zones/{zone_id}/workers/routes/{route_id}",
            endpoint([
                (get, read_routes, route::get),
                (put, write_routes, route::put),
                (delete, write_routes, route::delete),
            ]),
        )
}

/// The Workers users made, with where they are reached.
pub(super) fn inventory(rows: &Rows) -> Value {
    let scripts: Vec<Value> = rows
        .scripts
        .iter()
        .map(|(name, script)| script.inventory(name))
        .collect();
    let mut routes: Vec<Value> = rows.routes.iter().map(Route::inventory).collect();
    routes.sort_by_key(Value::to_string);
    let mut domains: Vec<Value> = rows.domains.iter().map(Domain::inventory).collect();
    domains.sort_by_key(Value::to_string);
    json!({ "scripts": scripts, "routes": routes, "domains": domains, "subdomain": rows.subdomain })
}

impl Script {
    fn inventory(&self, name: &str) -> Value {
        let active = self.active();
        json!({
            "name": name,
            "etag": active.map(|version| &version.etag),
            "bindings": active.map(Version::shown_bindings),
            "compatibility_date": active.map(|version| &version.compatibility_date),
            "schedules": self.schedules.iter().map(|schedule| &schedule.cron).collect::<Vec<_>>(),
            "tags": self.tags,
            "durable_objects": self.durable.inventory(),
            "assets": active.and_then(|version| version.assets.as_ref()),
            "on_subdomain": self.on_subdomain,
        })
    }
}
