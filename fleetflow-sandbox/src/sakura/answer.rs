//! Answers: the envelopes, and how ids and slashes are written (API doc §1.3, §1.6). It knows no resource.

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use super::refusal::Outcome;

/// A successful answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    /// What was read.
    pub(super) fn read(key: &str, object: Value) -> Self {
        Self::of(StatusCode::OK, vec![(key, object)])
    }

    /// What was changed.
    pub(super) fn changed(key: &str, object: Value) -> Self {
        Self::of(StatusCode::OK, vec![(key, object), ("Success", true.into())])
    }

    /// What was made.
    pub(super) fn created(key: &str, object: Value) -> Self {
        Self::of(StatusCode::CREATED, vec![(key, object), ("Success", true.into())])
    }

    /// What is being made. `Success` is a string here, as the API's own slow calls have it.
    pub(super) fn accepted(key: &str, object: Value) -> Self {
        Self::of(
            StatusCode::ACCEPTED,
            vec![(key, object), ("Success", "Accepted".into())],
        )
    }

    /// Something happened, and there is nothing to show.
    pub(super) fn done() -> Self {
        Self::of(StatusCode::OK, vec![("Success", true.into())])
    }

    /// Something will happen.
    pub(super) fn requested() -> Self {
        Self::of(StatusCode::ACCEPTED, vec![("Success", "Accepted".into())])
    }

    /// An object without an envelope.
    pub(super) fn flat(mut body: Value) -> Self {
        body["is_ok"] = true.into();
        Self {
            status: StatusCode::OK,
            body,
        }
    }

    fn of(status: StatusCode, members: Vec<(&str, Value)>) -> Self {
        let mut body: Map<String, Value> = members
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        body.insert("is_ok".to_owned(), true.into());
        Self {
            status,
            body: body.into(),
        }
    }
}

/// How ids are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identifiers {
    Numbers,
    Strings,
}

impl Identifiers {
    /// What the request's headers ask for.
    pub(super) fn wanted(headers: &HeaderMap) -> Self {
        match headers.get("x-sakura-bigint-as-int").map(HeaderValue::as_bytes) {
            None | Some(b"" | b"0") => Self::Strings,
            Some(_) => Self::Numbers,
        }
    }
}

/// Writes an answer or a refusal.
pub(super) fn render(outcome: Outcome<Answer>, identifiers: Identifiers, request_id: &str) -> Response<Body> {
    let (status, mut body) = match outcome {
        Ok(answer) => (answer.status, answer.body),
        Err(refusal) => (refusal.status(), refusal.body(request_id)),
    };
    if identifiers == Identifiers::Strings {
        quote_ids(&mut body, "");
    }
    // Slashes only occur inside strings, where the API escapes them.
    let text = body.to_string().replace('/', "\\/");
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"SAKURA Cloud\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Objects whose ids are small numbers and stay numbers; recorded answers have it so.
const SMALL: [&str; 10] = [
    "Plan",
    "DiskPlan",
    "DiskPlans",
    "ServerPlan",
    "ServerPlans",
    "Zone",
    "Zones",
    "Region",
    "Regions",
    "BundleInfo",
];

fn quote_ids(value: &mut Value, within: &str) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                match member {
                    Value::Number(number) if key == "ID" && !SMALL.contains(&within) => {
                        *member = json!(number.to_string());
                    }
                    _ => quote_ids(member, key),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| quote_ids(item, within)),
        _ => {}
    }
}
