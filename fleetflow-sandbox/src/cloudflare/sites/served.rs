//! Answers with static files: of Workers, of sites with their rules, of open buckets. Code is run elsewhere.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use super::files::{Files, Found, Missing, Slashes};
use super::rules;
use crate::Shared;
use crate::cloudflare::rows::Rows;
use crate::cloudflare::stored_file::StoredFile;
use crate::cloudflare::{pages, r2, workers};
use crate::frame::decode_percent;

/// The static side of a Worker or a deployment, out of the world's lock.
pub(super) struct Statics {
    files: BTreeMap<String, String>,
    stored: BTreeMap<String, StoredFile>,
    slashes: Slashes,
    missing: Missing,
    headers: String,
    redirects: String,
    is_site: bool,
}

/// The static files of a Worker.
pub(super) fn of_worker(rows: &Rows, script: &str) -> Option<Statics> {
    let assets = workers::assets(&rows.workers, script)?;
    let text = |name: &str| assets.config[name].as_str().unwrap_or_default();
    Some(Statics {
        stored: stored(&assets.files, |hash| workers::file(&rows.workers, hash)),
        files: assets.files.clone(),
        slashes: match text("html_handling") {
            "force-trailing-slash" => Slashes::Force,
            "drop-trailing-slash" => Slashes::Drop,
            "none" => Slashes::Exact,
            _ => Slashes::Auto,
        },
        missing: match text("not_found_handling") {
            "404-page" => Missing::Page,
            "single-page-application" => Missing::Application,
            _ => Missing::Nothing,
        },
        headers: text("_headers").to_owned(),
        redirects: text("_redirects").to_owned(),
        is_site: false,
    })
}

/// True if the Worker goes before its files on this path.
pub(super) fn is_worker_first(rows: &Rows, script: &str, path: &str) -> bool {
    let config = workers::assets(&rows.workers, script).map(|assets| &assets.config["run_worker_first"]);
    match config {
        Some(Value::Bool(first)) => *first,
        Some(Value::Array(patterns)) => {
            let fits = |pattern: &str| rules::globbed(pattern, path);
            let patterns = || patterns.iter().filter_map(Value::as_str);
            let excluded = patterns()
                .filter_map(|pattern| pattern.strip_prefix('!'))
                .any(fits);
            !excluded && patterns().any(fits)
        }
        _ => false,
    }
}

/// The static files of a deployment.
pub(super) fn of_site(rows: &Rows, project: &str, deployment: &str) -> Option<Statics> {
    let deployment = pages::find(&rows.pages, project, deployment)?;
    let files = deployment.files().clone();
    Some(Statics {
        stored: stored(&files, |hash| pages::file(&rows.pages, hash)),
        slashes: Slashes::Auto,
        // A site without a page for what is missing is taken for a single-page application.
        missing: match files.contains_key("/404.html") {
            true => Missing::Page,
            false => Missing::Application,
        },
        files,
        headers: deployment.rules("_headers").to_owned(),
        redirects: deployment.rules("_redirects").to_owned(),
        is_site: true,
    })
}

/// True if `_routes.json` leaves this path to the functions; without one everything is theirs (API doc §5.2).
pub(super) fn is_for_functions(rows: &Rows, project: &str, deployment: &str, path: &str) -> bool {
    let Some(deployment) = pages::find(&rows.pages, project, deployment) else {
        return false;
    };
    let routes = serde_json::from_str::<Value>(deployment.rules("_routes.json")).unwrap_or_default();
    let fits = |list: &str| {
        let patterns = routes[list]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        patterns.into_iter().any(|pattern| rules::globbed(pattern, path))
    };
    deployment.has_functions() && (routes.is_null() || (fits("include") && !fits("exclude")))
}

/// What `env.ASSETS.fetch()` gets: `name` is that of the program which asks.
pub(super) fn for_binding(shared: &Shared, name: &str, request: &Request) -> Response {
    let statics = {
        let rows = &shared.world().cloudflare;
        match name.split(':').collect::<Vec<_>>()[..] {
            ["worker", script] => of_worker(rows, script),
            ["functions", project, deployment] => of_site(rows, project, deployment),
            _ => None,
        }
    };
    match statics {
        Some(statics) => statics.answer(shared, request).unwrap_or_else(nothing),
        None => nothing(),
    }
}

/// An object of an open bucket.
pub(super) fn of_bucket(shared: &Shared, bucket: &str, request: &Request) -> Response {
    let key = decode_percent(request.uri().path().trim_start_matches('/'));
    let world = shared.world();
    let Some(object) = r2::public_object(&world.cloudflare.r2, bucket, &key) else {
        return (StatusCode::NOT_FOUND, "Object not found\n").into_response();
    };
    let mut response = file(request, object.etag(), object.content_type(), object.bytes());
    for (name, value) in object.headers() {
        set(response.headers_mut(), name, value);
    }
    response
}

impl Statics {
    /// The answer to a request, unless there is no file for it and nothing to be said instead.
    pub(super) fn answer(&self, shared: &Shared, request: &Request) -> Option<Response> {
        self.found(shared, request)
            .or_else(|| self.instead(shared, request))
    }

    /// The answer of a redirect or a file.
    pub(super) fn found(&self, shared: &Shared, request: &Request) -> Option<Response> {
        let path = request.uri().path();
        let query = request.uri().query();
        let mut wanted = decode_percent(path);
        if let Some(redirect) = rules::redirect(&self.redirects, host(request), path) {
            if redirect.status != 200 {
                return Some(moved(redirect.status, &redirect.to, query));
            }
            wanted = redirect.to;
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        match self.looked_for().find(&wanted) {
            Found::File(name) => self.file(shared, request, &name, None),
            Found::Moved(to) => Some(moved(if self.is_site { 308 } else { 307 }, &to, query)),
            Found::Nothing => None,
        }
    }

    /// What is said where nothing was found.
    fn instead(&self, shared: &Shared, request: &Request) -> Option<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Some(StatusCode::METHOD_NOT_ALLOWED.into_response());
        }
        let (name, status) = self.looked_for().instead(&decode_percent(request.uri().path()))?;
        self.file(shared, request, &name, StatusCode::from_u16(status).ok())
    }

    fn looked_for(&self) -> Files<'_> {
        Files {
            files: &self.files,
            slashes: self.slashes,
            missing: self.missing,
        }
    }

    fn file(
        &self,
        shared: &Shared,
        request: &Request,
        name: &str,
        status: Option<StatusCode>,
    ) -> Option<Response> {
        let hash = self.files.get(name)?;
        let stored = self.stored.get(hash)?;
        let bytes = match shared.blobs.get(&stored.blob) {
            Ok(bytes) => bytes,
            Err(error) => {
                let message = format!("the sandbox lost the file of {name}: {error}\n");
                return Some((StatusCode::INTERNAL_SERVER_ERROR, message).into_response());
            }
        };
        let mut response = file(request, hash, &stored.content_type, bytes);
        let headers = response.headers_mut();
        set(headers, "cache-control", "public, max-age=0, must-revalidate");
        if self.is_site {
            set(headers, "access-control-allow-origin", "*");
            set(headers, "referrer-policy", "strict-origin-when-cross-origin");
            set(headers, "x-content-type-options", "nosniff");
        }
        self.apply_rules(request, headers);
        if let Some(status) = status.filter(|_| response.status() == StatusCode::OK) {
            *response.status_mut() = status;
        }
        Some(response)
    }

    /// A header that several blocks give has all their values.
    fn apply_rules(&self, request: &Request, headers: &mut HeaderMap) {
        let mut given: Vec<String> = Vec::new();
        for (name, value) in rules::headers(&self.headers, host(request), request.uri().path()) {
            match value {
                None => drop(headers.remove(&name)),
                Some(value) if given.contains(&name) => {
                    let known = headers
                        .get(&name)
                        .and_then(|known| known.to_str().ok())
                        .unwrap_or_default();
                    let joined = format!("{known}, {value}");
                    set(headers, &name, &joined);
                }
                Some(value) => {
                    set(headers, &name, &value);
                    given.push(name);
                }
            }
        }
    }
}

/// The answer to a path that has nothing.
pub(super) fn nothing() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

fn stored<'a>(
    files: &BTreeMap<String, String>,
    file: impl Fn(&str) -> Option<&'a StoredFile>,
) -> BTreeMap<String, StoredFile> {
    let found = files
        .values()
        .filter_map(|hash| Some((hash.clone(), file(hash)?.clone())));
    found.collect()
}

fn file(request: &Request, etag: &str, content_type: &str, bytes: Vec<u8>) -> Response {
    let etag = format!("\"{etag}\"");
    let known = request.headers().get(header::IF_NONE_MATCH);
    let is_known = known.and_then(|value| value.to_str().ok()).is_some_and(|known| {
        known
            .split(',')
            .any(|one| one.trim().trim_start_matches("W/") == etag)
    });
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(bytes)),
    };
    let headers = response.headers_mut();
    set(headers, "etag", &etag);
    if !content_type.is_empty() && content_type != "application/null" && !is_known {
        let needs_charset = content_type.starts_with("text/") && !content_type.contains("charset");
        let charset = if needs_charset { "; charset=utf-8" } else { "" };
        set(headers, "content-type", &format!("{content_type}{charset}"));
    }
    response
}

fn moved(status: u16, to: &str, query: Option<&str>) -> Response {
    let query = query
        .filter(|_| !to.contains('?'))
        .map(|query| format!("?{query}"));
    let mut response = StatusCode::from_u16(status)
        .unwrap_or(StatusCode::FOUND)
        .into_response();
    set(
        response.headers_mut(),
        "location",
        &format!("{to}{}", query.unwrap_or_default()),
    );
    response
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

/// The host a request asks for, without its port.
pub(super) fn host(request: &Request) -> &str {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().host()).unwrap_or_default();
    host.split(':').next().unwrap_or_default()
}
