//! What the API says back: the v4 envelope, raw bytes, or a failure with its codes (API doc §1.6). It knows no product.

use std::fmt::Display;

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header as names};
use serde::Serialize;
use serde_json::{Value, json};

/// What a handler returns.
pub(super) type Outcome = Result<Answer, Failure>;

/// A successful answer.
#[derive(Debug)]
pub(super) enum Answer {
    /// The v4 envelope around a result, which is written at once: a list may have thousands of rows.
    Envelope {
        status: u16,
        result: String,
        info: Option<Value>,
    },
    /// Bytes without an envelope, for instance a stored object.
    Raw {
        content_type: String,
        bytes: Vec<u8>,
        header: Option<(&'static str, String)>,
    },
    /// Status 200 and nothing else, as some deletions answer.
    Empty,
}

impl Answer {
    /// An envelope with this result.
    pub(super) fn of(result: impl Serialize) -> Outcome {
        Self::with_status(200, result)
    }

    /// The same with another status.
    pub(super) fn with_status(status: u16, result: impl Serialize) -> Outcome {
        Ok(Self::Envelope {
            status,
            result: written(&result)?,
            info: None,
        })
    }

    /// An envelope with a result and the `result_info` of a list.
    pub(super) fn list(result: impl Serialize, info: Value) -> Outcome {
        Ok(Self::Envelope {
            status: 200,
            result: written(&result)?,
            info: Some(info),
        })
    }

    /// Bytes of this type.
    pub(super) fn raw(content_type: &str, bytes: Vec<u8>) -> Self {
        Self::Raw {
            content_type: content_type.to_owned(),
            bytes,
            header: None,
        }
    }

    /// The same bytes with a header; envelopes have none of their own.
    pub(super) fn with_header(self, name: &'static str, value: String) -> Self {
        match self {
            Self::Raw {
                content_type, bytes, ..
            } => Self::Raw {
                content_type,
                bytes,
                header: Some((name, value)),
            },
            other => other,
        }
    }

    /// The HTTP response.
    pub(super) fn into_response(self) -> Response<Body> {
        match self {
            Self::Envelope { status, result, info } => envelope(
                StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
                success(&result, info.as_ref()),
            ),
            Self::Raw {
                content_type,
                bytes,
                header,
            } => raw(&content_type, bytes, header),
            Self::Empty => Response::new(Body::empty()),
        }
    }
}

/// A refused request: an HTTP status and one or more coded errors.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    status: u16,
    errors: Vec<ApiError>,
    retry_after: Option<u64>,
}

/// One element of `errors`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ApiError {
    code: u32,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    error_chain: Vec<ApiError>,
}

impl Failure {
    /// A failure with one error.
    pub(super) fn new(status: u16, code: u32, message: impl Display) -> Self {
        Self {
            status,
            errors: vec![ApiError::new(code, message)],
            retry_after: None,
        }
    }

    /// A failure whose real reason sits in the error chain, as DNS validation reports it.
    pub(super) fn chained(status: u16, outer: (u32, &str), inner: (u32, &str)) -> Self {
        let mut failure = Self::new(status, outer.0, outer.1);
        failure.errors[0]
            .error_chain
            .push(ApiError::new(inner.0, inner.1));
        failure
    }

    /// The same failure with one more error beside the first.
    pub(super) fn and(mut self, code: u32, message: impl Display) -> Self {
        self.errors.push(ApiError::new(code, message));
        self
    }

    /// The same failure, telling the client to stay away for some seconds.
    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The HTTP response.
    pub(super) fn into_response(self) -> Response<Body> {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({ "success": false, "errors": self.errors, "messages": [], "result": null });
        let mut response = envelope(status, body.to_string());
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(names::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl ApiError {
    fn new(code: u32, message: impl Display) -> Self {
        Self {
            code,
            message: message.to_string(),
            error_chain: Vec::new(),
        }
    }
}

/// A wire shape as JSON; the shapes of this sandbox always can be, and a bug there is reported as the API would.
fn written(result: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(result).map_err(|error| {
        Failure::new(
            500,
            1000,
            format!("the sandbox could not write its answer: {error}"),
        )
    })
}

fn success(result: &str, info: Option<&Value>) -> String {
    let info = info
        .map(|info| format!(r#","result_info":{info}"#))
        .unwrap_or_default();
    format!(r#"{{"success":true,"errors":[],"messages":[],"result":{result}{info}}}"#)
}

fn envelope(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(names::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn raw(content_type: &str, bytes: Vec<u8>, header: Option<(&'static str, String)>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    let content_type = HeaderValue::from_str(content_type)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(names::CONTENT_TYPE, content_type);
    if let Some((name, value)) = header
        && let Ok(value) = HeaderValue::from_str(&value)
    {
        response.headers_mut().insert(name, value);
    }
    response
}
