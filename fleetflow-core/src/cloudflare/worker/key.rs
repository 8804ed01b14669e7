//! What a key is, for a Worker that uses it without seeing it. Vocabulary only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The form of a key, as `importKey` of Web Crypto takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyFormat {
    /// The bare bytes.
    Raw,
    /// A private key in PKCS #8.
    Pkcs8,
    /// A public key in SPKI.
    Spki,
    /// A JSON Web Key.
    Jwk,
}

/// What a key may be used for, as Web Crypto names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KeyUsage {
    /// To encrypt.
    Encrypt,
    /// To decrypt.
    Decrypt,
    /// To sign.
    Sign,
    /// To verify.
    Verify,
    /// To derive keys.
    DeriveKey,
    /// To derive bits.
    DeriveBits,
    /// To wrap other keys.
    WrapKey,
    /// To unwrap other keys.
    UnwrapKey,
}
