//! Reading code back, and replacing it alone (API doc §4.5). These answers have no envelope.

use serde_json::json;

use super::upload::Upload;
use super::{refusal, script};
use crate::cloudflare::answer::{Answer, Outcome};
use crate::cloudflare::call::{Call, Context, uuid};
use crate::cloudflare::multipart;

/// The code of a service worker as it is, that of modules as a form.
pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let boundary = context.identifier();
    let version = script::find(context, call)?
        .active()
        .ok_or_else(refusal::no_script)?;
    let mut parts = version.parts();
    if version.main_module.is_none() && parts.len() == 1 {
        let bytes = parts.remove(0).body;
        return Ok(Answer::raw("application/javascript", bytes));
    }
    let (content_type, bytes) = multipart::write(&parts, &boundary);
    Ok(Answer::raw(&content_type, bytes))
}

/// The same, with a header that names the entry point.
pub(super) fn get_all(context: &mut Context<'_>, call: &Call) -> Outcome {
    let entry = {
        let version = script::find(context, call)?
            .active()
            .ok_or_else(refusal::no_script)?;
        version.main_module.clone()
    };
    let answer = get(context, call)?;
    Ok(match entry {
        Some(entry) => answer.with_header("cf-entrypoint", entry),
        None => answer,
    })
}

/// Replaces the code and keeps the configuration.
pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let upload = Upload::read(call)?;
    let (id, now) = (uuid(&context.identifier()), context.now);
    let script = script::find(context, call)?;
    let mut version = script.newest().cloned().ok_or_else(refusal::no_script)?;
    upload.over(&mut version)?;
    version.number += 1;
    version.id = id;
    version.created = now;
    let mut shown = script::deploy(context, call, version)?.render(call.path("script_name"));
    shown["startup_time_ms"] = json!(1);
    Answer::of(shown)
}
