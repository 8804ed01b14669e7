//! The r2.dev domain that every bucket has (API doc §2.8). Serving it is elsewhere.

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

impl Bucket {
    pub(super) fn managed_host(&self) -> String {
        format!("pub-{}.r2.dev", self.id)
    }
}

fn render(bucket: &Bucket) -> Value {
    json!({
        "bucketId": bucket.id,
        "domain": bucket.managed_host(),
        "enabled": bucket.public,
    })
}
