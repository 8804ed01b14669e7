//! Durable Objects of a Worker: which classes store objects, by the migrations of its uploads (API doc §4.2). Objects
//! themselves live in the runtime.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use std::collections::BTreeMap;

use super::{Script, refusal};
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
    /// What tells the Worker from others that it was made in, where that was another one.
    #[serde(default)]
    pub(super) made_in: Option<String>,
}

/// A class that goes over to another Worker: the Worker it is taken from, and its name there.
pub(super) type Taken = (String, String);

impl Durable {
    /// What is there after `migrations` of an upload, which are refused as a whole, and what goes over from others.
    pub(super) fn after(
        &self,
        migrations: Option<&Value>,
        scripts: &BTreeMap<String, Script>,
    ) -> Result<(Self, Vec<Taken>), Failure> {
        let Some(sent) = migrations.filter(|sent| !sent.is_null()) else {
            return Ok((self.clone(), Vec::new()));
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
        let steps = sent["steps"].as_array().cloned();
        let mut taken = Vec::new();
        for step in steps.unwrap_or_else(|| vec![sent.clone()]) {
            for transfer in step["transferred_classes"].as_array().into_iter().flatten() {
                taken.push(after.take(transfer, scripts)?);
            }
        }
        after.tag = sent["new_tag"].as_str().map(str::to_owned).or(after.tag);
        Ok((after, taken))
    }

    pub(super) fn has(&self, class: &str) -> bool {
        self.classes.iter().any(|known| known.name == class)
    }

    fn step(&mut self, step: &Value, tag: &str) -> Result<(), Failure> {
        for (member, sqlite) in [("new_classes", false), ("new_sqlite_classes", true)] {
            for class in names(&step[member]) {
                self.add(Class {
                    name: class.to_owned(),
                    key: hex_identifier(&format!("{tag}:{class}")),
                    sqlite,
                    made_in: None,
                })?;
            }
        }
        for renamed in step["renamed_classes"].as_array().into_iter().flatten() {
            let from = renamed["from"].as_str().unwrap_or_default();
            let was = self.remove(from)?;
            let name = renamed["to"].as_str().unwrap_or_default().to_owned();
            self.add(Class { name, ..was })?;
        }
        for class in names(&step["deleted_classes"]) {
            self.remove(class)?;
        }
        Ok(())
    }

    /// A class of another Worker with all that its objects hold. It must be there, and here none of the name that it gets.
    fn take(&mut self, transfer: &Value, scripts: &BTreeMap<String, Script>) -> Result<Taken, Failure> {
        let text = |member: &str| transfer[member].as_str().unwrap_or_default().to_owned();
        let (from, script, to) = (text("from"), text("from_script"), text("to"));
        let other = scripts.get(&script);
        let other = other
            .ok_or_else(|| refusal::migration(&format!("there is no Worker `{script}` to transfer from")))?;
        let mut there = other.durable.clone();
        let class = there.remove(&from)?;
        let made_in = class.made_in.clone().or_else(|| Some(other.tag.clone()));
        self.add(Class {
            name: to,
            made_in,
            ..class
        })?;
        Ok((script, from))
    }

    /// The class went over to another Worker.
    pub(super) fn give(&mut self, class: &str) {
        self.classes.retain(|known| known.name != class);
    }

    fn add(&mut self, class: Class) -> Result<(), Failure> {
        if class.name.is_empty() || self.has(&class.name) {
            return Err(refusal::migration(&format!(
                "class `{}` stores objects already, or has no name",
                class.name
            )));
        }
        self.classes.push(class);
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
