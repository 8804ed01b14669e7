//! The r2.dev domain that every bucket has (API doc §2.8). It can be switched on; nothing is served there.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bucket, place};
use crate::cloudflare::answer::{Answer, Outcome};
use crate::cloudflare::call::{Call, Context};

#[derive(Deserialize)]
struct Switch {
    enabled: bool,
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(render(place::bucket(context, call)?))
}

pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let bucket = place::bucket(context, call)?;
    let switch: Switch = call.json()?;
    bucket.public = switch.enabled;
    Answer::of(render(bucket))
}

fn render(bucket: &Bucket) -> Value {
    json!({
        "bucketId": bucket.id,
        "domain": format!("pub-{}.r2.dev", bucket.id),
        "enabled": bucket.public,
    })
}
