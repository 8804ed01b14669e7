//! The tokens that uploads of a site's files are authorised with (API doc §5.2). They run out after an hour.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{project, refusal};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::ticket;

#[derive(Deserialize, Serialize)]
struct Claims {
    exp: i64,
    project: String,
    max_file_count_allowed: u32,
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let claims = Claims {
        exp: context.now.as_second() + ticket::LIFETIME,
        project: project::find(context, call)?.id.clone(),
        max_file_count_allowed: 20_000,
    };
    Answer::of(json!({ "jwt": ticket::write(&claims) }))
}

/// Refuses a request that does not carry a token from here that still runs.
pub(super) fn check(call: &Call, now: Timestamp) -> Result<(), Failure> {
    ticket::presented(call)
        .filter(|claims: &Claims| claims.exp > now.as_second())
        .map(drop)
        .ok_or_else(refusal::upload_token)
}
