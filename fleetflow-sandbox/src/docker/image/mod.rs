//! Images: their rows and requests. They hold no files.

use http::{Method, StatusCode};
use serde_json::Value;

use super::answer::{self, Failure, Outcome};
use super::call::Call;
use super::filter::{Filters, glob};

mod archive;
mod known;
mod pull;
mod reference;
mod remove;
mod row;

pub(super) use pull::{architecture, pull};
pub(super) use reference::Reference;
pub(super) use row::{Image, ImageConfig, Layer, find, tag};

/// The requests below `/images`. Names have slashes of their own, so the last part decides.
pub(super) fn route(call: &Call, path: &[&str]) -> Outcome {
    match (&call.method, path) {
        (&Method::GET, ["json"]) => list(call),
        (&Method::POST, ["create"]) => pull::create(call),
        (&Method::POST, ["prune"]) => remove::prune(call),
        (&Method::POST, ["load"]) => archive::load(call),
        (&Method::GET, [name @ .., "get"]) => archive::get(call, &name.join("/")),
        (&Method::GET, [name @ .., "json"]) => {
            call.daemon(|daemon| answer::ok(find(daemon.engine, &name.join("/"))?.inspect()?))
        }
        (&Method::GET, [name @ .., "history"]) => {
            call.daemon(|daemon| answer::ok(find(daemon.engine, &name.join("/"))?.history()))
        }
        (&Method::POST, [name @ .., "tag"]) => add_tag(call, &name.join("/")),
        (&Method::DELETE, name) if !name.is_empty() => remove::remove(call, &name.join("/")),
        _ => Err(Failure::no_page()),
    }
}

fn list(call: &Call) -> Outcome {
    let filters = call.filters(&["reference", "label", "dangling", "before", "since", "until"])?;
    call.daemon(|daemon| {
        let images = daemon
            .engine
            .images
            .iter()
            .rev()
            .filter(|image| listed(image, &filters));
        answer::ok(images.map(Image::summary).collect::<Vec<Value>>().into())
    })
}

fn listed(image: &Image, filters: &Filters) -> bool {
    let is_dangling = image.tags.is_empty();
    let referenced = |wanted: &str| {
        let names = image.tags.iter().chain(&image.digests);
        names
            .into_iter()
            .any(|name| glob(wanted, name) || glob(wanted, repository(name)))
    };
    filters.labels(&image.config.labels)
        && filters.any("dangling", |wanted| matches!(wanted, "1" | "true") == is_dangling)
        && filters.any("reference", referenced)
}

/// A tag or digest without what comes after the repository.
fn repository(name: &str) -> &str {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

fn add_tag(call: &Call, name: &str) -> Outcome {
    let repo = call.parameter("repo").unwrap_or_default();
    let wanted = match call.parameter("tag") {
        Some(tag) => Reference::parse(&format!("{repo}:{tag}"))?,
        None => Reference::parse(repo)?,
    };
    let wanted = wanted
        .familiar_tag()
        .ok_or_else(|| Failure::bad("refusing to create a tag with a digest reference"))?;
    call.daemon(|daemon| {
        let id = find(daemon.engine, name)?.id.clone();
        tag(daemon.engine, &id, &wanted);
        answer::empty(StatusCode::CREATED)
    })
}
