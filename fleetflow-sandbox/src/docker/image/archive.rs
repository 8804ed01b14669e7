//! Images as archives, on their way from one engine to another. Layers hold no files: each is an empty one with its name.

use std::io::{Cursor, Read as _};

use http::StatusCode;
use serde_json::json;
use tar::{Archive, Builder, Header};

use super::row::{Image, find, tag};
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::Call;

const IMAGE: &str = "image.json";

/// `GET /images/{name}/get`
pub(super) fn get(call: &Call, name: &str) -> Outcome {
    let bytes = call.daemon(|daemon| packed(find(daemon.engine, name)?, name))?;
    Ok(answer::with_body(StatusCode::OK, "application/x-tar", bytes))
}

/// `POST /images/load`. Layers that the engine has may be missing in the archive.
pub(super) fn load(call: &Call) -> Outcome {
    let unreadable = |error: std::io::Error| Failure::internal(format!("Error processing tar file: {error}"));
    let (mut image, mut layers) = (None, Vec::new());
    for entry in Archive::new(Cursor::new(&call.body))
        .entries()
        .map_err(unreadable)?
    {
        let mut entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?.display().to_string();
        if path == IMAGE {
            let mut text = String::new();
            entry.read_to_string(&mut text).map_err(unreadable)?;
            image = serde_json::from_str::<Image>(&text).ok();
        } else if let Some(digest) = path.strip_suffix("/layer.tar") {
            layers.push(digest.to_owned());
        }
    }
    let image = image.ok_or_else(|| Failure::internal("invalid archive: the image is missing"))?;
    call.daemon(|daemon| {
        let known: Vec<_> = daemon
            .engine
            .images
            .iter()
            .flat_map(|image| &image.layers)
            .collect();
        let is_there = |digest: &str| {
            layers.iter().any(|one| one == digest) || known.iter().any(|one| one.digest == digest)
        };
        if let Some(missing) = image.layers.iter().find(|layer| !is_there(&layer.digest)) {
            return Err(Failure::internal(format!(
                "open {}/layer.tar: no such file or directory",
                missing.digest
            )));
        }
        let (id, tags) = (image.id.clone(), image.tags.clone());
        if !daemon.engine.images.iter().any(|other| other.id == id) {
            daemon.engine.images.push(Image {
                tags: Vec::new(),
                ..image
            });
        }
        for name in &tags {
            tag(daemon.engine, &id, name);
        }
        answer::lines(
            tags.iter()
                .map(|name| json!({"stream": format!("Loaded image: {name}\n")}))
                .collect(),
        )
    })
}

/// The image under the one name that was asked for.
fn packed(image: &Image, name: &str) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::internal(format!("cannot pack the image: {error}"));
    let tags: Vec<_> = image
        .tags
        .iter()
        .filter(|tag| tag.starts_with(name))
        .cloned()
        .collect();
    let paths: Vec<_> = image
        .layers
        .iter()
        .map(|layer| format!("{}/layer.tar", layer.digest))
        .collect();
    let manifest = json!([{"Config": IMAGE, "RepoTags": tags, "Layers": paths}]);
    let only = Image {
        tags,
        ..image.clone()
    };
    let text = serde_json::to_string(&only).map_err(|error| Failure::internal(error.to_string()))?;
    let mut builder = Builder::new(Vec::new());
    let mut add = |path: &str, text: &str| {
        let mut header = Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, text.as_bytes())
    };
    for path in &paths {
        add(path, "").map_err(failed)?;
    }
    add(IMAGE, &text).map_err(failed)?;
    add("manifest.json", &manifest.to_string()).map_err(failed)?;
    builder.into_inner().map_err(failed)
}
