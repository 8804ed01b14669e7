//! Static files of a Worker: the upload session and what a version serves of them (API doc §4.13). Serving is elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{refusal, script};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::multipart::{self, Part};
use crate::cloudflare::rows::Rows;
use crate::cloudflare::stored_file::{MAX_FILE, StoredFile};
use crate::cloudflare::ticket;

/// The most files that a session asks for in one request; the real number is not confirmed by a recording.
const BUCKET_FILES: usize = 100;
/// The most bytes that a session asks for in one request; the real number is not confirmed by a recording.
const BUCKET_BYTES: usize = 25 * 1024 * 1024;

/// The static files of a version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Assets {
    /// Paths to hashes of files.
    pub(in crate::cloudflare) files: BTreeMap<String, String>,
    /// How they are served.
    pub(in crate::cloudflare) config: Value,
}

/// Files that somebody is uploading.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    script: String,
    /// Seconds since the epoch, until which its tokens are good.
    ends: i64,
    manifest: BTreeMap<String, Entry>,
}

/// A file as its uploader announces it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    hash: String,
    size: usize,
}

#[derive(Deserialize)]
struct Manifest {
    manifest: BTreeMap<String, Entry>,
}

/// What the tokens of a session say: those of a finished one stand for its files.
#[derive(Deserialize, Serialize)]
struct Claims {
    exp: i64,
    session: String,
    complete: bool,
}

/// The `assets` of an upload's metadata.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sent {
    jwt: Option<String>,
    #[serde(default)]
    config: Value,
}

/// Begins a session. The Worker need not exist yet.
pub(super) fn begin(context: &mut Context<'_>, call: &Call) -> Outcome {
    let script = call.path("script_name").to_owned();
    if !script::is_name(&script) {
        return Err(refusal::name());
    }
    let sent: Manifest = call.json()?;
    for (path, entry) in &sent.manifest {
        entry.check(path)?;
    }
    let (id, exp) = (context.identifier(), context.now.as_second() + ticket::LIFETIME);
    let now = context.now.as_second();
    let workers = &mut context.rows().workers;
    workers.sessions.retain(|_, session| session.ends > now);
    let session = Session {
        script,
        ends: exp,
        manifest: sent.manifest,
    };
    let buckets = session.buckets(&workers.assets);
    let claims = Claims {
        exp,
        session: id.clone(),
        complete: buckets.is_empty(),
    };
    workers.sessions.insert(id, session);
    Answer::of(json!({ "jwt": ticket::write(&claims), "buckets": buckets }))
}

/// Takes the files of a form in Base64: 202 while more are expected, 201 and the completion token with the last one.
pub(super) fn upload(context: &mut Context<'_>, call: &Call) -> Outcome {
    let claims = ticket::presented(call)
        .filter(|claims: &Claims| claims.exp > context.now.as_second())
        .ok_or_else(refusal::upload_token)?;
    if call.query("base64") != Some("true") {
        return Err(refusal::validation(
            "Files are uploaded in Base64, with base64=true.",
        ));
    }
    let kind = call.header("content-type").unwrap_or_default();
    let parts = multipart::read(kind, call.bytes()).ok_or_else(refusal::content_type)?;
    let session = context.rows().workers.sessions.get(&claims.session).cloned();
    let session = session.ok_or_else(refusal::upload_token)?;
    let mut files = Vec::new();
    for part in parts {
        files.push((part.name.clone(), session.file(context, &part)?));
    }
    let workers = &mut context.rows().workers;
    workers.assets.extend(files);
    if !session.buckets(&workers.assets).is_empty() {
        return Answer::with_status(202, json!({}));
    }
    let complete = Claims {
        complete: true,
        ..claims
    };
    Answer::with_status(201, json!({ "jwt": ticket::write(&complete) }))
}

impl Entry {
    fn check(&self, path: &str) -> Result<(), Failure> {
        let hash = self.hash.len() == 32 && self.hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if path.starts_with('/') && hash && self.size <= MAX_FILE {
            Ok(())
        } else {
            let why = format!(
                "`{path}` of the manifest needs a leading slash, a hash of 32 digits, and 25 MiB at most."
            );
            Err(refusal::validation(&why))
        }
    }
}

impl Session {
    /// The hashes that still have to come, in the portions that they are to come in.
    fn buckets(&self, known: &BTreeMap<String, StoredFile>) -> Vec<Vec<String>> {
        let mut seen = BTreeSet::new();
        let mut buckets: Vec<Vec<String>> = Vec::new();
        let mut bytes = 0;
        for entry in self.manifest.values() {
            let is_known = known.get(&entry.hash).is_some_and(StoredFile::is_whole);
            if is_known || !seen.insert(&entry.hash) {
                continue;
            }
            let full = |last: &Vec<String>| last.len() >= BUCKET_FILES || bytes + entry.size > BUCKET_BYTES;
            if buckets.last().is_none_or(full) {
                buckets.push(Vec::new());
                bytes = 0;
            }
            bytes += entry.size;
            if let Some(last) = buckets.last_mut() {
                last.push(entry.hash.clone());
            }
        }
        buckets
    }

    /// The file of a part, which has to be one that was announced.
    fn file(&self, context: &Context<'_>, part: &Part) -> Result<StoredFile, Failure> {
        let announced = self.manifest.values().find(|entry| entry.hash == part.name);
        let announced = announced
            .ok_or_else(|| refusal::validation(&format!("`{}` is not in the manifest.", part.name)))?;
        let bytes = STANDARD
            .decode(&part.body)
            .ok()
            .filter(|bytes| bytes.len() == announced.size);
        let bytes = bytes.ok_or_else(|| {
            refusal::validation(&format!("`{}` is not Base64 of the announced size.", part.name))
        })?;
        Ok(StoredFile {
            content_type: part.content_type.clone().unwrap_or_default(),
            size: bytes.len(),
            blob: context.keep(&bytes)?,
        })
    }
}

impl Sent {
    /// The files that the completion token stands for.
    pub(super) fn redeem(&self, rows: &Rows, script: &str, now: i64) -> Result<Assets, Failure> {
        let claims: Option<Claims> = self.jwt.as_deref().and_then(ticket::read);
        let session = claims
            .filter(|claims| claims.complete && claims.exp > now)
            .and_then(|claims| rows.workers.sessions.get(&claims.session))
            .filter(|session| session.script == script);
        let session = session.ok_or_else(refusal::completion_token)?;
        let files = session.manifest.iter();
        Ok(Assets {
            files: files
                .map(|(path, entry)| (path.clone(), entry.hash.clone()))
                .collect(),
            config: self.config.clone(),
        })
    }
}
