//! Pulling an image from an emulated registry: every public image is there, unless a test says otherwise. No byte is fetched.

use serde_json::{Value, json};

use super::known;
use super::reference::Reference;
use super::row::{Image, Layer};
use crate::docker::answer::{self, Failure, Outcome, short};
use crate::docker::call::Call;
use crate::docker::daemon::{Daemon, digest};
use crate::docker::rows::Engine;

/// Registries that can be reached. A name that begins with a dot stands for all hosts below it.
const REGISTRIES: &[&str] = &[
    "docker.io",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "registry.k8s.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "registry.gitlab.com",
    "lscr.io",
    ".gcr.io",
    ".pkg.dev",
    ".sakuracr.jp",
    ".amazonaws.com",
    ".azurecr.io",
];

/// `POST /images/create`. The image is there before the first line is sent, so that a client that leaves early sees
/// what it would see had it stayed.
pub(super) fn create(call: &Call) -> Outcome {
    if call.parameter("fromSrc").is_some() {
        return Err(Failure::bad(
            "the emulated engine cannot import images from a source",
        ));
    }
    let reference = wanted(call)?;
    let architecture = architecture(call.parameter("platform"))?;
    call.daemon(|daemon| answer::lines(pull(daemon, &reference, &architecture)?))
}

/// `fromImage` may carry the tag; a `tag` parameter that is a digest takes its place.
fn wanted(call: &Call) -> Result<Reference, Failure> {
    let name = call
        .parameter("fromImage")
        .ok_or_else(|| Failure::bad("invalid reference format"))?;
    match call.parameter("tag") {
        Some(tag) if tag.starts_with("sha256:") => {
            let bare = Reference::bare(name)?;
            Reference::parse(&format!("{}@{tag}", bare.familiar_name()))
        }
        Some(tag) => Reference::parse(&format!("{}:{tag}", Reference::bare(name)?.familiar_name())),
        None => Reference::parse(name),
    }
}

/// `linux/arm64/v8` and the like.
pub(in crate::docker) fn architecture(platform: Option<&str>) -> Result<String, Failure> {
    let Some(platform) = platform else {
        return Ok("amd64".to_owned());
    };
    let mut parts = platform.split('/');
    match (parts.next(), parts.next()) {
        (Some("linux"), None) => Ok("amd64".to_owned()),
        (Some("linux"), Some(architecture)) if !architecture.is_empty() => Ok(architecture.to_owned()),
        _ => Err(Failure::bad(format!(
            "\"{platform}\": unknown operating system or architecture: invalid argument"
        ))),
    }
}

/// Pulls, and tells it line by line.
pub(in crate::docker) fn pull(
    daemon: &mut Daemon<'_>,
    reference: &Reference,
    architecture: &str,
) -> Result<Vec<Value>, Failure> {
    reach(daemon.engine, reference)?;
    let (digest, image) = resolve(reference, architecture, daemon);
    let mut lines = vec![begin(reference)];
    let is_new = !daemon.engine.images.iter().any(|other| other.id == image.id);
    if is_new {
        lines.extend(
            image
                .layers
                .iter()
                .flat_map(|layer| fetched(layer, daemon.engine)),
        );
        daemon.engine.images.push(image.clone());
    }
    let has_tag = place(daemon.engine, &image.id, reference, &digest);
    let news = if is_new || has_tag == Tag::New {
        "Downloaded newer image"
    } else {
        "Image is up to date"
    };
    lines.push(json!({ "status": format!("Digest: {digest}") }));
    lines.push(json!({ "status": format!("Status: {news} for {reference}") }));
    Ok(lines)
}

fn reach(engine: &Engine, reference: &Reference) -> Result<(), Failure> {
    let host = reference.registry.as_str();
    if host.starts_with("localhost") || host.starts_with("127.") {
        let refused = format!("dial tcp {host}: connect: connection refused");
        return Err(Failure::internal(format!(
            "Get \"https://{host}/v2/\": {refused}"
        )));
    }
    let is_known = |known: &&str| *known == host || (known.starts_with('.') && host.ends_with(*known));
    if !REGISTRIES.iter().any(is_known) {
        let lookup = format!("dial tcp: lookup {host}: no such host");
        return Err(Failure::internal(format!("Get \"https://{host}/v2/\": {lookup}")));
    }
    if engine.missing.contains(&reference.familiar_name()) {
        let name = reference.familiar_name();
        let advice = "repository does not exist or may require 'docker login'";
        let denied = "denied: requested access to the resource is denied";
        return Err(Failure::not_found(format!(
            "pull access denied for {name}, {advice}: {denied}"
        )));
    }
    if engine.missing.contains(&reference.to_string()) {
        let unknown = "manifest unknown: manifest unknown";
        return Err(Failure::not_found(format!(
            "manifest for {reference} not found: {unknown}"
        )));
    }
    Ok(())
}

/// The image a reference stands for. A tag always stands for the same digest, and a digest for the same image.
fn resolve(reference: &Reference, architecture: &str, daemon: &Daemon<'_>) -> (String, Image) {
    let name = reference.familiar_name();
    let tag = reference.tag.as_deref().unwrap_or_default();
    let by_tag = || format!("sha256:{}", digest(&["manifest", &name, tag]));
    let manifest = reference.digest.clone().unwrap_or_else(by_tag);
    let layers = [
        ("base", 29 << 20),
        ("app", 11 << 20),
        (manifest.as_str(), 1 << 20),
    ];
    let layer = |(part, size): (&str, u64)| Layer {
        digest: format!("sha256:{}", digest(&["layer", &name, part, architecture])),
        size,
        created_by: "emulated layer".to_owned(),
    };
    let image = Image {
        id: format!("sha256:{}", digest(&["image", &manifest, architecture])),
        tags: Vec::new(),
        digests: Vec::new(),
        created: daemon.now,
        architecture: architecture.to_owned(),
        config: known::config(&name),
        layers: layers.into_iter().map(layer).collect(),
    };
    (manifest, image)
}

fn begin(reference: &Reference) -> Value {
    let name = if reference.is_on_hub() {
        reference.repository.clone()
    } else {
        reference.familiar_name()
    };
    let mark = reference.tag.as_ref().or(reference.digest.as_ref());
    json!({ "status": format!("Pulling from {name}"), "id": mark })
}

/// The lines about one layer. Layers of one repository are shared between its tags.
fn fetched(layer: &Layer, engine: &Engine) -> Vec<Value> {
    let id = short(&layer.digest);
    let is_there = engine.images.iter().any(|image| image.layers.contains(layer));
    if is_there {
        return vec![json!({ "status": "Already exists", "progressDetail": {}, "id": id })];
    }
    let size = layer.size;
    let part = |status: &str, current: u64| json!({ "status": status, "progressDetail": { "current": current, "total": size }, "id": id });
    let plain = |status: &str| json!({ "status": status, "progressDetail": {}, "id": id });
    vec![
        plain("Pulling fs layer"),
        part("Downloading", size / 2),
        part("Downloading", size),
        plain("Verifying Checksum"),
        plain("Download complete"),
        part("Extracting", size),
        plain("Pull complete"),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    New,
    Known,
}

fn place(engine: &mut Engine, id: &str, reference: &Reference, digest: &str) -> Tag {
    let with_digest = format!("{}@{digest}", reference.familiar_name());
    let mut news = Tag::Known;
    if let Some(image) = engine.images.iter_mut().find(|image| image.id == id)
        && !image.digests.contains(&with_digest)
    {
        image.digests.push(with_digest);
        image.digests.sort();
        news = Tag::New;
    }
    let Some(tag) = reference.familiar_tag().filter(|_| reference.digest.is_none()) else {
        return news;
    };
    let has_tag = engine
        .images
        .iter()
        .any(|image| image.id == id && image.tags.contains(&tag));
    if has_tag {
        return news;
    }
    super::row::tag(engine, id, &tag);
    Tag::New
}
