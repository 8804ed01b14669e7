//! What nearly every resource has: a name, a description, tags, an icon, two times. Names are not unique (API doc §9.1).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields::{Fields, Presence};
use super::refusal::{Outcome, refuse};
use super::time;

/// A resource's name and what goes with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) name: String,
    pub(super) description: String,
    /// Sorted; the API promises no order.
    pub(super) tags: Vec<String>,
    pub(super) icon: Option<u64>,
    pub(super) created_at: Timestamp,
    pub(super) modified_at: Timestamp,
}

impl About {
    /// Reads a new resource; the name is required.
    pub(super) fn create(fields: Fields<'_>, now: Timestamp) -> Outcome<Self> {
        fields.required_text("Name")?;
        let mut about = Self {
            name: String::new(),
            description: String::new(),
            tags: Vec::new(),
            icon: None,
            created_at: now,
            modified_at: now,
        };
        about.update(fields, now)?;
        Ok(about)
    }

    /// Takes over what is given and keeps the rest. Changes nothing if it refuses.
    pub(super) fn update(&mut self, fields: Fields<'_>, now: Timestamp) -> Outcome<()> {
        let name = name(fields)?;
        let description = fields.bounded_text("Description", 512)?;
        let tags = tags(fields)?;
        let icon = icon(fields)?;
        if let Some(name) = name {
            name.clone_into(&mut self.name);
        }
        if let Some(description) = description {
            description.clone_into(&mut self.description);
        }
        if let Some(tags) = tags {
            self.tags = tags;
        }
        if fields.has("Icon") == Presence::Given {
            self.icon = icon;
        }
        self.modified_at = now;
        Ok(())
    }

    /// The members of a view that come from here.
    pub(super) fn view(&self, id: u64) -> Value {
        json!({
            "ID": id,
            "Name": self.name,
            "Description": self.description,
            "Tags": self.tags,
            "Icon": self.icon.map(icon_view),
            "CreatedAt": time::text(self.created_at),
            "ModifiedAt": time::text(self.modified_at),
        })
    }

    /// What users decided about it, for the inventory. The id that tools leave in a tag at a plan change is hidden.
    pub(super) fn inventory(&self) -> Value {
        let tags: Vec<&str> = self
            .tags
            .iter()
            .map(|tag| {
                tag.split_once("@previous-id=")
                    .map_or(tag.as_str(), |_| "@previous-id")
            })
            .collect();
        json!({ "name": self.name, "description": self.description, "tags": tags, "icon": self.icon })
    }
}

/// Adds members to a view.
pub(super) fn extend(mut view: Value, members: Value) -> Value {
    if let (Value::Object(view), Value::Object(members)) = (&mut view, members) {
        view.extend(members);
    }
    view
}

/// 1 to 64 characters of any kind.
pub(super) fn name(fields: Fields<'_>) -> Outcome<Option<&str>> {
    match fields.bounded_text("Name", 64)? {
        Some("") => refuse("invalid_range"),
        name => Ok(name),
    }
}

/// At most ten; the empty list clears them.
fn tags(fields: Fields<'_>) -> Outcome<Option<Vec<String>>> {
    let Some(tags) = fields.texts("Tags")? else {
        return Ok(None);
    };
    if tags.iter().any(|tag| tag.is_empty()) {
        return refuse("invalid_format");
    }
    let mut tags: Vec<String> = tags.into_iter().map(str::to_owned).collect();
    tags.sort();
    tags.dedup();
    if tags.len() > 10 {
        return refuse("invalid_range");
    }
    Ok(Some(tags))
}

/// The one icon that exists here: a shared one that recorded requests use.
const SHARED_ICON: u64 = 112_300_511_380;

fn icon(fields: Fields<'_>) -> Outcome<Option<u64>> {
    match fields.reference("Icon")? {
        Some(SHARED_ICON) => Ok(Some(SHARED_ICON)),
        Some(_) => refuse("param_res_not_found"),
        None => Ok(None),
    }
}

fn icon_view(id: u64) -> Value {
    let url = format!("https://secure.sakura.ad.jp/cloud/zone/is1a/api/cloud/1.1/icon/{id}.png");
    json!({ "ID": id, "URL": url, "Name": "Ubuntu", "Scope": "shared" })
}
