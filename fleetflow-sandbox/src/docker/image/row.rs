//! An image as a row, and how it is found and shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reference::Reference;
use crate::docker::answer::Failure;
use crate::docker::container::{Environment, Healthcheck};
use crate::docker::rows::Engine;

/// An image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::docker) struct Image {
    /// `sha256:...`
    pub(in crate::docker) id: String,
    /// `nginx:1.27`
    pub(in crate::docker) tags: Vec<String>,
    /// `nginx@sha256:...`
    pub(in crate::docker) digests: Vec<String>,
    pub(in crate::docker) created: Timestamp,
    pub(in crate::docker) architecture: String,
    pub(in crate::docker) config: ImageConfig,
    pub(in crate::docker) layers: Vec<Layer>,
}

/// A layer, and the instruction that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::docker) struct Layer {
    /// `sha256:...`
    pub(in crate::docker) digest: String,
    pub(in crate::docker) size: u64,
    pub(in crate::docker) created_by: String,
}

/// What an image says about the containers made from it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct ImageConfig {
    pub(in crate::docker) user: String,
    pub(in crate::docker) exposed_ports: BTreeMap<String, Value>,
    pub(in crate::docker) env: Environment,
    pub(in crate::docker) cmd: Option<Vec<String>>,
    pub(in crate::docker) entrypoint: Option<Vec<String>>,
    pub(in crate::docker) volumes: BTreeMap<String, Value>,
    pub(in crate::docker) working_dir: String,
    pub(in crate::docker) labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::docker) healthcheck: Option<Healthcheck>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::docker) stop_signal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::docker) shell: Option<Vec<String>>,
}

impl Image {
    /// The bytes of all layers.
    pub(super) fn size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum()
    }

    /// `GET /images/{name}/json`
    pub(super) fn inspect(&self) -> Result<Value, Failure> {
        let config = serde_json::to_value(&self.config)
            .map_err(|error| Failure::internal(format!("cannot describe the image: {error}")))?;
        Ok(json!({
            "Id": self.id,
            "RepoTags": self.tags,
            "RepoDigests": self.digests,
            "Parent": "",
            "Comment": "",
            "Created": self.created.to_string(),
            "Author": "",
            "Config": config,
            "Architecture": self.architecture,
            "Os": "linux",
            "Size": self.size(),
            "GraphDriver": { "Name": "overlay2", "Data": {} },
            "RootFS": { "Type": "layers", "Layers": self.layers.iter().map(|layer| &layer.digest).collect::<Vec<_>>() },
            "Metadata": { "LastTagTime": "0001-01-01T00:00:00Z" },
        }))
    }

    /// An entry of `GET /images/json`.
    pub(super) fn summary(&self) -> Value {
        json!({
            "Id": self.id,
            "ParentId": "",
            "RepoTags": self.tags,
            "RepoDigests": self.digests,
            "Created": self.created.as_second(),
            "Size": self.size(),
            "SharedSize": -1,
            "Labels": self.config.labels,
            "Containers": -1,
        })
    }

    /// `GET /images/{name}/history`, newest first.
    pub(super) fn history(&self) -> Value {
        let last = self.layers.len().saturating_sub(1);
        let entry = |(at, layer): (usize, &Layer)| {
            json!({
                "Id": if at == last { self.id.as_str() } else { "<missing>" },
                "Created": self.created.as_second(),
                "CreatedBy": layer.created_by,
                "Size": layer.size,
                "Tags": if at == last { Some(&self.tags) } else { None },
                "Comment": "",
            })
        };
        self.layers.iter().enumerate().rev().map(entry).collect()
    }
}

/// An image by id, the beginning of its id, tag or digest.
pub(in crate::docker) fn position(engine: &Engine, wanted: &str) -> Result<usize, Failure> {
    let missing = || Failure::not_found(format!("No such image: {}", shown(wanted)));
    let digits = wanted.strip_prefix("sha256:").unwrap_or(wanted);
    let is_id = !digits.is_empty() && digits.chars().all(|letter| letter.is_ascii_hexdigit());
    let by_name = Reference::parse(wanted)
        .ok()
        .and_then(|reference| named(engine, &reference));
    if let Some(at) = by_name {
        return Ok(at);
    }
    let matches = |image: &Image| is_id && image.id["sha256:".len()..].starts_with(digits);
    engine.images.iter().position(matches).ok_or_else(missing)
}

/// An image by id, the beginning of its id, tag or digest.
pub(in crate::docker) fn find<'a>(engine: &'a Engine, wanted: &str) -> Result<&'a Image, Failure> {
    position(engine, wanted).map(|at| &engine.images[at])
}

fn named(engine: &Engine, reference: &Reference) -> Option<usize> {
    let name = reference.familiar_name();
    if let Some(digest) = &reference.digest {
        let wanted = format!("{name}@{digest}");
        return engine
            .images
            .iter()
            .position(|image| image.digests.contains(&wanted));
    }
    let wanted = reference.familiar_tag()?;
    engine
        .images
        .iter()
        .position(|image| image.tags.contains(&wanted))
}

/// Engines name what they looked for, so the default tag is shown.
fn shown(wanted: &str) -> String {
    Reference::parse(wanted).map_or_else(|_| wanted.to_owned(), |reference| reference.to_string())
}

/// Gives an image a tag, which it takes from whichever image had it.
pub(in crate::docker) fn tag(engine: &mut Engine, id: &str, tag: &str) {
    for image in &mut engine.images {
        image.tags.retain(|other| other != tag);
        if image.id == id {
            image.tags.push(tag.to_owned());
            image.tags.sort();
        }
    }
}
