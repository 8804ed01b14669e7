//! Static files beside a Worker's code: only those that are missing are uploaded (API doc §4.13).

use std::collections::BTreeMap;
use std::path::Path;

use futures::stream::{StreamExt as _, TryStreamExt as _, iter};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::place::Place;
use super::{Binding, Worker};
use crate::cloudflare::files::{SiteFile, digest, walk};
use crate::cloudflare::multipart::Form;
use crate::codes;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::http::Body;

/// Uploads at the same time, as wrangler does (API doc §4.13).
const AT_ONCE: usize = 3;
/// Files that say how the others are served: they are part of the configuration.
const RULES: &[&str] = &["_headers", "_redirects"];

/// What an upload session answers.
#[derive(Deserialize)]
pub(super) struct Session {
    jwt: Option<String>,
    #[serde(default)]
    buckets: Vec<Vec<String>>,
}

/// What an upload answers: a token once nothing more is expected.
#[derive(Deserialize)]
pub(super) struct Uploaded {
    jwt: Option<String>,
}

/// The folder of static files, if the Worker has one.
fn folder(worker: &Worker) -> Option<&str> {
    worker.bindings.iter().find_map(|binding| match binding {
        Binding::Assets { folder, .. } => Some(folder.as_str()),
        _ => None,
    })
}

fn files(folder: &Path) -> Result<Vec<SiteFile>> {
    walk(folder, |path| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let rule = RULES.iter().any(|rule| path == format!("/{rule}"));
        rule || matches!(name, ".assetsignore" | ".DS_Store" | ".git" | "node_modules")
    })
}

/// The texts of the files that say how the others are served.
fn rules(folder: &Path) -> Result<Map<String, Value>> {
    let mut rules = Map::new();
    for name in RULES {
        match std::fs::read_to_string(folder.join(name)) {
            Ok(text) => drop(rules.insert((*name).to_owned(), json!(text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let place = folder.join(name);
                let error = Error::of(&codes::NO_SUCH_FILE, error.to_string());
                return Err(error.during(format!("read {}", place.display())));
            }
        }
    }
    Ok(rules)
}

/// A digest of all static files, if the Worker has some.
pub(super) fn digest_of(worker: &Worker, root: &Path) -> Result<Option<String>> {
    let Some(folder) = folder(worker).map(|folder| root.join(folder)) else {
        return Ok(None);
    };
    // What a build makes is covered by what it is made from.
    if worker.build.is_some() && !folder.is_dir() {
        return Ok(None);
    }
    let rules = serde_json::to_string(&rules(&folder)?).unwrap_or_default();
    let all = format!("{}{rules}", digest(&files(&folder)?));
    Ok(Some(blake3::hash(all.as_bytes()).to_hex()[..32].to_owned()))
}

/// Uploads what is missing; the metadata's `assets`, which stand for all of them.
pub(super) async fn upload(place: &Place<'_>, context: &Context, worker: &Worker) -> Result<Option<Value>> {
    let Some(folder) = folder(worker).map(|folder| context.root.join(folder)) else {
        return Ok(None);
    };
    let files = files(&folder)?;
    let manifest: BTreeMap<&str, Value> = files
        .iter()
        .map(|file| (file.path.as_str(), json!({"hash": file.hash, "size": file.size})))
        .collect();
    let session = place.begin_assets(&manifest).await?;
    let by_hash: BTreeMap<&str, &SiteFile> = files.iter().map(|file| (file.hash.as_str(), file)).collect();
    let token = session.jwt.unwrap_or_default();
    let missing: usize = session.buckets.iter().map(Vec::len).sum();
    if missing > 0 {
        context.waiting(format!("uploading {missing} of {} static files", files.len()));
    }
    let uploads = session.buckets.into_iter();
    let uploads = uploads.map(|bucket| send(place, &token, bucket, &by_hash));
    let answers: Vec<Option<String>> = iter(uploads).buffer_unordered(AT_ONCE).try_collect().await?;
    // Without anything to upload the session's own token stands for the files.
    let last = answers.into_iter().flatten().find(|token| !token.is_empty());
    let token = match last {
        Some(last) => last,
        None if missing == 0 => token,
        None => return Err(unfinished()),
    };
    Ok(Some(json!({"jwt": token, "config": rules(&folder)?})))
}

async fn send(
    place: &Place<'_>,
    token: &str,
    bucket: Vec<String>,
    files: &BTreeMap<&str, &SiteFile>,
) -> Result<Option<String>> {
    let answer: Uploaded = place.upload_assets(token, form(&bucket, files)?).await?;
    Ok(answer.jwt)
}

fn form(bucket: &[String], files: &BTreeMap<&str, &SiteFile>) -> Result<Body> {
    let mut form = Form::default();
    for hash in bucket {
        let Some(file) = files.get(hash.as_str()) else {
            let message = "the provider asks for a file that was not offered";
            return Err(Error::new(ErrorKind::Refused, message).during("upload static files"));
        };
        let media_type = match file.media_type() {
            Some(text) if text.starts_with("text/") => format!("{text}; charset=utf-8"),
            Some(other) => other,
            None => "application/null".to_owned(),
        };
        form = form.file(hash, hash, &media_type, file.base64()?.as_bytes());
    }
    Ok(form.body())
}

fn unfinished() -> Error {
    Error::new(ErrorKind::Refused, "the uploaded files were not confirmed")
        .during("upload static files")
        .help("run the same command again: what is there already is not sent again")
}
