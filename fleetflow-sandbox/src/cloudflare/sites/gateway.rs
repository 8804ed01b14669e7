//! The door of everything deployed: requests by host, to static files or to workerd. Hosts of nobody go on to the APIs.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, Uri, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::address::{self, Target};
use super::config::CF_BLOB;
use super::{program, runtime, served};
use crate::Shared;
use crate::cloudflare::{pages, workers};

/// What `request.cf` shows: the sandbox is in Tokyo.
const CF: &str = r#"{"colo":"NRT","country":"JP","city":"Tokyo","continent":"AS","timezone":"Asia/Tokyo","httpProtocol":"HTTP/1.1","tlsVersion":"","asn":0}"#;
/// A page that a browser goes to, as browsers say.
const NAVIGATION: &str = "navigate";
/// From this date on a Worker leaves navigation to its files, if they say what to do where nothing is found
/// (`assets_navigation_prefers_asset_serving`; cloudflare/workers-sdk: packages/workers-shared/router-worker).
const NAVIGATION_FROM: &str = "2025-04-01";

/// Answers for what is deployed under the request's host, and lets everything else through.
pub(crate) async fn by_host(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let host = served::host(&request).to_ascii_lowercase();
    // Addresses are the APIs' own.
    if host.parse::<std::net::IpAddr>().is_ok() || host == "localhost" || host.is_empty() {
        return next.run(request).await;
    }
    let target = address::target(&shared.world().cloudflare, &host, request.uri().path());
    match target {
        Some(Target::Worker(script)) => worker(&shared, &script, request).await,
        Some(Target::Site { project, deployment }) => site(&shared, &project, &deployment, request).await,
        Some(Target::Bucket(key)) => served::of_bucket(&shared, &key, &request),
        None if host.ends_with(".localhost") => {
            let message =
                "Nothing is deployed under this host; GET /_sandbox/cloudflare/sites lists what is.\n";
            (StatusCode::NOT_FOUND, message).into_response()
        }
        None => next.run(request).await,
    }
}

/// A request with a JSON body to one of the runtime's ports.
pub(super) async fn post(port: u16, body: String) -> Result<Response, String> {
    let request = Request::post("/").body(Body::from(body));
    let request = request.map_err(|error| error.to_string())?;
    forward(port, request).await
}

/// Files go before the Worker, unless they are told not to (API doc §4.13).
async fn worker(shared: &Arc<Shared>, script: &str, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let (statics, is_first, prefers_files, has_code) = {
        let rows = &shared.world().cloudflare;
        let worker = workers::reached(&rows.workers)
            .into_iter()
            .find(|worker| worker.name == script);
        let (date, has_code) = worker.map_or(("", false), |worker| (worker.date, worker.has_code));
        let navigates = request
            .headers()
            .get("sec-fetch-mode")
            .is_some_and(|mode| mode == NAVIGATION);
        (
            served::of_worker(rows, script),
            served::is_worker_first(rows, script, &path),
            navigates && date >= NAVIGATION_FROM,
            has_code,
        )
    };
    if let Some(statics) = &statics
        && !(is_first && has_code)
    {
        let answer = match has_code && !prefers_files {
            true => statics.found(shared, &request),
            false => statics.answer(shared, &request),
        };
        if let Some(answer) = answer {
            return answer;
        }
    }
    match has_code {
        true => run(shared, &program::worker(script), request).await,
        false => served::nothing(),
    }
}

async fn site(shared: &Arc<Shared>, project: &str, deployment: &str, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let (statics, is_for_code, id) = {
        let rows = &shared.world().cloudflare;
        (
            served::of_site(rows, project, deployment),
            served::is_for_functions(rows, project, deployment, &path),
            pages::find(&rows.pages, project, deployment).map(|found| found.id().to_owned()),
        )
    };
    if let (true, Some(id)) = (is_for_code, id) {
        let program = program::functions(project, &id);
        shared.sites.asked().insert(program.clone());
        return run(shared, &program, request).await;
    }
    let answer = statics.and_then(|statics| statics.answer(shared, &request));
    answer.unwrap_or_else(served::nothing)
}

async fn run(shared: &Arc<Shared>, program: &str, mut request: Request) -> Response {
    let port = match runtime::port(shared, program).await {
        Ok(port) => port,
        Err(error) => return (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    };
    let headers = request.headers_mut();
    headers.insert(CF_BLOB, HeaderValue::from_static(CF));
    headers.insert("cf-connecting-ip", HeaderValue::from_static("127.0.0.1"));
    match forward(port, request).await {
        Ok(response) => response,
        Err(error) => (
            StatusCode::BAD_GATEWAY,
            format!("workerd did not answer: {error}\n"),
        )
            .into_response(),
    }
}

/// Hands a request on and the answer back. A connection that both sides turn into something else is joined.
async fn forward(port: u16, mut request: Request) -> Result<Response, String> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let to = format!("http://127.0.0.1:{port}{path}").parse::<Uri>();
    *request.uri_mut() = to.map_err(|error| error.to_string())?;
    let upgraded = request
        .headers()
        .contains_key(header::UPGRADE)
        .then(|| hyper::upgrade::on(&mut request));
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let answer = client.request(request).await;
    let mut answer = answer.map_err(|error| {
        std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
    })?;
    if let (StatusCode::SWITCHING_PROTOCOLS, Some(near)) = (answer.status(), upgraded) {
        let far = hyper::upgrade::on(&mut answer);
        tokio::spawn(async move {
            if let (Ok(near), Ok(far)) = (near.await, far.await) {
                let (mut near, mut far) = (TokioIo::new(near), TokioIo::new(far));
                if let Err(error) = tokio::io::copy_bidirectional(&mut near, &mut far).await {
                    tracing::debug!(%error, "a joined connection ended early");
                }
            }
        });
    }
    Ok(answer.map(Body::new))
}
