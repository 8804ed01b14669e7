//! The port on which the runtime reads and writes the sandbox's own buckets, namespaces and static files. Nobody else may.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::config::{KEY, TARGET};
use super::served;
use crate::Shared;
use crate::cloudflare::{kv, r2};
use crate::frame::decode_percent;

/// The largest value that is taken from a Worker.
const MAX_BODY: usize = 400 * 1024 * 1024;

/// The routes of that port: there is one, and a header says what it is about.
pub(super) fn router(shared: &Arc<Shared>) -> Router {
    Router::new().fallback(serve).with_state(Arc::clone(shared))
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (key, target) = (text(request.headers(), KEY), text(request.headers(), TARGET));
    if key != shared.sites.key() {
        return StatusCode::FORBIDDEN.into_response();
    }
    let (kind, name) = target.split_once(':').unwrap_or_default();
    if kind == "assets" {
        return served::for_binding(&shared, name, &request);
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let response = match kind {
        "r2" => bucket(&shared, name, &parts.headers, &body),
        "kv" => namespace(&shared, name, &parts, &body),
        _ => StatusCode::NOT_FOUND.into_response(),
    };
    if parts.method.is_safe() {
        return response;
    }
    match shared.keep().await {
        Ok(()) => response,
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// Reads come with their JSON in a header, writes with it in front of the bytes.
fn bucket(shared: &Shared, key: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let size = text("cf-r2-metadata-size").and_then(|size| size.parse().ok());
    let (asked, bytes) = match (headers.get("cf-r2-request"), size) {
        (Some(asked), _) => (asked.as_bytes(), &[][..]),
        (None, Some(size)) if size <= body.len() => body.split_at(size),
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let now = shared.clock.now();
    let reply = r2::answer(&mut shared.world(), key, now, asked, bytes);
    let metadata = reply
        .metadata
        .map(|metadata| metadata.to_string())
        .unwrap_or_default();
    let mut response = Response::new(Body::from([metadata.as_bytes(), &reply.bytes].concat()));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !metadata.is_empty() {
        let size = HeaderValue::from(metadata.len());
        response.headers_mut().insert("cf-r2-metadata-size", size);
    }
    if let Some((code, message)) = reply.error {
        let error = serde_json::json!({ "version": 1, "v4code": code, "message": message });
        if let Ok(error) = HeaderValue::from_str(&error.to_string()) {
            response.headers_mut().insert("cf-r2-error", error);
        }
    }
    response
}

fn namespace(shared: &Shared, id: &str, parts: &http::request::Parts, body: &[u8]) -> Response {
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let query = query.map(|query| query.0).unwrap_or_default();
    let key = decode_percent(parts.uri.path().trim_start_matches('/'));
    let metadata = parts.headers.get("cf-kv-metadata");
    let ask = kv::Ask {
        method: parts.method.as_str(),
        key: &key,
        query: &query,
        metadata: metadata.and_then(|value| value.to_str().ok()),
        body,
    };
    let now = shared.clock.now();
    let reply = kv::answer(&mut shared.world().cloudflare.kv, id, now, &ask);
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    if let Some(Ok(metadata)) = reply.metadata.as_deref().map(HeaderValue::from_str) {
        headers.insert("cf-kv-metadata", metadata);
    }
    if let Some(expiration) = reply.expiration {
        headers.insert("cf-expiration", HeaderValue::from(expiration));
    }
    response
}
