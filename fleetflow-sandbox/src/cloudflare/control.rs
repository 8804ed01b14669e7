//! The sandbox's own requests about Cloudflare: adding zones and tokens, changing the allowance. Nothing here exists in the real API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::routing::{delete, post, put};
use axum::{Json, Router};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::gate::Limits;
use super::rows::{Owner, Plan, Token};
use super::sites;
use crate::Shared;

/// `POST /_sandbox/cloudflare/zones`, `POST /_sandbox/cloudflare/tokens`, `PUT /_sandbox/cloudflare/limits`,
/// `DELETE /_sandbox/cloudflare/subdomain`, `PUT /_sandbox/cloudflare/certificates`,
/// `PUT /_sandbox/cloudflare/elsewhere`.
pub(crate) fn control_router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sandbox/cloudflare/zones", post(add_zone))
        .route("/_sandbox/cloudflare/tokens", post(add_token))
        .route("/_sandbox/cloudflare/limits", put(set_limits))
        .route("/_sandbox/cloudflare/subdomain", delete(forget_subdomain))
        .route("/_sandbox/cloudflare/certificates", put(set_certificates))
        .route("/_sandbox/cloudflare/elsewhere", put(set_elsewhere))
        .with_state(Arc::clone(&shared))
        .merge(sites::control_router(shared))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewZone {
    name: String,
    plan: Plan,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    token: String,
    permissions: Option<Vec<String>>,
    /// Names of zones.
    zones: Option<Vec<String>>,
    #[serde(default)]
    account_owned: bool,
    not_before: Option<Timestamp>,
    expires_on: Option<Timestamp>,
}

async fn add_zone(State(shared): State<Arc<Shared>>, Json(new): Json<NewZone>) -> (StatusCode, Json<Value>) {
    let now = shared.clock.now();
    match shared.world().cloudflare.add_zone(&new.name, new.plan, now) {
        Ok(id) => (StatusCode::CREATED, Json(json!({ "id": id }))),
        Err(error) => (StatusCode::CONFLICT, Json(json!({ "error": error.to_string() }))),
    }
}

async fn add_token(
    State(shared): State<Arc<Shared>>,
    Json(new): Json<NewToken>,
) -> (StatusCode, Json<Value>) {
    let mut world = shared.world();
    let rows = &mut world.cloudflare;
    let mut token = Token::unlimited(&new.token);
    token.permissions = new.permissions;
    token.not_before = new.not_before;
    token.expires_on = new.expires_on;
    token.zones = new.zones.map(|names| {
        let named = |name: &String| rows.zones.iter().find(|zone| zone.name == *name);
        names
            .iter()
            .filter_map(named)
            .map(|zone| zone.id.clone())
            .collect()
    });
    if new.account_owned
        && let Some(account) = rows.accounts.first()
    {
        token.owner = Owner::Account(account.id.clone());
    }
    let id = token.id.clone();
    rows.tokens.retain(|known| known.id != id);
    rows.tokens.push(token);
    (StatusCode::CREATED, Json(json!({ "id": id })))
}

/// An account that was never given a name below workers.dev, which a fresh one of the sandbox has.
async fn forget_subdomain(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.world().cloudflare.workers.forget_subdomain();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificates {
    available: bool,
}

/// Whether reads of custom domains of buckets know how their certificates are doing (API doc §2.7).
async fn set_certificates(
    State(shared): State<Arc<Shared>>,
    Json(certificates): Json<Certificates>,
) -> StatusCode {
    shared.world().cloudflare.r2.certificates_are_down = !certificates.available;
    StatusCode::NO_CONTENT
}

/// What there is of products that the emulation does not have, by the type of the bindings that lead to them: of a type that
/// is not named, everything is.
async fn set_elsewhere(
    State(shared): State<Arc<Shared>>,
    Json(elsewhere): Json<BTreeMap<String, BTreeSet<String>>>,
) -> StatusCode {
    shared.world().cloudflare.workers.elsewhere = elsewhere;
    StatusCode::NO_CONTENT
}

async fn set_limits(State(shared): State<Arc<Shared>>, Json(limits): Json<Limits>) -> StatusCode {
    shared.world().cloudflare.limits = limits;
    StatusCode::NO_CONTENT
}
