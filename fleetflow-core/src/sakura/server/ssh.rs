//! How a server is reached by SSH: user, port, key; and public keys as text. It opens no connection and no file.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// How FleetFlow reaches a server to run services on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ssh {
    /// The user; `ubuntu` on Ubuntu and `root` elsewhere without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-format" = "name"))]
    user: Option<String>,
    /// The port; 22 without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    port: Option<u16>,
    /// The file with the private key; FleetFlow's own key without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-path" = true))]
    key: Option<String>,
}

impl Ssh {
    /// As `user`.
    pub fn user(user: impl Into<String>) -> Self {
        Self {
            user: Some(user.into()),
            ..Self::default()
        }
    }

    /// At `port`.
    #[must_use]
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// With the private key in the file `path`.
    #[must_use]
    pub fn key(mut self, path: impl Into<String>) -> Self {
        self.key = Some(path.into());
        self
    }

    pub(super) fn named_user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    pub(super) fn named_port(&self) -> Option<u16> {
        self.port
    }
}

/// The beginnings of public keys (RFC 4253 section 6.6, RFC 5656 section 6.2, RFC 8709 section 4; OpenSSH's `sk-` keys).
const KEY_TYPES: &[&str] = &[
    "ssh-ed25519 ",
    "ssh-rsa ",
    "ecdsa-sha2-",
    "sk-ssh-ed25519@",
    "sk-ecdsa-sha2-",
];

/// Whether `text` is a public key itself, rather than the path of a file with one.
pub(crate) fn is_public_key(text: &str) -> bool {
    KEY_TYPES.iter().any(|kind| text.trim_start().starts_with(kind)) && text.trim().contains(' ')
}

/// Whether `text` is a private key, which must go nowhere.
pub(crate) fn is_private_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
}

/// The schema of a list of public keys, each a text or the path of a file.
pub(super) fn key_list(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "x-path": "or-text" } })
}
