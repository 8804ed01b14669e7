//! The tokens that uploads of files are authorised with instead of an API token (API doc §5.2). They run out after an hour.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{project, refusal};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context, hex_identifier};

const LIFETIME: i64 = 3600;

#[derive(Deserialize)]
struct Claims {
    exp: i64,
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let expires = context.now.as_second() + LIFETIME;
    let project = project::find(context, call)?.id.clone();
    let claims = json!({ "exp": expires, "project": project, "max_file_count_allowed": 20_000 });
    let head = URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "typ": "JWT" }).to_string());
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    Answer::of(json!({ "jwt": format!("{signed}.{}", signature(&signed)) }))
}

/// Refuses a request that does not carry a token from here that still runs.
pub(super) fn check(call: &Call, now: Timestamp) -> Result<(), Failure> {
    let header = call.header("authorization").unwrap_or_default();
    let claims = header
        .strip_prefix("Bearer ")
        .and_then(claims)
        .ok_or_else(refusal::upload_token)?;
    if claims.exp <= now.as_second() {
        Err(refusal::upload_token())
    } else {
        Ok(())
    }
}

fn claims(token: &str) -> Option<Claims> {
    let (signed, given) = token.rsplit_once('.')?;
    if given != signature(signed) {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// Tells tokens from here from others. It protects nothing, as nothing in the sandbox needs it.
fn signature(signed: &str) -> String {
    hex_identifier(&format!("pages upload token {signed}"))
}
