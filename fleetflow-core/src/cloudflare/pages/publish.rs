//! Publishes a folder: only files that are not stored yet are sent, several at once (API doc §5.2).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use futures::stream::{StreamExt as _, TryStreamExt as _, iter};
use serde_json::json;

use super::look::USUAL_BRANCH;
use super::place::{Deployment, Place, Upload};
use super::{Pages, functions};
use crate::cloudflare::answer::has_code;
use crate::cloudflare::build;
use crate::cloudflare::files::{SiteFile, digest, walk};
use crate::cloudflare::multipart::Form;
use crate::codes;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};

/// Uploads at the same time, and what one of them holds at most (API doc §5.2). Ours are smaller than allowed, so that
/// memory stays flat.
const AT_ONCE: usize = 3;
const LARGEST_PORTION: u64 = 8 * 1024 * 1024;
const MOST_FILES: usize = 500;
/// How long a deployment may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long a new deployment may be unknown to those who ask for it.
const UNSEEN: Duration = Duration::from_secs(30);
/// Files at the root that say how the others are served; they are sent beside them.
const BESIDE: &[&str] = &["_headers", "_redirects", ROUTES];
const ROUTES: &str = "_routes.json";
/// What is made into the code of the site, and is no file of it.
const CODE: &[&str] = &["_worker.js", "functions"];
/// The upload token is no longer good (API doc §5.2).
const EXPIRED: &[u64] = &[8_000_013];

/// What begins the message of a deployment of ours; its owner and the digest of what was published follow.
const MARK: &str = "fleetflow ";

/// The digest in the message of a deployment of ours.
pub(super) fn digest_in(message: &str) -> Option<&str> {
    let (_, digest) = message.strip_prefix(MARK)?.rsplit_once(' ')?;
    Some(digest)
}

fn files(folder: &Path) -> Result<Vec<SiteFile>> {
    walk(folder, |path| {
        let beside = BESIDE.iter().chain(CODE).any(|name| path == format!("/{name}"));
        let name = path.rsplit('/').next().unwrap_or_default();
        beside || matches!(name, ".DS_Store" | "node_modules" | ".git" | ".wrangler")
    })
}

/// A file that is sent beside the others.
struct Beside {
    name: &'static str,
    media_type: &'static str,
    content: Vec<u8>,
}

/// The files that are sent beside the others, and the code.
fn beside(folder: &Path) -> Result<Vec<Beside>> {
    let mut found = Vec::new();
    for &name in BESIDE {
        match std::fs::read(folder.join(name)) {
            Ok(content) => found.push(Beside {
                name,
                media_type: "text/plain",
                content,
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let place = folder.join(name).display().to_string();
                return Err(
                    Error::of(&codes::NO_SUCH_FILE, error.to_string()).during(format!("read {place}"))
                );
            }
        }
    }
    let Some(functions) = functions::of(folder)? else {
        return Ok(found);
    };
    if let Some(routes) = functions.routes
        && found.iter().all(|file| file.name != ROUTES)
    {
        found.push(Beside {
            name: ROUTES,
            media_type: "application/json",
            content: routes.into_bytes(),
        });
    }
    // Without bindings, which stands for those of the project (API doc §5.2).
    let mut form = Form::default().field(
        "metadata",
        json!({"main_module": functions.script.main})
            .to_string()
            .as_bytes(),
    );
    for module in &functions.script.modules {
        form = form.file(&module.name, &module.name, module.media_type, &module.body);
    }
    found.push(Beside {
        name: "_worker.bundle",
        media_type: "application/octet-stream",
        content: form.bytes(),
    });
    Ok(found)
}

/// A digest of everything that is published; of what it is made from, where a command makes it.
pub(super) fn digest_of(pages: &Pages, root: &Path) -> Result<String> {
    let folder = root.join(&pages.source);
    if let Some(command) = &pages.build {
        return build::inputs(command, root, &[folder]);
    }
    content_of(&folder)
}

fn content_of(folder: &Path) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(digest(&files(folder)?).as_bytes());
    for file in beside(folder)? {
        hasher.update(file.name.as_bytes());
        hasher.update(&file.content.len().to_le_bytes());
        hasher.update(&file.content);
    }
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

/// Publishes the site, and waits until it is there.
pub(super) async fn publish(place: &Place<'_>, context: &Context, pages: &Pages) -> Result<Deployment> {
    if let Some(command) = &pages.build {
        build::run(context, command, context.root.clone()).await?;
    }
    let folder = context.root.join(&pages.source);
    let files = files(&folder)?;
    upload(place, context, &files).await?;
    let marker = format!("{MARK}{} {}", context.owner, content_of(&folder)?);
    let known: Vec<String> = place.deployments().await?.into_iter().map(|one| one.id).collect();
    let deployment = match place.deploy(form(pages, &folder, &files, &marker)?.body()).await {
        // It is not there twice: what was not there before and says the same is what was sent.
        Err(error) if error.kind() == ErrorKind::Ambiguous => {
            let there = place.deployments().await?;
            let ours = there
                .into_iter()
                .find(|one| one.message() == marker && !known.contains(&one.id));
            match ours {
                Some(deployment) => deployment,
                None => {
                    place
                        .deploy(form(pages, &folder, &files, &marker)?.body())
                        .await?
                }
            }
        }
        answer => answer?,
    };
    let began = tokio::time::Instant::now();
    let ready = || async {
        let now = match place.deployment(&deployment.id).await {
            // What was made just now may not be seen everywhere.
            Err(error) if error.is_not_found() && began.elapsed() < UNSEEN => return Ok(None),
            answer => answer?,
        };
        match now.outcome() {
            Ok(true) => Ok(Some(now)),
            Ok(false) => Ok(None),
            Err(why) => Err(Error::new(ErrorKind::Refused, why).during("publish the site")),
        }
    };
    context
        .until("waiting for the site to be published", PATIENCE, ready)
        .await
}

fn form(pages: &Pages, folder: &Path, files: &[SiteFile], marker: &str) -> Result<Form> {
    let manifest: BTreeMap<&str, &str> = files
        .iter()
        .map(|file| (file.path.as_str(), file.hash.as_str()))
        .collect();
    let production = pages.production_branch.as_deref().unwrap_or(USUAL_BRANCH);
    let branch = pages.branch.as_deref().unwrap_or(production);
    let mut form = Form::default()
        .field("manifest", json!(manifest).to_string().as_bytes())
        .field("branch", branch.as_bytes())
        .field("commit_message", marker.as_bytes())
        .field("commit_dirty", b"false");
    for file in beside(folder)? {
        form = form.file(file.name, file.name, file.media_type, &file.content);
    }
    Ok(form)
}

/// Sends the files that are not stored yet.
async fn upload(place: &Place<'_>, context: &Context, files: &[SiteFile]) -> Result<()> {
    let by_hash: BTreeMap<&str, &SiteFile> = files.iter().map(|file| (file.hash.as_str(), file)).collect();
    let hashes: Vec<&str> = by_hash.keys().copied().collect();
    if hashes.is_empty() {
        return Ok(());
    }
    let token = place.upload_token().await?;
    let missing = place.missing(&token, &hashes).await?;
    let missing: Vec<SiteFile> = missing
        .iter()
        .filter_map(|hash| by_hash.get(hash.as_str()).map(|file| (*file).clone()))
        .collect();
    let (all, done) = (missing.len(), std::sync::atomic::AtomicUsize::new(0));
    let sends = portions(missing).into_iter().map(|portion| {
        let (token, done) = (&token, &done);
        async move {
            let count = portion.len();
            send(place, token, portion).await?;
            let sent = done.fetch_add(count, std::sync::atomic::Ordering::Relaxed) + count;
            context.waiting(format!("uploading files: {sent} of {all}"));
            Ok(())
        }
    });
    iter(sends)
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    if let Err(error) = place.keep(&token, &hashes).await {
        tracing::warn!(%error, "the next upload will be slower");
    }
    Ok(())
}

async fn send(place: &Place<'_>, token: &str, files: Vec<SiteFile>) -> Result<()> {
    let mut uploads = Vec::with_capacity(files.len());
    for file in files {
        let media_type = file
            .media_type()
            .unwrap_or_else(|| "application/octet-stream".to_owned());
        uploads.push(Upload {
            key: file.hash.clone(),
            value: file.base64()?,
            metadata: json!({"contentType": media_type}),
            base64: true,
        });
    }
    match place.store(token, &uploads).await {
        Err(error) if has_code(&error, EXPIRED) => place.store(&place.upload_token().await?, &uploads).await,
        answer => answer,
    }
}

/// Portions of bounded size, the largest files first.
fn portions(mut files: Vec<SiteFile>) -> Vec<Vec<SiteFile>> {
    files.sort_by_key(|file| std::cmp::Reverse(file.size));
    let mut portions: Vec<Vec<SiteFile>> = Vec::new();
    let mut size = 0;
    for file in files {
        let fits = size + file.size <= LARGEST_PORTION;
        match portions.last_mut() {
            Some(portion) if fits && portion.len() < MOST_FILES => {
                size += file.size;
                portion.push(file);
            }
            _ => {
                size = file.size;
                portions.push(vec![file]);
            }
        }
    }
    portions
}
