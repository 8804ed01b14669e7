//! Tokens that uploads of files are authorised with instead of an API token (API doc §4.13, §5.2). What they are for is in their claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::call::{Call, hex_identifier};

/// Seconds until a token runs out.
pub(super) const LIFETIME: i64 = 3600;

/// A token with these claims.
pub(super) fn write(claims: &impl Serialize) -> String {
    let head = URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "typ": "JWT" }).to_string());
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(json!(claims).to_string()));
    format!("{signed}.{}", signature(&signed))
}

/// The claims of a token from here.
pub(super) fn read<T: DeserializeOwned>(token: &str) -> Option<T> {
    let (signed, given) = token.rsplit_once('.')?;
    if given != signature(signed) {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// The claims of the token that a request carries.
pub(super) fn presented<T: DeserializeOwned>(call: &Call) -> Option<T> {
    let header = call.header("authorization").unwrap_or_default();
    header.strip_prefix("Bearer ").and_then(read)
}

/// Tells tokens from here from others. It protects nothing, as nothing in the sandbox needs it.
fn signature(signed: &str) -> String {
    hex_identifier(&format!("pages upload token {signed}"))
}
