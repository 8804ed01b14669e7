//! The account's name below workers.dev, and whether a Worker is served there (API doc §4.8).

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Rows, Script, refusal, script};
use crate::cloudflare::answer::{Answer, Outcome};
use crate::cloudflare::call::{Call, Context};

#[derive(Deserialize)]
struct Name {
    subdomain: String,
}

#[derive(Deserialize)]
struct Switch {
    enabled: bool,
    previews_enabled: Option<bool>,
}

pub(super) fn get(context: &mut Context<'_>, _: &Call) -> Outcome {
    let name = context
        .rows()
        .workers
        .subdomain
        .clone()
        .ok_or_else(refusal::no_subdomain)?;
    Answer::of(json!({ "subdomain": name }))
}

pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let sent: Name = call.json()?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=63).contains(&sent.subdomain.len()) || !sent.subdomain.bytes().all(allowed) {
        return Err(refusal::subdomain_name());
    }
    context.rows().workers.subdomain = Some(sent.subdomain.clone());
    Answer::of(json!({ "subdomain": sent.subdomain }))
}

pub(super) fn get_script(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(script::find(context, call)?.shown_subdomain())
}

pub(super) fn post_script(context: &mut Context<'_>, call: &Call) -> Outcome {
    let sent: Switch = call.json()?;
    let registered = context.rows().workers.subdomain.is_some();
    let script = script::find(context, call)?;
    if sent.enabled && !registered {
        return Err(refusal::subdomain_required());
    }
    script.on_subdomain = sent.enabled;
    script.previews = sent.previews_enabled.unwrap_or(sent.enabled);
    Answer::of(script.shown_subdomain())
}

pub(super) fn delete_script(context: &mut Context<'_>, call: &Call) -> Outcome {
    let script = script::find(context, call)?;
    script.on_subdomain = false;
    script.previews = false;
    Answer::of(script.shown_subdomain())
}

impl Rows {
    /// No Workers, in an account of this name below workers.dev.
    pub(in crate::cloudflare) fn with_subdomain(name: &str) -> Self {
        Self {
            subdomain: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// As if the account never had a name below workers.dev.
    pub(in crate::cloudflare) fn forget_subdomain(&mut self) {
        self.subdomain = None;
    }
}

impl Script {
    fn shown_subdomain(&self) -> Value {
        json!({ "enabled": self.on_subdomain, "previews_enabled": self.previews })
    }
}
