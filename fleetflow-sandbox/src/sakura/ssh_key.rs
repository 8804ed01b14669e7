//! SSH public keys (API doc §5.1): one list for all zones, without tags. Only disk edits use them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::about::About;
use super::answer::Answer;
use super::call::{Call, Verb};
use super::refusal::{Outcome, Refusal, refuse};
use super::route::unrouted;
use super::rows::{Rows, path_id};
use super::{find, time};
use crate::World;

/// A public key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SshKey {
    pub(super) about: About,
    pub(super) public_key: String,
    fingerprint: String,
}

/// Answers a call under `/sshkey`.
pub(super) fn route(world: &mut World, call: &Call<'_>, tail: &[&str]) -> Outcome<Answer> {
    if let (Verb::Post, ["generate"]) = (call.method, tail) {
        return Err(Refusal::not_emulated(
            "generating key pairs; make one with ssh-keygen and register its public half",
        ));
    }
    let id = tail
        .first()
        .map(|id| path_id(id))
        .transpose()?
        .unwrap_or_default();
    let rows = &mut world.sakura;
    match (call.method, tail) {
        (Verb::Get, []) => {
            let views = rows.ssh_keys.iter().map(|(id, key)| view(*id, key));
            find::find("SSHKeys", views.collect(), &call.query)
        }
        (Verb::Post, []) => create(world, call),
        (Verb::Get, [_]) => Ok(Answer::read("SSHKey", seen(rows, id)?)),
        (Verb::Put, [_]) => update(rows, call, id),
        (Verb::Delete, [_]) => match rows.ssh_keys.remove(&id) {
            Some(_) => Ok(Answer::done()),
            None => refuse("not_found"),
        },
        _ => Err(unrouted(tail)),
    }
}

fn seen(rows: &Rows, id: u64) -> Outcome<Value> {
    match rows.ssh_keys.get(&id) {
        Some(key) => Ok(view(id, key)),
        None => refuse("not_found"),
    }
}

fn create(world: &mut World, call: &Call<'_>) -> Outcome<Answer> {
    let fields = call.envelope("SSHKey")?;
    let public_key = fields.required_text("PublicKey")?.trim();
    let key = SshKey {
        about: About::create(fields, call.now)?,
        public_key: public_key.to_owned(),
        fingerprint: fingerprint(public_key)?,
    };
    let id = world.next_id();
    world.sakura.ssh_keys.insert(id, key);
    Ok(Answer::created("SSHKey", seen(&world.sakura, id)?))
}

/// The key itself cannot be changed; the API ignores it here.
fn update(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let Some(key) = rows.ssh_keys.get_mut(&id) else {
        return refuse("not_found");
    };
    key.about.update(call.envelope("SSHKey")?, call.now)?;
    Ok(Answer::changed("SSHKey", seen(rows, id)?))
}

/// MD5 of a key in colon-separated hexadecimal. Refuses what is not a key.
pub(super) fn fingerprint(line: &str) -> Outcome<String> {
    let mut parts = line.split_whitespace();
    let (Some(kind), Some(encoded)) = (parts.next(), parts.next()) else {
        return refuse("invalid_format");
    };
    let Ok(blob) = BASE64_STANDARD.decode(encoded) else {
        return refuse("invalid_format");
    };
    // The blob starts with its own kind, length first.
    let length = u32::try_from(kind.len()).unwrap_or(u32::MAX).to_be_bytes();
    if !blob.starts_with(&[&length, kind.as_bytes()].concat()) {
        return refuse("invalid_format");
    }
    let pairs: Vec<String> = Md5::digest(&blob)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(pairs.join(":"))
}

fn view(id: u64, key: &SshKey) -> Value {
    json!({
        "ID": id,
        "Name": key.about.name,
        "Description": key.about.description,
        "PublicKey": key.public_key,
        "Fingerprint": key.fingerprint,
        "CreatedAt": time::text(key.about.created_at),
    })
}
