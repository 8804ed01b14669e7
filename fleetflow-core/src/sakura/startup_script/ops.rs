//! The life cycle of registered startup scripts (API doc "Note").

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{ScriptClass, StartupScript};
use crate::converge::Context;
use crate::error::Result;
use crate::model::{Existing, Found, Lifecycle, Made, Observed, Resource as _, Scope, Wanted};
use crate::plan::Change;
use crate::sakura::client::Call;
use crate::sakura::identity::{Card, Chosen, Search};
use crate::sakura::server::{is_script, read_file};
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
    scope: String,
    #[serde(default, deserialize_with = "or_default")]
    class: String,
    #[serde(default, deserialize_with = "or_default")]
    content: String,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<String>,
}

impl ScriptClass {
    /// The API's word; public scripts have others beside these.
    const fn word(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::CloudConfig => "yaml_cloud_config",
        }
    }
}

fn card(row: &Row) -> Card {
    Card {
        id: row.id,
        name: row.name.clone(),
        owner: mark::owner_in(&row.tags),
        previous: None,
    }
}

fn observed(chosen: Chosen<'_, Row>) -> Observed {
    let row = &chosen.row;
    let tags = mark::declared(&row.tags);
    let class = match row.class.as_str() {
        "shell" => "shell",
        "yaml_cloud_config" => "cloud-config",
        other => other,
    };
    let mut live = json!({
        "name": row.name,
        "class": class,
        "tags": (!tags.is_empty()).then_some(tags),
    });
    // What a path stands for is compared by its digest.
    let declared = chosen
        .wanted
        .and_then(|wanted| wanted.spec.get("content")?.as_str());
    if let Some(declared) = declared.filter(|declared| is_script(declared)) {
        let same = declared.trim() == row.content.replace("\r\n", "\n").trim();
        live["content"] = if same { declared } else { row.content.as_str() }.into();
    }
    let made = made(row.id);
    chosen.shown(live, made)
}

fn made(id: Id) -> Made {
    Made::new(id.to_string(), &json!({ "id": id.to_string() }))
}

fn content(spec: &StartupScript, root: &Path) -> Result<String> {
    if is_script(&spec.content) {
        Ok(spec.content.clone())
    } else {
        read_file(&spec.content, root)
    }
}

fn body(spec: &StartupScript, context: &Context) -> Result<Value> {
    Ok(json!({ "Note": {
        "Name": spec.name,
        "Class": spec.class.word(),
        "Content": content(spec, &context.root)?,
        "Tags": mark::tags(&spec.tags, &context.owner, None),
    }}))
}

impl Lifecycle for StartupScript {
    type Cloud = Sakura;

    async fn observe(sakura: &Sakura, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        let call = Call::get(zone::GLOBAL, "note", "list the startup scripts");
        let rows: Vec<Row> = sakura.list(call, "Notes", Value::Null).await?;
        // The vendor's own scripts are in the list as well.
        let rows = rows.into_iter().filter(|row| row.scope != "shared");
        let search = Search {
            kind: Self::KIND,
            scope,
            wanted,
            zone: None,
        };
        Ok(search.found(rows, card, observed))
    }

    async fn create(sakura: &Sakura, context: &Context, spec: &Self, _: Option<&Existing>) -> Result<Made> {
        let call = Call::post(zone::GLOBAL, "note", "register the startup script").body(body(spec, context)?);
        let row: Row = sakura.one(call, "Note").await?;
        Ok(made(row.id))
    }

    async fn update(
        sakura: &Sakura,
        context: &Context,
        was: &Existing,
        spec: &Self,
        _: &[Change],
    ) -> Result<Made> {
        let call = Call::put(
            zone::GLOBAL,
            format!("note/{}", was.id),
            "change the startup script",
        )
        .body(body(spec, context)?);
        let row: Row = sakura.one(call, "Note").await?;
        Ok(made(row.id))
    }

    async fn delete(sakura: &Sakura, _: &Context, was: &Existing) -> Result<()> {
        let call = Call::delete(
            zone::GLOBAL,
            format!("note/{}", was.id),
            "remove the startup script",
        );
        wait::gone(sakura, call).await
    }

    fn digests(&self, root: &Path) -> Result<Map<String, Value>> {
        if is_script(&self.content) {
            return Ok(Map::new());
        }
        let digest = blake3::hash(content(self, root)?.as_bytes()).to_hex()[..16].to_owned();
        Ok(Map::from_iter([("content_digest".to_owned(), digest.into())]))
    }
}
