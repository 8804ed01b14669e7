//! Error answers in each cloud's own form, for faults and for failures of the sandbox itself. What the APIs refuse, they word themselves.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::{Cloud, sakura};

/// An error answer. Without a code it carries the one that the cloud usually sends with the status.
pub(crate) fn error_answer(
    cloud: Cloud,
    status: StatusCode,
    code: Option<&str>,
    message: Option<&str>,
    request_id: &str,
) -> Response<Body> {
    let body = match cloud {
        Cloud::Sakura => sakura::error_body(status, code, message, request_id),
        Cloud::Cloudflare => cloudflare_body(status, code, message),
        Cloud::Docker => json!({ "message": message.unwrap_or_else(|| reason(status)) }),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// The v4 envelope. Codes as other tools recorded them: 10100 for the rate limit, 10001 for what the API cannot explain.
fn cloudflare_body(status: StatusCode, code: Option<&str>, message: Option<&str>) -> Value {
    let usual = match status.as_u16() {
        401 | 403 => 10_000,
        429 => 10_100,
        404 => 7003,
        _ => 10_001,
    };
    let code: u32 = code.and_then(|code| code.parse().ok()).unwrap_or(usual);
    let message = message.unwrap_or_else(|| reason(status));
    json!({
        "success": false,
        "errors": [{ "code": code, "message": message }],
        "messages": [],
        "result": null,
    })
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("error")
}
