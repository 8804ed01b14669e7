//! The life cycle of registered public keys (API doc "SSH key"). They have no tags: the mark stands in the description.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::SshKey;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Found, Lifecycle, Made, Observed, Resource as _, Scope, Wanted};
use crate::plan::Change;
use crate::sakura::client::Call;
use crate::sakura::identity::{Card, Chosen, Search};
use crate::sakura::server::{is_private_key, is_public_key, read_file};
use crate::sakura::wire::or_default;
use crate::sakura::{Id, Sakura, mark, wait, zone};

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sakura) struct Row {
    #[serde(rename = "ID")]
    pub(in crate::sakura) id: Id,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    description: String,
    #[serde(default, deserialize_with = "or_default")]
    public_key: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) fingerprint: String,
}

fn card(row: &Row) -> Card {
    Card {
        id: row.id,
        name: row.name.clone(),
        owner: mark::described(&row.description).1,
        previous: None,
    }
}

fn observed(chosen: Chosen<'_, Row>) -> Observed {
    let row = &chosen.row;
    let (description, _) = mark::described(&row.description);
    let mut live = json!({
        "name": row.name,
        "description": (!description.is_empty()).then_some(description),
    });
    // What a path stands for is compared by its digest.
    let declared = chosen
        .wanted
        .and_then(|wanted| wanted.spec.get("public_key")?.as_str());
    if let Some(declared) = declared.filter(|declared| is_public_key(declared)) {
        let same = same_key(declared, &row.public_key);
        live["public_key"] = if same { declared } else { row.public_key.as_str() }.into();
    }
    let made = made(row);
    chosen.shown(live, made)
}

/// Whether two texts are the same key: the words behind it are a comment (RFC 4253 section 6.6 has none).
fn same_key(one: &str, other: &str) -> bool {
    let key = |text: &str| {
        text.split_whitespace()
            .take(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    key(one) == key(other)
}

fn made(row: &Row) -> Made {
    let outputs = json!({ "id": row.id.to_string(), "fingerprint": row.fingerprint });
    Made::new(row.id.to_string(), &outputs)
}

fn about(spec: &SshKey, context: &Context) -> Value {
    let description = spec.description.as_deref().unwrap_or_default();
    json!({ "Name": spec.name, "Description": mark::describe(description, &context.owner) })
}

/// The key itself, from its file where a path is declared.
fn key(spec: &SshKey, root: &Path) -> Result<String> {
    if is_public_key(&spec.public_key) {
        return Ok(spec.public_key.trim().to_owned());
    }
    let text = read_file(&spec.public_key, root)?;
    if is_private_key(&text) || !is_public_key(&text) {
        let message = format!("`{}` holds no public key", spec.public_key);
        return Err(Error::new(ErrorKind::Invalid, message).help("give the path of the `.pub` file"));
    }
    Ok(text.trim().to_owned())
}

impl Lifecycle for SshKey {
    type Cloud = Sakura;

    async fn observe(sakura: &Sakura, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        let call = Call::get(zone::GLOBAL, "sshkey", "list the SSH keys");
        let rows: Vec<Row> = sakura.list(call, "SSHKeys", Value::Null).await?;
        let search = Search {
            kind: Self::KIND,
            scope,
            wanted,
            zone: None,
        };
        Ok(search.found(rows, card, observed))
    }

    async fn create(sakura: &Sakura, context: &Context, spec: &Self, _: Option<&Existing>) -> Result<Made> {
        let mut body = about(spec, context);
        body["PublicKey"] = key(spec, &context.root)?.into();
        let call = Call::post(zone::GLOBAL, "sshkey", "register the SSH key").body(json!({ "SSHKey": body }));
        let row: Row = sakura.one(call, "SSHKey").await?;
        Ok(made(&row))
    }

    async fn update(
        sakura: &Sakura,
        context: &Context,
        was: &Existing,
        spec: &Self,
        _: &[Change],
    ) -> Result<Made> {
        let call = Call::put(zone::GLOBAL, format!("sshkey/{}", was.id), "change the SSH key")
            .body(json!({ "SSHKey": about(spec, context) }));
        let row: Row = sakura.one(call, "SSHKey").await?;
        Ok(made(&row))
    }

    async fn delete(sakura: &Sakura, _: &Context, was: &Existing) -> Result<()> {
        let call = Call::delete(zone::GLOBAL, format!("sshkey/{}", was.id), "remove the SSH key");
        wait::gone(sakura, call).await
    }

    fn digests(&self, root: &Path) -> Result<Map<String, Value>> {
        if is_public_key(&self.public_key) {
            return Ok(Map::new());
        }
        let digest = blake3::hash(key(self, root)?.as_bytes()).to_hex()[..16].to_owned();
        Ok(Map::from_iter([("key_digest".to_owned(), digest.into())]))
    }
}
