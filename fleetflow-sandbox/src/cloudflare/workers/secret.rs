//! Secrets of a Worker (API doc §4.7): bindings that can be written and not read. Every change deploys a new version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::version::Version;
use super::{Script, binding, refusal, script};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context, uuid};

#[derive(Deserialize, Serialize)]
struct Secret {
    name: String,
    text: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Changes {
    /// A secret to write, or null to delete it.
    secrets: BTreeMap<String, Option<Secret>>,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let script = script::find(context, call)?;
    Answer::of(script.secrets().map(render).collect::<Vec<Value>>())
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let script = script::find(context, call)?;
    let wanted = call.path("secret_name");
    let secret = script
        .secrets()
        .find(|secret| binding::text(secret, "name") == wanted);
    Answer::of(render(secret.ok_or_else(refusal::no_secret)?))
}

pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let secret: Secret = call.json()?;
    context.rows().vault.remember(&json!(secret));
    let shown = json!({ "name": secret.name, "type": secret.kind });
    change(context, call, |version| write(version, &secret))?;
    Answer::of(shown)
}

pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    let name = call.path("secret_name").to_owned();
    change(context, call, |version| {
        remove(version, &name)
            .then_some(())
            .ok_or_else(refusal::no_secret)
    })?;
    Answer::of(Value::Null)
}

pub(super) fn patch_many(context: &mut Context<'_>, call: &Call) -> Outcome {
    let changes: Changes = call.json()?;
    context.rows().vault.remember(&json!(changes.secrets));
    change(context, call, |version| {
        for (name, secret) in &changes.secrets {
            match secret {
                Some(secret) => write(version, secret)?,
                None => drop(remove(version, name)),
            }
        }
        Ok(())
    })?;
    let script = script::find(context, call)?;
    let named = |secret: &Value| (binding::text(secret, "name").to_owned(), render(secret));
    Answer::of(script.secrets().map(named).collect::<BTreeMap<String, Value>>())
}

/// Deploys the newest version with a change, if it is the deployed one.
fn change(
    context: &mut Context<'_>,
    call: &Call,
    edit: impl FnOnce(&mut Version) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (id, now) = (uuid(&context.identifier()), context.now);
    let script = script::find(context, call)?;
    let newest = script.newest().ok_or_else(refusal::no_script)?;
    if script.active().is_none_or(|active| active.id != newest.id) {
        return Err(refusal::undeployed());
    }
    let mut version = newest.clone();
    edit(&mut version)?;
    version.number += 1;
    version.id = id;
    version.created = now;
    script::deploy(context, call, version).map(drop)
}

fn write(version: &mut Version, secret: &Secret) -> Result<(), Failure> {
    if secret.name.is_empty() || !["secret_text", "secret_key"].contains(&secret.kind.as_str()) {
        return Err(refusal::validation(
            "A secret needs a name and the type secret_text.",
        ));
    }
    let taken = version
        .bindings
        .iter()
        .any(|bound| binding::text(bound, "name") == secret.name && !binding::is_secret(bound));
    if taken {
        return Err(refusal::validation(&format!(
            "Binding name `{}` is already in use.",
            secret.name
        )));
    }
    remove(version, &secret.name);
    version.bindings.push(binding::without_secret(&json!(secret)));
    Ok(())
}

/// Says whether there was one.
fn remove(version: &mut Version, name: &str) -> bool {
    let before = version.bindings.len();
    version
        .bindings
        .retain(|bound| !(binding::is_secret(bound) && binding::text(bound, "name") == name));
    version.bindings.len() < before
}

fn render(secret: &Value) -> Value {
    json!({ "name": secret["name"], "type": secret["type"] })
}

impl Script {
    fn secrets(&self) -> impl Iterator<Item = &Value> {
        let newest = self.newest().into_iter();
        newest
            .flat_map(|version| &version.bindings)
            .filter(|bound| binding::is_secret(bound))
    }
}
