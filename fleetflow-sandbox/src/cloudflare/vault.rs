//! The texts of secrets, for running Workers alone: never in the world that is saved or shown. A world in a file keeps
//! them in a file of their own beside it, for its owner's eyes only.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rows::digest;

/// Texts of secrets, by the digest that the world keeps.
#[derive(Clone, Default)]
pub(super) struct Vault(BTreeMap<String, String>);

impl std::fmt::Debug for Vault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Vault({} secrets)", self.0.len())
    }
}

impl Vault {
    /// Remembers every secret in this value, however deep: objects of type `secret_text` with a `text` or a `value`.
    pub(super) fn remember(&mut self, sent: &Value) {
        match sent {
            Value::Array(items) => items.iter().for_each(|item| self.remember(item)),
            Value::Object(members) => {
                if members.get("type").is_some_and(|kind| kind == "secret_text") {
                    let secret = members.get("text").or_else(|| members.get("value"));
                    if let Some(Value::String(text)) = secret {
                        self.0
                            .insert(digest(&Value::from(text.as_str()).to_string()), text.clone());
                    }
                }
                members.values().for_each(|member| self.remember(member));
            }
            _ => {}
        }
    }

    /// Those that `world`, as it is saved, speaks of: what nothing has any more is forgotten.
    pub(super) fn spoken_of(&self, world: &[u8]) -> BTreeMap<&str, &str> {
        let world = String::from_utf8_lossy(world);
        let spoken_of = self
            .0
            .iter()
            .filter(|(digest, _)| world.contains(digest.as_str()));
        spoken_of
            .map(|(digest, text)| (digest.as_str(), text.as_str()))
            .collect()
    }

    /// Takes in texts by their digests.
    pub(super) fn take(&mut self, texts: BTreeMap<String, String>) {
        self.0.extend(texts);
    }

    /// The text of a secret that somebody set.
    pub(super) fn text(&self, digest: &str) -> Option<&str> {
        self.0.get(digest).map(String::as_str)
    }
}
