//! The older view of a Worker as a service, which clients ask for existence (API doc §4.5). It is in no schema.

use serde_json::json;

use super::{refusal, script};
use crate::cloudflare::answer::{Answer, Outcome};
use crate::cloudflare::call::{Call, Context};

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let name = call.path("script_name");
    let script = script::find(context, call).map_err(|_| refusal::no_service())?;
    Answer::of(json!({
        "id": name,
        "created_on": script.created,
        "modified_on": script.modified,
        "default_environment": { "environment": "production", "script": script.render(name) },
    }))
}

pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    script::find(context, call).map_err(|_| refusal::no_service())?;
    script::delete(context, call)
}
