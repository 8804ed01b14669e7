//! The one HTTP handler: checks the key, reads the request, asks the routes, writes the answer. It knows no resource.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::routing::any;
use axum::{Extension, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::request::Parts;
use http::{HeaderMap, Response, header};
use http_body_util::BodyExt;

use super::answer::{Answer, Identifiers, render};
use super::call::Call;
use super::refusal::{Outcome, Refusal, refuse};
use super::{catalog, route};
use crate::frame::RequestId;
use crate::{SakuraCredentials, Shared};

/// The routes of this cloud, relative to its root: `/{zone}/api/cloud/1.1/...`.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/{zone}/{*path}", any(handle))
        .with_state(shared)
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: Request,
) -> Response<Body> {
    let identifiers = Identifiers::wanted(request.headers());
    let outcome = answer(&shared, request).await;
    render(outcome, identifiers, &id)
}

async fn answer(shared: &Shared, request: Request) -> Outcome<Answer> {
    let (parts, body) = request.into_parts();
    authenticate(&parts.headers, &shared.sakura)?;
    let body = body
        .collect()
        .await
        .map_err(|_| Refusal::new("request_timeout"))?;
    let (zone, path) = locate(&parts)?;
    let call = Call::read(shared, &parts, zone, &body.to_bytes())?;
    route::dispatch(&mut shared.world(), &call, &path)
}

/// The zone and the path behind `/api/cloud/1.1`.
fn locate(parts: &Parts) -> Outcome<(&'static catalog::Zone, Vec<&str>)> {
    let mut segments = parts.uri.path().split('/').filter(|segment| !segment.is_empty());
    let zone = segments.next().and_then(catalog::zone_named);
    let prefix = [segments.next(), segments.next(), segments.next()];
    match zone {
        None => refuse("not_found"),
        Some(_) if prefix == [Some("api"), Some("system"), Some("1.0")] => {
            Err(Refusal::not_emulated("bills and coupons"))
        }
        Some(_) if prefix != [Some("api"), Some("cloud"), Some("1.1")] => refuse("resource_path_not_found"),
        Some(zone) => Ok((zone, segments.collect())),
    }
}

/// Basic authentication with an API key (API doc §1.2).
fn authenticate(headers: &HeaderMap, wanted: &SakuraCredentials) -> Outcome<()> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| BASE64_STANDARD.decode(value.trim()).ok());
    let wanted = format!("{}:{}", wanted.token, wanted.secret);
    match given {
        Some(given) if given == wanted.as_bytes() => Ok(()),
        _ => refuse("unauthorized"),
    }
}
