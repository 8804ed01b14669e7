//! What an engine says back: JSON, nothing, lines of JSON, or a refusal with `{"message": ...}`. It knows no object.

use std::fmt::Display;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What a handler returns.
pub(super) type Outcome = Result<Response<Body>, Failure>;

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl Failure {
    /// A refusal with this status.
    pub(super) fn new(status: StatusCode, message: impl Display) -> Self {
        Self {
            status,
            message: message.to_string(),
        }
    }

    /// 400
    pub(super) fn bad(message: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 403
    pub(super) fn forbidden(message: impl Display) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404
    pub(super) fn not_found(message: impl Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 409
    pub(super) fn conflict(message: impl Display) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 500
    pub(super) fn internal(message: impl Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// What an engine says about a path or method it does not have.
    pub(super) fn no_page() -> Self {
        Self::not_found("page not found")
    }

    /// The HTTP response.
    pub(super) fn into_response(self) -> Response<Body> {
        with_body(
            self.status,
            "application/json",
            json!({ "message": self.message }).to_string(),
        )
    }
}

/// 200 with JSON.
#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "handlers build the value in place and end with the outcome"
)]
pub(super) fn ok(value: Value) -> Outcome {
    Ok(with_body(StatusCode::OK, "application/json", value.to_string()))
}

/// 201 with JSON.
#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "handlers build the value in place and end with the outcome"
)]
pub(super) fn created(value: Value) -> Outcome {
    Ok(with_body(
        StatusCode::CREATED,
        "application/json",
        value.to_string(),
    ))
}

/// A status without a body.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the outcome of a handler, as handlers end with it"
)]
pub(super) fn empty(status: StatusCode) -> Outcome {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    Ok(response)
}

/// 200 with one JSON object for each line, each sent on its own as an engine sends progress.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the outcome of a handler, as handlers end with it"
)]
pub(super) fn lines(values: Vec<Value>) -> Outcome {
    let chunks = values
        .into_iter()
        .map(|value| Ok::<_, std::io::Error>(Bytes::from(format!("{value}\r\n"))));
    Ok(with_body(
        StatusCode::OK,
        "application/json",
        Body::from_stream(stream::iter(chunks)),
    ))
}

/// A response of this type with this body.
pub(super) fn with_body(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A moment as engines write it; the year one stands for "never".
pub(super) fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), |at| at.to_string())
}

/// The first twelve digits of an id, as people see it.
pub(super) fn short(id: &str) -> String {
    id.trim_start_matches("sha256:").chars().take(12).collect()
}
