//! Notes: start-up scripts (API doc §5.2), one list for all zones. They are kept and checked, never run.

mod annotation;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::about::{About, extend};
use super::answer::Answer;
use super::call::{Call, Verb};
use super::find;
use super::refusal::{Outcome, refuse};
use super::route::unrouted;
use super::rows::{Rows, path_id};
use crate::World;

pub(super) use annotation::missing_variables;

/// A note.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) about: About,
    pub(super) class: String,
    pub(super) content: String,
}

/// Answers a call under `/note`.
pub(super) fn route(world: &mut World, call: &Call<'_>, tail: &[&str]) -> Outcome<Answer> {
    let id = tail
        .first()
        .map(|id| path_id(id))
        .transpose()?
        .unwrap_or_default();
    let rows = &mut world.sakura;
    match (call.method, tail) {
        (Verb::Get, []) => {
            let views = rows.notes.iter().map(|(id, note)| view(*id, note));
            find::find("Notes", views.collect(), &call.query)
        }
        (Verb::Post, []) => create(world, call),
        (Verb::Get, [_]) => Ok(Answer::read("Note", seen(rows, id)?)),
        (Verb::Put, [_]) => update(rows, call, id),
        (Verb::Delete, [_]) => match rows.notes.remove(&id) {
            Some(_) => Ok(Answer::done()),
            None => refuse("not_found"),
        },
        _ => Err(unrouted(tail)),
    }
}

fn seen(rows: &Rows, id: u64) -> Outcome<Value> {
    match rows.notes.get(&id) {
        Some(note) => Ok(view(id, note)),
        None => refuse("not_found"),
    }
}

fn create(world: &mut World, call: &Call<'_>) -> Outcome<Answer> {
    let fields = call.envelope("Note")?;
    let note = Note {
        about: About::create(fields, call.now)?,
        class: fields
            .text("Class")?
            .filter(|class| !class.is_empty())
            .unwrap_or("shell")
            .to_owned(),
        content: fields.required_text("Content")?.to_owned(),
    };
    let id = world.next_id();
    world.sakura.notes.insert(id, note);
    Ok(Answer::created("Note", seen(&world.sakura, id)?))
}

fn update(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let Some(note) = rows.notes.get_mut(&id) else {
        return refuse("not_found");
    };
    let fields = call.envelope("Note")?;
    let class = fields.text("Class")?.filter(|class| !class.is_empty());
    let content = fields.text("Content")?.filter(|content| !content.is_empty());
    note.about.update(fields, call.now)?;
    if let Some(class) = class {
        class.clone_into(&mut note.class);
    }
    if let Some(content) = content {
        content.clone_into(&mut note.content);
    }
    Ok(Answer::changed("Note", seen(rows, id)?))
}

/// The description is the script's own; what clients send under that name is ignored.
fn view(id: u64, note: &Note) -> Value {
    let members = json!({
        "Class": note.class,
        "Scope": "user",
        "Content": note.content,
        "Description": annotation::description(&note.content),
        "Remark": annotation::remark(&note.content),
        "Availability": "available",
    });
    extend(note.about.view(id), members)
}
