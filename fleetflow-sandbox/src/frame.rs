//! What every emulated API is wrapped in: latency, faults, saving before the answer, the request log. It knows no API.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Frame as Piece;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cloudflare::logged_form;
use crate::fault::Facts;
use crate::fault_answer::error_answer;
use crate::redaction::{redact, redact_query};
use crate::{Effect, Entry, Fault, Outcome, Shared, past};

/// The clouds of a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    /// SAKURA Cloud.
    Sakura,
    /// Cloudflare.
    Cloudflare,
    /// Docker Engines.
    Docker,
}

/// The name of the request being answered, for error bodies that quote it.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// In a response's extensions: close the connection instead of sending this. See [`crate::serve`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropped;

/// Wraps an API's routes. `engine` names the Docker Engine, where there are several.
pub(crate) fn frame(router: Router, shared: Arc<Shared>, cloud: Cloud, engine: Option<String>) -> Router {
    let frame = Frame {
        shared,
        cloud,
        engine,
    };
    router.layer(middleware::from_fn_with_state(frame, pass))
}

#[derive(Clone)]
struct Frame {
    shared: Arc<Shared>,
    cloud: Cloud,
    engine: Option<String>,
}

async fn pass(State(frame): State<Frame>, request: Request, next: Next) -> Response {
    let _counted = frame.shared.under_way.count();
    let latency = frame.shared.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let id = frame.shared.next_request_id();
    let (request, mut entry) = match frame.note(request, id.clone()).await {
        Ok(noted) => noted,
        Err(error) => return frame.failure(&format!("cannot read the request: {error}"), &id),
    };
    let fault = frame.judge(&entry);
    let response = match fault {
        Some(Fault {
            effect: Effect::Quote { status },
            ..
        }) => frame.quoting(status, request, &entry.request_id).await,
        Some(fault) if fault.is_instead() => frame.wrong(&fault, &entry.request_id).await,
        fault => frame.carried_out(fault, &entry, request, next).await,
    };
    entry.outcome = match response.extensions().get::<Dropped>() {
        Some(Dropped) => Outcome::Dropped,
        None => Outcome::Status(response.status().as_u16()),
    };
    frame.shared.log.push(entry);
    response
}

impl Frame {
    /// Describes the request for the log, and hands it on unchanged but for its name.
    async fn note(&self, request: Request, id: String) -> Result<(Request, Entry), axum::Error> {
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(RequestId(id.clone()));
        let (body, logged) = read(&parts.headers, self.cloud, body).await?;
        let entry = Entry {
            time: self.shared.clock.now(),
            cloud: self.cloud,
            engine: self.engine.clone(),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts
                .uri
                .query()
                .map(|query| redact_query(&decode_percent(query))),
            outcome: Outcome::Dropped,
            request_id: id,
            body: logged,
        };
        Ok((Request::from_parts(parts, body), entry))
    }

    /// The request with its effect, and what becomes of its answer.
    async fn carried_out(
        &self,
        fault: Option<Fault>,
        entry: &Entry,
        request: Request,
        next: Next,
    ) -> Response {
        let past = match fault.as_ref().map(|fault| &fault.effect) {
            Some(Effect::Stale { seconds }) if !entry.is_write() => {
                self.shared.past.before(entry.time, *seconds)
            }
            _ => None,
        };
        let response = match past {
            Some(world) => past::seen(world, next.run(request)).await,
            None => next.run(request).await,
        };
        let response = self.saved(entry, response).await;
        match fault {
            Some(fault) if fault.effect == Effect::Truncate => truncated(response).await,
            Some(fault) if !matches!(fault.effect, Effect::Stale { .. }) => {
                self.wrong(&fault, &entry.request_id).await
            }
            _ => response,
        }
    }

    fn judge(&self, entry: &Entry) -> Option<Fault> {
        self.shared.faults.judge(&Facts {
            cloud: self.cloud,
            method: &entry.method,
            path: &entry.path,
            now: entry.time,
        })
    }

    /// The answer, once the change it tells about is safe. No change is answered that a crash could undo.
    async fn saved(&self, entry: &Entry, response: Response) -> Response {
        if !entry.is_write() {
            return response;
        }
        match self.shared.keep().await {
            Ok(()) => response,
            Err(error) => self.failure(&error.to_string(), &entry.request_id),
        }
    }

    async fn wrong(&self, fault: &Fault, id: &str) -> Response {
        if fault.effect == Effect::Hang {
            self.shared.faults.count_hanging();
            self.shared.stop.cancelled().await;
        }
        let Effect::Answer {
            status,
            code,
            retry_after,
        } = &fault.effect
        else {
            return dropped();
        };
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = self.error(status, code.as_deref(), None, id);
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        response
    }

    /// A refusal that quotes all of what it refuses.
    async fn quoting(&self, status: u16, request: Request, id: &str) -> Response {
        let (parts, body) = request.into_parts();
        let body = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        let message = format!(
            "cannot {} {}: {}",
            parts.method,
            parts.uri,
            String::from_utf8_lossy(&body)
        );
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        self.error(status, None, Some(&message), id)
    }

    /// The sandbox itself failed; said in the cloud's own form, so that clients can show it.
    fn failure(&self, message: &str, id: &str) -> Response {
        self.error(StatusCode::INTERNAL_SERVER_ERROR, None, Some(message), id)
    }

    fn error(&self, status: StatusCode, code: Option<&str>, message: Option<&str>, id: &str) -> Response {
        error_answer(self.cloud, status, code, message, id)
    }
}

/// The answer with half of its body's first piece, after which the connection ends.
async fn truncated(response: Response) -> Response {
    let (parts, mut body) = response.into_parts();
    let Some(Ok(Ok(first))) = body.frame().await.map(|piece| piece.map(Piece::into_data)) else {
        return dropped();
    };
    let half = first.slice(..first.len() / 2);
    let pieces = [Ok(half), Err(std::io::Error::other("the answer is cut off"))];
    Response::from_parts(parts, Body::from_stream(futures::stream::iter(pieces)))
}

fn dropped() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Dropped);
    response
}

/// Bodies above this size are passed on as they come, without a look at them.
const LARGEST_LOGGED: u64 = 4 * 1024 * 1024;

/// JSON is read and kept without its secrets, and so are the fields of forms; anything else is passed on and only
/// described.
async fn read(headers: &HeaderMap, cloud: Cloud, body: Body) -> Result<(Body, Option<Value>), axum::Error> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let kind = text(header::CONTENT_TYPE).unwrap_or_default();
    // SAKURA Cloud's bodies are always JSON, and not every client says so.
    let is_form = kind.starts_with("multipart/form-data") && length.is_some();
    let is_json =
        kind.contains("json") || (cloud == Cloud::Sakura && length.is_some_and(|length| length > 0));
    if !(is_json || is_form) || length.is_some_and(|length| length > LARGEST_LOGGED) {
        return Ok((
            body,
            length
                .filter(|length| *length > 0)
                .map(|bytes| described(kind, bytes)),
        ));
    }
    let bytes: Bytes = body.collect().await?.to_bytes();
    if is_form {
        let mut logged = described(kind, bytes.len() as u64);
        if let Some(parts) = logged_form(kind, &bytes) {
            logged["parts"] = Value::from(parts);
        }
        return Ok((Body::from(bytes), Some(logged)));
    }
    let logged = match serde_json::from_slice::<Value>(&bytes) {
        _ if bytes.is_empty() => None,
        Ok(mut value) => {
            redact(&mut value);
            Some(value)
        }
        Err(_) => Some(described(kind, bytes.len() as u64)),
    };
    Ok((Body::from(bytes), logged))
}

fn described(kind: &str, bytes: u64) -> Value {
    let kind = kind.split(';').next().unwrap_or_default();
    json!({ "content_type": kind, "bytes": bytes })
}

/// Percent-decodes once. A plus sign stays a plus sign.
pub(crate) fn decode_percent(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = (*byte == b'%').then(|| (digit(bytes.get(at + 1)), digit(bytes.get(at + 2))));
        if let Some((Some(high), Some(low))) = pair {
            decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
            at += 3;
        } else {
            decoded.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
