//! Durable Objects of a Worker: which classes store objects, by the migrations of its uploads (API doc §4.2). Objects
//! themselves live in the runtime.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal;
use crate::cloudflare::answer::Failure;
use crate::cloudflare::call::hex_identifier;

/// The classes of a Worker that store objects.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Durable {
    /// The last migration that was carried out.
    pub(super) tag: Option<String>,
    pub(super) classes: Vec<Class>,
}

/// A class that stores objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cloudflare) struct Class {
    pub(in crate::cloudflare) name: String,
    /// Stays the same when the class gets another name: what its objects hold is found by it.
    pub(in crate::cloudflare) key: String,
    /// In SQLite.
    pub(in crate::cloudflare) sqlite: bool,
}

impl Durable {
    /// What is there after `migrations` of an upload, which are refused as a whole.
    pub(super) fn after(&self, migrations: Option<&Value>) -> Result<Self, Failure> {
        let Some(sent) = migrations.filter(|sent| !sent.is_null()) else {
            return Ok(self.clone());
        };
        let expected = sent["old_tag"].as_str();
        if expected != self.tag.as_deref() {
            return Err(refusal::migration(&format!(
                "migration tag precondition failed; expected `{}`, got `{}`",
                expected.unwrap_or_default(),
                self.tag.as_deref().unwrap_or_default()
            )));
        }
        let mut after = self.clone();
        let tag = sent["new_tag"].as_str().unwrap_or_default();
        match sent["steps"].as_array() {
            Some(steps) => steps.iter().try_for_each(|step| after.step(step, tag))?,
            None => after.step(sent, tag)?,
        }
        after.tag = sent["new_tag"].as_str().map(str::to_owned).or(after.tag);
        Ok(after)
    }

    pub(super) fn has(&self, class: &str) -> bool {
        self.classes.iter().any(|known| known.name == class)
    }

    fn step(&mut self, step: &Value, tag: &str) -> Result<(), Failure> {
        for (member, sqlite) in [("new_classes", false), ("new_sqlite_classes", true)] {
            for class in names(&step[member]) {
                let key = hex_identifier(&format!("{tag}:{class}"));
                self.add(class, key, sqlite)?;
            }
        }
        for renamed in step["renamed_classes"].as_array().into_iter().flatten() {
            let from = renamed["from"].as_str().unwrap_or_default();
            let was = self.remove(from)?;
            self.add(renamed["to"].as_str().unwrap_or_default(), was.key, was.sqlite)?;
        }
        for class in names(&step["deleted_classes"]) {
            self.remove(class)?;
        }
        match step["transferred_classes"].as_array() {
            Some(classes) if !classes.is_empty() => Err(refusal::migration(
                "the sandbox transfers no classes between Workers",
            )),
            _ => Ok(()),
        }
    }

    fn add(&mut self, name: &str, key: String, sqlite: bool) -> Result<(), Failure> {
        if name.is_empty() || self.has(name) {
            return Err(refusal::migration(&format!(
                "class `{name}` stores objects already, or has no name"
            )));
        }
        self.classes.push(Class {
            name: name.to_owned(),
            key,
            sqlite,
        });
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<Class, Failure> {
        let at = self.classes.iter().position(|known| known.name == name);
        let at = at.ok_or_else(|| refusal::migration(&format!("class `{name}` stores no objects")))?;
        Ok(self.classes.remove(at))
    }

    pub(super) fn inventory(&self) -> Value {
        let classes: Vec<&str> = self.classes.iter().map(|class| class.name.as_str()).collect();
        json!({ "migration": self.tag, "classes": classes })
    }
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
