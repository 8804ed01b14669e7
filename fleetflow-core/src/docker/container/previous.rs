//! The generation before the one that runs: what it was made from is kept in a label of its successor, its image on the
//! engine. Pure.
//!
//! References are resolved in it, and secrets are markers, as in the label of the declaration itself.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::image::is_moving;
use crate::docker::marks;
use crate::model::Former;

/// The tag under which the image of a build is kept after its successor took its name.
pub(super) const TAG: &str = "previous";

/// What is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Previous {
    spec: Map<String, Value>,
    image_id: Option<String>,
}

impl Previous {
    /// The generation that `labels` are of, which ran the image `image_id`; none for what we did not make.
    pub(super) fn of(labels: &HashMap<String, String>, image_id: Option<&str>) -> Option<Self> {
        Some(Self {
            spec: marks::applied(labels)?,
            image_id: image_id.map(str::to_owned),
        })
    }

    /// What `labels` keep of the generation before.
    pub(super) fn kept(labels: &HashMap<String, String>) -> Option<Self> {
        serde_json::from_str(labels.get(marks::PREVIOUS)?).ok()
    }

    /// The text of the label.
    pub(super) fn label(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// The image it ran, if that was built here or is only known by its id.
    pub(super) fn own_image(&self) -> Option<&str> {
        let named = self.spec.get("image").and_then(Value::as_str).unwrap_or_default();
        let own = self.spec.contains_key("build") || named.starts_with("sha256:");
        self.image_id.as_deref().filter(|_| own)
    }

    /// The declaration to make it again from. A name that may mean another image by now, or a build whose folder may be
    /// another one by now, is the image itself.
    fn declaration(mut self) -> Value {
        let named = self.spec.get("image").and_then(Value::as_str).unwrap_or_default();
        let pinned = !self.spec.contains_key("build") && !is_moving(named);
        if let (false, Some(id)) = (pinned, self.image_id) {
            self.spec.insert("image".to_owned(), json!(id));
            self.spec.remove("build");
            self.spec.remove("context_digest");
        }
        Value::Object(self.spec)
    }
}

/// What the kind-blind part of the library knows of the generation before that of `labels`, which was made at `made`.
pub(super) fn former(labels: &HashMap<String, String>, made: Option<i64>) -> Former {
    Former {
        release: labels.get(marks::RELEASE).cloned().unwrap_or_default(),
        made: made.unwrap_or_default(),
        declaration: Previous::kept(labels).map(Previous::declaration),
    }
}
