//! Removing images, which containers can prevent.

use serde_json::{Value, json};

use super::reference::Reference;
use super::row::{Image, position};
use crate::docker::answer::{self, Failure, Outcome, short};
use crate::docker::call::Call;
use crate::docker::container::Container;
use crate::docker::rows::Engine;

pub(super) fn remove(call: &Call, name: &str) -> Outcome {
    let force = if call.flag("force") { Force::Yes } else { Force::No };
    call.daemon(|daemon| {
        let at = position(daemon.engine, name)?;
        let gone = take(daemon.engine, at, name, force)?;
        answer::ok(gone.into())
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Force {
    Yes,
    No,
}

fn take(engine: &mut Engine, at: usize, name: &str, force: Force) -> Result<Vec<Value>, Failure> {
    let image = &engine.images[at];
    let tag = tag_of(image, name);
    if let Some(tag) = tag.filter(|_| image.tags.len() > 1) {
        engine.images[at].tags.retain(|other| *other != tag);
        return Ok(vec![json!({ "Untagged": tag })]);
    }
    check(engine, image, name, force)?;
    let is_in_use = users(engine, image).next().is_some();
    if is_in_use {
        return Ok(untag(&mut engine.images[at]));
    }
    let mut image = engine.images.remove(at);
    let mut gone = untag(&mut image);
    gone.push(json!({ "Deleted": image.id }));
    Ok(gone)
}

/// The tag a name means, if it means a tag and not an id.
fn tag_of(image: &Image, name: &str) -> Option<String> {
    let tag = Reference::parse(name).ok()?.familiar_tag()?;
    image.tags.contains(&tag).then_some(tag)
}

fn users<'a>(engine: &'a Engine, image: &'a Image) -> impl Iterator<Item = &'a Container> {
    engine
        .containers
        .iter()
        .filter(|container| container.image_id == image.id)
}

fn check(engine: &Engine, image: &Image, name: &str, force: Force) -> Result<(), Failure> {
    let id = short(&image.id);
    if let Some(user) = users(engine, image).find(|container| container.is_running()) {
        let user = short(&user.id);
        let reason = format!("image is being used by running container {user}");
        return Err(Failure::conflict(format!(
            "conflict: unable to delete {name} (cannot be forced) - {reason}"
        )));
    }
    if force == Force::Yes {
        return Ok(());
    }
    if let Some(user) = users(engine, image).next() {
        let user = short(&user.id);
        let what = format!("unable to remove repository reference \"{name}\" (must force)");
        return Err(Failure::conflict(format!(
            "conflict: {what} - container {user} is using its referenced image {id}"
        )));
    }
    if image.tags.len() > 1 {
        let reason = "image is referenced in multiple repositories";
        return Err(Failure::conflict(format!(
            "conflict: unable to delete {id} (must be forced) - {reason}"
        )));
    }
    Ok(())
}

fn untag(image: &mut Image) -> Vec<Value> {
    let names = image.tags.drain(..).chain(image.digests.drain(..));
    names.map(|name| json!({ "Untagged": name })).collect()
}

/// Without a filter only images without a name go.
pub(super) fn prune(call: &Call) -> Outcome {
    let filters = call.filters(&["dangling", "label", "until"])?;
    let named_too = filters
        .first("dangling")
        .is_some_and(|value| matches!(value, "0" | "false"));
    call.daemon(|daemon| {
        let engine = &*daemon.engine;
        let is_unused = |image: &Image| {
            (named_too || image.tags.is_empty())
                && users(engine, image).next().is_none()
                && filters.labels(&image.config.labels)
        };
        let gone: Vec<Image> = engine
            .images
            .iter()
            .filter(|image| is_unused(image))
            .cloned()
            .collect();
        let space: u64 = gone.iter().map(Image::size).sum();
        daemon
            .engine
            .images
            .retain(|image| !gone.iter().any(|other| other.id == image.id));
        let deleted = gone.into_iter().flat_map(|mut image| {
            let mut lines = untag(&mut image);
            lines.push(json!({ "Deleted": image.id }));
            lines
        });
        answer::ok(json!({ "ImagesDeleted": deleted.collect::<Vec<_>>(), "SpaceReclaimed": space }))
    })
}
