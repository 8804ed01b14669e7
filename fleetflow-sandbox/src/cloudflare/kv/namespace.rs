//! Making, listing, renaming and deleting namespaces.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Namespace, refusal};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::paging::Page;

#[derive(Deserialize)]
struct Titled {
    title: Option<String>,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let page = Page::read(call, 20, 1..=1000, refusal::paging)?;
    let mut namespaces: Vec<&Namespace> = context.rows().kv.namespaces.iter().collect();
    match call.query("order") {
        Some("title") => namespaces.sort_by(|left, right| left.title.cmp(&right.title)),
        Some("id") => namespaces.sort_by(|left, right| left.id.cmp(&right.id)),
        _ => {}
    }
    if call.query("direction") == Some("desc") {
        namespaces.reverse();
    }
    let (namespaces, info) = page.cut(namespaces);
    Answer::list(
        namespaces
            .into_iter()
            .map(Namespace::render)
            .collect::<Vec<Value>>(),
        info,
    )
}

pub(super) fn create(context: &mut Context<'_>, call: &Call) -> Outcome {
    let title = title(context, call, None)?;
    let namespace = Namespace {
        id: context.identifier(),
        title,
        entries: BTreeMap::new(),
    };
    let shown = namespace.render();
    context.rows().kv.namespaces.push(namespace);
    Answer::of(shown)
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(find(context, call)?.render())
}

pub(super) fn rename(context: &mut Context<'_>, call: &Call) -> Outcome {
    let own = find(context, call)?.id.clone();
    let title = title(context, call, Some(&own))?;
    let namespace = find(context, call)?;
    namespace.title = title;
    Answer::of(namespace.render())
}

pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    let id = find(context, call)?.id.clone();
    context
        .rows()
        .kv
        .namespaces
        .retain(|namespace| namespace.id != id);
    Answer::of(json!({}))
}

/// The namespace a request names.
pub(super) fn find<'a>(context: &'a mut Context<'_>, call: &Call) -> Result<&'a mut Namespace, Failure> {
    let id = call.path("namespace_id");
    let namespaces = &mut context.rows().kv.namespaces;
    namespaces
        .iter_mut()
        .find(|namespace| namespace.id == id)
        .ok_or_else(refusal::no_namespace)
}

/// The title that was sent, if no other namespace has it.
fn title(context: &mut Context<'_>, call: &Call, own: Option<&str>) -> Result<String, Failure> {
    let sent: Titled = call.json()?;
    let title = sent
        .title
        .filter(|title| !title.is_empty())
        .ok_or_else(refusal::title_missing)?;
    let taken = |other: &Namespace| other.title == title && Some(other.id.as_str()) != own;
    if context.rows().kv.namespaces.iter().any(taken) {
        return Err(refusal::title_exists());
    }
    Ok(title)
}

impl Namespace {
    fn render(&self) -> Value {
        json!({ "id": self.id, "title": self.title, "supports_url_encoding": true })
    }
}
