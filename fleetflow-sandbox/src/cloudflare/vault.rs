//! The texts of secrets, for running Workers alone: in this process's memory, never in the world that is saved or shown.

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

    /// The text of a secret that was set since this process began.
    pub(super) fn text(&self, digest: &str) -> Option<&str> {
        self.0.get(digest).map(String::as_str)
    }
}
