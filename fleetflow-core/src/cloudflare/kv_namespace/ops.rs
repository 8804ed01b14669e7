//! How a namespace comes about: found by its id or its title in one list, made, renamed, deleted (API doc §4.12).

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::KvNamespace;
use crate::cloudflare::Cloudflare;
use crate::cloudflare::answer::has_code;
use crate::cloudflare::permission::{Need, Permission};
use crate::codes;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Found, Intent, Lifecycle, Made, Observed, Ownership, Scope, Wanted};
use crate::plan::Change;

const READ: &str = "Workers KV Storage Read";
const WRITE: &str = "Workers KV Storage Write";
/// Another namespace has this title (API doc §1.9).
const TITLE_EXISTS: &[u64] = &[10_014];
/// There is no such namespace (API doc §1.9).
const NO_NAMESPACE: &[u64] = &[10_013];

#[derive(Clone, Deserialize)]
struct Row {
    id: String,
    title: String,
}

impl Lifecycle for KvNamespace {
    type Cloud = Cloudflare;

    async fn observe(cloud: &Cloudflare, _: &Scope, wanted: &[Wanted]) -> Result<Found> {
        let rows = list(cloud).await?;
        let found = wanted.iter().filter_map(|wanted| observed(wanted, &rows));
        Ok(found.collect::<Vec<_>>().into())
    }

    async fn create(
        cloud: &Cloudflare,
        context: &Context,
        spec: &Self,
        _: Option<&Existing>,
    ) -> Result<Made> {
        let id = make(cloud, spec.title_or_name()).await?;
        let made = Made::new(id.as_str(), &json!({"id": id}));
        context.checkpoint(id, made.outputs.clone()).await?;
        Ok(made)
    }

    async fn update(
        cloud: &Cloudflare,
        _: &Context,
        was: &Existing,
        spec: &Self,
        changes: &[Change],
    ) -> Result<Made> {
        if !changes.is_empty() {
            let path = format!("{}/{}", base(cloud).await?, was.id);
            let call = cloud
                .call(Method::PUT, &path, "rename the namespace")
                .needs(WRITE);
            call.json(&json!({"title": spec.title_or_name()}))?.done().await?;
        }
        Ok(Made {
            id: was.id.clone(),
            outputs: was.outputs.clone(),
        })
    }

    async fn delete(cloud: &Cloudflare, _: &Context, was: &Existing) -> Result<()> {
        let path = format!("{}/{}", base(cloud).await?, was.id);
        let call = cloud
            .call(Method::DELETE, &path, "delete the namespace")
            .needs(WRITE);
        match call.done().await {
            Err(error) if has_code(&error, NO_NAMESPACE) => Ok(()),
            answer => answer,
        }
    }

    async fn lacking(cloud: &Cloudflare, _: &[Intent<'_>]) -> Result<Vec<Error>> {
        cloud
            .lacking([Need::Account(Permission::Namespaces)].into())
            .await
    }
}

async fn base(cloud: &Cloudflare) -> Result<String> {
    Ok(format!(
        "/accounts/{}/storage/kv/namespaces",
        cloud.account_id().await?
    ))
}

async fn list(cloud: &Cloudflare) -> Result<Vec<Row>> {
    let path = base(cloud).await?;
    cloud.pages(&path, 1000, READ, "list the KV namespaces").await
}

/// Whether there is a namespace with this id.
pub(in crate::cloudflare) async fn exists(cloud: &Cloudflare, id: &str) -> Result<bool> {
    Ok(list(cloud).await?.iter().any(|row| row.id == id))
}

/// The namespace with the remembered id, otherwise the one with the title. One that took the title of a remembered one
/// that is gone is somebody else's.
fn observed(wanted: &Wanted, rows: &[Row]) -> Option<Observed> {
    let spec: KvNamespace = wanted.spec.decode().ok()?;
    let remembered = wanted.remembered.as_ref().map(|existing| existing.id.as_str());
    let by_id = |id: &str| rows.iter().find(|row| row.id == id);
    let known = wanted.adopt_id.as_deref().or(remembered).and_then(by_id);
    let by_title = || rows.iter().find(|row| row.title == spec.title_or_name());
    let row = known.or_else(by_title)?;
    let ownership = match (known, remembered) {
        (None, Some(_)) => Ownership::Foreign(None),
        _ => Ownership::Unmarkable,
    };
    Some(Observed {
        ownership,
        live: live(&spec, row).into(),
        outputs: Map::from_iter([("id".to_owned(), json!(row.id))]),
        ..Observed::marked(wanted.address.clone(), &row.id)
    })
}

/// Without a declared title the name is the title: then a namespace that was renamed shows another name.
fn live(spec: &KvNamespace, row: &Row) -> Map<String, Value> {
    let live = match &spec.title {
        Some(_) => json!({"name": spec.name, "title": row.title}),
        None if row.title == spec.name => json!({"name": spec.name, "title": null}),
        None => json!({"name": row.title, "title": null}),
    };
    live.as_object().cloned().unwrap_or_default()
}

/// Makes a namespace; where the answer is lost, the titles tell whether it is there.
async fn make(cloud: &Cloudflare, title: &str) -> Result<String> {
    let call = cloud
        .call(Method::POST, &base(cloud).await?, "make the namespace")
        .needs(WRITE);
    match call.json(&json!({"title": title}))?.send::<Row>().await {
        Ok(row) => Ok(row.id),
        Err(error) if error.kind() == ErrorKind::Ambiguous => {
            let rows = list(cloud).await?;
            let found = rows.into_iter().find(|row| row.title == title);
            found.map(|row| row.id).ok_or(error)
        }
        Err(error) if has_code(&error, TITLE_EXISTS) => Err(taken(title)),
        Err(error) => Err(error),
    }
}

fn taken(title: &str) -> Error {
    let message = format!("a namespace with the title `{title}` was made by somebody else meanwhile");
    Error::of(&codes::TAKEN, message)
        .during("make the namespace")
        .help("choose another title, or take it over with `flow import`")
}
