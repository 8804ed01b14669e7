//! Settings of a Worker (API doc §4.5): those of its version, sent as a form, and those beside it, sent as JSON.

use serde::Deserialize;
use serde_json::{Value, json};

use super::binding::Sources;
use super::version::Version;
use super::{Script, refusal, script};
use crate::cloudflare::answer::{Answer, Outcome};
use crate::cloudflare::call::{Call, Context, uuid};
use crate::cloudflare::multipart;

#[derive(Deserialize)]
struct VersionSettings {
    bindings: Option<Vec<Value>>,
    compatibility_date: Option<String>,
    compatibility_flags: Option<Vec<String>>,
    placement: Option<Value>,
    limits: Option<Value>,
    #[serde(flatten)]
    beside: ScriptSettings,
}

#[derive(Deserialize)]
struct ScriptSettings {
    logpush: Option<bool>,
    observability: Option<Value>,
    tags: Option<Vec<String>>,
    tail_consumers: Option<Vec<Value>>,
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(script::find(context, call)?.settings())
}

/// Makes and deploys a new version. Anything but a form with a `settings` part is refused.
pub(super) fn patch(context: &mut Context<'_>, call: &Call) -> Outcome {
    let content_type = call.header("content-type").unwrap_or_default();
    let parts = multipart::read(content_type, call.bytes()).ok_or_else(refusal::content_type)?;
    let part = parts
        .iter()
        .find(|part| part.name == "settings")
        .ok_or_else(refusal::content_type)?;
    let sent: VersionSettings =
        serde_json::from_slice(&part.body).map_err(|error| refusal::validation(&error.to_string()))?;
    let (id, now) = (uuid(&context.identifier()), context.now);
    let durable = script::find(context, call)?.durable.clone();
    let mut version = script::find(context, call)?
        .newest()
        .cloned()
        .ok_or_else(refusal::no_script)?;
    if let Some(bindings) = &sent.bindings {
        context.rows().vault.remember(&json!(bindings));
        let previous = version.clone();
        let sources = Sources {
            rows: context.rows(),
            previous: Some(&previous),
            durable: &durable,
            script: call.path("script_name"),
            keep: &[],
            strict: false,
        };
        let bindings: Vec<Value> = bindings.iter().map(|sent| kept(sent, &previous)).collect();
        version.bindings = sources.resolve(&bindings)?;
    }
    version.compatibility_date = sent.compatibility_date.unwrap_or(version.compatibility_date);
    version.compatibility_flags = sent.compatibility_flags.unwrap_or(version.compatibility_flags);
    version.placement = sent.placement.or(version.placement);
    version.limits = sent.limits.or(version.limits);
    version.number += 1;
    version.id = id;
    version.created = now;
    script::find(context, call)?.take(sent.beside);
    Answer::of(script::deploy(context, call, version)?.settings())
}

/// A binding of which only type and name are sent stays as it is: `wrangler secret bulk` names all others so (API doc
/// §4.7, cloudflare/workers-sdk: packages/wrangler/src/secret).
fn kept(sent: &Value, previous: &Version) -> Value {
    let is_bare = sent.as_object().is_some_and(|members| members.len() == 2);
    let same = |old: &&Value| old["name"] == sent["name"] && old["type"] == sent["type"];
    match previous.bindings.iter().find(same) {
        Some(_) if is_bare => json!({ "type": "inherit", "name": sent["name"] }),
        _ => sent.clone(),
    }
}

pub(super) fn get_script(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(script::find(context, call)?.script_settings())
}

/// Makes no version.
pub(super) fn patch_script(context: &mut Context<'_>, call: &Call) -> Outcome {
    let sent: ScriptSettings = call.json()?;
    let script = script::find(context, call)?;
    script.take(sent);
    Answer::of(script.script_settings())
}

impl Script {
    fn take(&mut self, sent: ScriptSettings) {
        self.logpush = sent.logpush.unwrap_or(self.logpush);
        self.tags = sent.tags.unwrap_or_else(|| std::mem::take(&mut self.tags));
        self.tail_consumers = sent
            .tail_consumers
            .unwrap_or_else(|| std::mem::take(&mut self.tail_consumers));
        if sent.observability.is_some() {
            self.observability = sent.observability;
        }
    }

    fn script_settings(&self) -> Value {
        let mut shown = json!({
            "logpush": self.logpush,
            "tags": self.tags,
            "tail_consumers": self.tail_consumers,
        });
        if let Some(observability) = &self.observability {
            shown["observability"] = observability.clone();
        }
        shown
    }

    fn settings(&self) -> Value {
        let mut shown = self.script_settings();
        shown["usage_model"] = json!("standard");
        let Some(version) = self.newest() else {
            return shown;
        };
        shown["bindings"] = json!(version.shown_bindings());
        shown["compatibility_date"] = json!(version.compatibility_date);
        shown["compatibility_flags"] = json!(version.compatibility_flags);
        for (name, value) in [("placement", &version.placement), ("limits", &version.limits)] {
            if let Some(value) = value {
                shown[name] = value.clone();
            }
        }
        shown
    }
}
