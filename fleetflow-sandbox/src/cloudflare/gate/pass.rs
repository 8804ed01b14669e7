//! The middleware in front of all routes: identifies, counts, and puts the headers on every answer. It never looks into a body.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use http::{HeaderMap, HeaderValue, Response};

use super::identity::{Identity, identify};
use super::limit::{Allowance, Limits};
use crate::Shared;

/// Lets a request through to its route, or answers 429 itself.
pub(crate) async fn pass(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let (identity, allowance, limits) = enter(&shared, request.headers());
    let mut response = if let Some(refusal) = allowance.refusal(limits) {
        refusal.into_response()
    } else {
        request.extensions_mut().insert::<Identity>(identity);
        next.run(request).await
    };
    stamp(response.headers_mut(), allowance, limits);
    response
}

fn enter(shared: &Shared, headers: &HeaderMap) -> (Identity, Allowance, Limits) {
    let now = shared.clock.now();
    let mut world = shared.world();
    let rows = &mut world.cloudflare;
    let limits = rows.limits;
    let identity = identify(rows, headers, now);
    let allowance = match &identity {
        Ok(caller) => {
            let budget = caller.budget(rows);
            rows.windows.count(budget, limits, now)
        }
        Err(_) => Allowance::untouched(limits),
    };
    (identity, allowance, limits)
}

/// `cf-ray` and the two rate-limit headers, which the API sends with every answer.
fn stamp(headers: &mut HeaderMap, allowance: Allowance, limits: Limits) {
    let ray = format!("{:016x}-NRT", fastrand::u64(..));
    let left = format!(
        "\"default\";r={};t={}",
        allowance.remaining, allowance.reset_seconds
    );
    let policy = format!("\"default\";q={};w={}", limits.requests, limits.window_seconds);
    for (name, text) in [("cf-ray", ray), ("ratelimit", left), ("ratelimit-policy", policy)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}
