//! One request as the handlers see it, and the table that ties routes to handlers. It decides nothing about products.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::routing::{MethodFilter, MethodRouter};
use http::{HeaderMap, Response, Uri};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::answer::{Failure, Outcome};
use super::gate::{Caller, Identity, Need};
use super::rows::Rows;
use crate::blobs::Blobs;
use crate::{Shared, Timings, World};

/// Larger bodies are refused, as the edge in front of the real API does.
const MAX_BODY: usize = 100 * 1024 * 1024;

/// A handler runs under the world's lock and never waits.
pub(super) type Handler = for<'a> fn(&mut Context<'a>, &Call) -> Outcome;

/// What a handler may touch.
pub(super) struct Context<'a> {
    world: &'a mut World,
    /// The sandbox's time of this request.
    pub(super) now: Timestamp,
    /// How long slow things take.
    pub(super) timings: &'a Timings,
    /// Large bytes.
    blobs: &'a Blobs,
    /// Who is asking.
    pub(super) caller: Caller,
}

impl Context<'_> {
    /// Everything Cloudflare knows.
    pub(super) fn rows(&mut self) -> &mut Rows {
        &mut self.world.cloudflare
    }

    /// Keeps the bytes of a file and says under what name.
    pub(super) fn keep(&self, bytes: &[u8]) -> Result<String, Failure> {
        self.blobs
            .put(bytes)
            .map_err(|error| Failure::new(500, 1000, format!("the sandbox could not keep a file: {error}")))
    }

    /// A fresh identifier: 32 lower-case hex digits.
    pub(super) fn identifier(&mut self) -> String {
        hex_identifier(&format!("cloudflare:{}", self.world.next_serial()))
    }
}

/// One request, read to its end.
pub(super) struct Call {
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// A path parameter; empty when the route has none of that name.
    pub(super) fn path(&self, name: &str) -> &str {
        self.path_if_any(name).unwrap_or_default()
    }

    /// A path parameter that the route may not have.
    pub(super) fn path_if_any(&self, name: &str) -> Option<&str> {
        self.path
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All query parameters in the order they were sent.
    pub(super) fn queries(&self) -> &[(String, String)] {
        &self.query
    }

    /// A request header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as it came.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON. The content type is not looked at, as the real API does not (API doc §1.1).
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let value: serde_json::Value = serde_json::from_slice(&self.body)
            .map_err(|_| Failure::new(400, 6007, "Malformed JSON in request body"))?;
        serde_json::from_value(value)
            .map_err(|error| Failure::new(400, 9207, format!("Request body is invalid. {error}")))
    }
}

/// One path with its methods.
pub(super) fn endpoint<const N: usize>(
    verbs: [(MethodFilter, Need, Handler); N],
) -> MethodRouter<Arc<Shared>> {
    verbs
        .into_iter()
        .fold(MethodRouter::new(), |methods, (filter, need, handler)| {
            methods.on(
                filter,
                move |State(shared): State<Arc<Shared>>, request: Request| {
                    serve(shared, request, need, handler)
                },
            )
        })
}

/// The answer to a path that does not exist.
pub(super) async fn no_route(uri: Uri) -> Response<Body> {
    unroutable(uri.path()).into_response()
}

/// The answer to a known path with a method it does not have.
pub(super) async fn wrong_method(method: http::Method) -> Response<Body> {
    Failure::new(405, 7001, format!("Method {method} not available for that URI.")).into_response()
}

/// What a path with a malformed identifier answers, and one that nothing is behind.
pub(super) fn unroutable(path: &str) -> Failure {
    let message = format!("Could not route to {path}, perhaps your object identifier is invalid?");
    Failure::new(404, 7003, message).and(7000, "No route for that URI")
}

/// True for the 32 lower-case hex digits that accounts, zones and records are named by.
pub(super) fn is_identifier(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// An identifier in the form of a UUID.
pub(super) fn uuid(hex: &str) -> String {
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// 32 hex digits that follow from `seed`.
pub(super) fn hex_identifier(seed: &str) -> String {
    blake3::hash(seed.as_bytes()).to_hex()[..32].to_owned()
}

async fn serve(shared: Arc<Shared>, request: Request, need: Need, handler: Handler) -> Response<Body> {
    let identity = request.extensions().get::<Identity>().cloned();
    let path = request.uri().path().to_owned();
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(failure) => return failure.into_response(),
    };
    match run(&shared, &path, identity, &call, need, handler) {
        Ok(answer) => answer.into_response(),
        Err(failure) => failure.into_response(),
    }
}

/// Runs the handler under the world's lock, once the caller has been found to be allowed.
fn run(
    shared: &Shared,
    path: &str,
    identity: Option<Identity>,
    call: &Call,
    need: Need,
    handler: Handler,
) -> Outcome {
    let mut world = shared.world();
    let caller = need.admit(identity, &world.cloudflare, path, call)?;
    let now = shared.clock.now();
    handler(
        &mut Context {
            world: &mut world,
            now,
            timings: &shared.timings,
            blobs: &shared.blobs,
            caller,
        },
        call,
    )
}

impl Call {
    async fn read(request: Request) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let raw = RawPathParams::from_request_parts(&mut parts, &())
            .await
            .map_err(|_| unroutable(parts.uri.path()))?;
        let path = raw
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let body = axum::body::to_bytes(body, MAX_BODY)
            .await
            .map_err(|_| Failure::new(413, 10_000, "Request body is too large or was cut off"))?;
        Ok(Self {
            path,
            query: parse_query(&parts.uri),
            headers: parts.headers,
            body,
        })
    }
}

fn parse_query(uri: &Uri) -> Vec<(String, String)> {
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map(|query| query.0)
        .unwrap_or_default()
}
