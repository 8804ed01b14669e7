//! Migrations of Durable Objects: which classes of a Worker have stored objects, and what becomes of them. It sends nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::look::ours;
use super::place::Script;
use super::{Binding, Worker};
use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, Path, Problem, Scope, Wanted};
use crate::plan::Change;

/// A step in the life of a Worker's classes of Durable Objects. Each is carried out once, in their order: what was carried
/// out stays in the list.
///
/// ```
/// use fleetflow_core::cloudflare::worker::Migration;
///
/// let first = Migration::new("v1").sqlite_class("Counter");
/// assert_eq!(first.tag, "v1");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["tag"]))]
pub struct Migration {
    /// Its name, another one for each: `v1`.
    pub tag: String,
    /// Classes that begin to store objects, in SQLite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_sqlite_class: Vec<String>,
    /// Classes that begin to store objects, in the older key-value form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_class: Vec<String>,
    /// Classes that have another name now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed_class: Vec<RenamedClass>,
    /// Classes that are deleted, with all that their objects hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deleted_class: Vec<String>,
    /// Classes that come from another Worker, with all that their objects hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transferred_class: Vec<TransferredClass>,
}

/// A class with another name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["from", "to"]))]
pub struct RenamedClass {
    /// Its name before.
    pub from: String,
    /// Its name now.
    pub to: String,
}

/// A class from another Worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["from", "to"]))]
pub struct TransferredClass {
    /// Its name there.
    pub from: String,
    /// Its name here.
    pub to: String,
    /// The Worker that it comes from.
    pub worker: String,
}

impl Migration {
    /// A migration called `tag` that does nothing yet.
    pub fn new(tag: impl Into<String>) -> Self {
        Self {
            tag: tag.into(),
            ..Self::default()
        }
    }

    /// With a class that begins to store objects in SQLite.
    #[must_use]
    pub fn sqlite_class(mut self, class: impl Into<String>) -> Self {
        self.new_sqlite_class.push(class.into());
        self
    }

    /// With a class that has another name from now on.
    #[must_use]
    pub fn rename(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.renamed_class.push(RenamedClass {
            from: from.into(),
            to: to.into(),
        });
        self
    }

    /// With a class that is deleted, with all that its objects hold.
    #[must_use]
    pub fn delete(mut self, class: impl Into<String>) -> Self {
        self.deleted_class.push(class.into());
        self
    }

    /// As one step of an upload (API doc §4.2).
    fn step(&self) -> Value {
        let mut step = json!({});
        let renamed: Vec<Value> = self.renamed_class.iter().map(|one| json!(one)).collect();
        let transferred: Vec<Value> = self
            .transferred_class
            .iter()
            .map(|one| json!({"from": one.from, "from_script": one.worker, "to": one.to}))
            .collect();
        for (name, value) in [
            ("new_sqlite_classes", json!(self.new_sqlite_class)),
            ("new_classes", json!(self.new_class)),
            ("renamed_classes", json!(renamed)),
            ("deleted_classes", json!(self.deleted_class)),
            ("transferred_classes", json!(transferred)),
        ] {
            if value != json!([]) {
                step[name] = value;
            }
        }
        step
    }

    /// The one of wrangler's configuration.
    pub(super) fn configured(entry: &Value) -> Option<Self> {
        let list = |name: &str| entry.get(name).cloned().unwrap_or_else(|| json!([]));
        let transferred = list("transferred_classes");
        let transferred = transferred.as_array()?.iter();
        let transferred: Vec<Value> = transferred
            .map(|one| json!({"from": one["from"], "to": one["to"], "worker": one["from_script"]}))
            .collect();
        let migration = json!({
            "tag": entry["tag"],
            "new_sqlite_class": list("new_sqlite_classes"),
            "new_class": list("new_classes"),
            "renamed_class": list("renamed_classes"),
            "deleted_class": list("deleted_classes"),
            "transferred_class": transferred,
        });
        serde_json::from_value(migration).ok()
    }
}

/// What an upload says of migrations: those after the one called `at`, which is the last that was carried out. Nothing
/// where there are none.
pub(super) fn since(migrations: &[Migration], at: Option<&str>) -> Result<Option<Value>> {
    let open = match at {
        None => migrations,
        Some(at) => {
            let done = migrations.iter().position(|one| one.tag == at);
            let done = done.ok_or_else(|| unknown(at))?;
            &migrations[done + 1..]
        }
    };
    let Some(last) = open.last() else { return Ok(None) };
    let steps: Vec<Value> = open.iter().map(Migration::step).collect();
    let mut sent = json!({"new_tag": last.tag, "steps": steps});
    if let Some(at) = at {
        sent["old_tag"] = json!(at);
    }
    Ok(Some(sent))
}

/// The migrations that are carried out, as a declaration has them: up to the one called `at`.
pub(super) fn done(migrations: &[Migration], at: Option<&str>) -> Vec<Migration> {
    let Some(at) = at else { return Vec::new() };
    match migrations.iter().position(|one| one.tag == at) {
        Some(last) => migrations[..=last].to_vec(),
        None => vec![Migration::new(at)],
    }
}

/// Whether `change` of the list of migrations is one that deletes a class: one that was carried out deletes nothing again.
pub(super) fn deletes(change: &Change) -> bool {
    let migrations = |side: &Value| -> Vec<Migration> {
        let list = side.as_array().into_iter().flatten();
        list.filter_map(|one| serde_json::from_value(one.clone()).ok())
            .collect()
    };
    if change.path.segments().len() > 1 {
        // The list is as long as it was, and one of it is another: it is told member by member.
        let whole = change.after["deleted_class"] != Value::Null;
        return whole || (!change.after.is_null() && change.path.to_string().contains("deleted_class"));
    }
    let done = migrations(&change.before);
    let open = migrations(&change.after);
    let mut open = open
        .iter()
        .filter(|one| done.iter().all(|done| done.tag != one.tag));
    open.any(|one| !one.deleted_class.is_empty())
}

/// Refuses to plan where a class is still to come from a Worker that is no longer declared: it would be deleted at the same
/// time, with all that the class holds.
pub(super) fn check_donors(scope: &Scope, wanted: &[Wanted], rows: &[Script]) -> Result<()> {
    for one in wanted {
        let is_declared = |address: &Address| scope.declared.iter().any(|other| other.address == *address);
        let Ok(worker) = one.spec.decode::<Worker>() else {
            continue;
        };
        if worker.migration.is_empty() || !is_declared(&one.address) {
            continue;
        }
        let row = |name: &str| rows.iter().find(|row| row.id == name);
        let at = row(&worker.name).and_then(|row| row.migration_tag.as_deref());
        let done = done(&worker.migration, at).len();
        let open = worker.migration.iter().skip(done);
        for transfer in open.flat_map(|migration| &migration.transferred_class) {
            let donor = row(&transfer.worker).and_then(|row| ours(row, scope));
            if let Some(donor) = donor.filter(|donor| !is_declared(donor)) {
                return Err(donor_is_gone(&donor, transfer).on(&one.address));
            }
        }
    }
    Ok(())
}

fn donor_is_gone(donor: &Address, transfer: &TransferredClass) -> Error {
    let message = format!(
        "the class `{}` is still to come from {donor}, which is no longer declared and would be deleted at the same time",
        transfer.from
    );
    Error::of(&codes::DATA_LOSS, message).help(format!(
        "keep {donor} for this run; once the class went over, remove it"
    ))
}

fn unknown(tag: &str) -> Error {
    let message = format!("the Worker is at migration `{tag}`, which is not declared");
    Error::new(ErrorKind::Invalid, message)
        .during("upload the Worker")
        .help("migrations are carried out once: keep those that were, and add others after them")
}

/// Whether classes store objects after all of `migrations`.
pub(super) fn makes_classes(migrations: &[Migration]) -> bool {
    !stored(migrations).is_empty()
}

/// The classes that store objects after all migrations.
fn stored(migrations: &[Migration]) -> Vec<&str> {
    let mut classes: Vec<&str> = Vec::new();
    for migration in migrations {
        let gone = migration.renamed_class.iter().map(|one| one.from.as_str());
        let gone: Vec<&str> = gone
            .chain(migration.deleted_class.iter().map(String::as_str))
            .collect();
        classes.retain(|class| !gone.contains(class));
        let new = migration.new_sqlite_class.iter().chain(&migration.new_class);
        classes.extend(new.map(String::as_str));
        classes.extend(migration.renamed_class.iter().map(|one| one.to.as_str()));
        classes.extend(migration.transferred_class.iter().map(|one| one.to.as_str()));
    }
    classes
}

/// What is wrong with the migrations, and with bindings to classes that none of them makes.
pub(super) fn check(worker: &Worker) -> Vec<Problem> {
    let path = |index: usize| Path::root().key("migration").index(index);
    let mut problems = Vec::new();
    for (index, migration) in worker.migration.iter().enumerate() {
        let earlier = &worker.migration[..index];
        if migration.tag.is_empty() {
            problems.push(Problem::at(path(index).key("tag"), "a migration needs a tag"));
        }
        if earlier.iter().any(|one| one.tag == migration.tag) {
            let message = format!("there are two migrations called `{}`", migration.tag);
            problems
                .push(Problem::at(path(index).key("tag"), message).help("give the later one another tag"));
        }
        let stored = stored(earlier);
        let renamed = migration.renamed_class.iter().map(|one| &one.from);
        for class in renamed.chain(&migration.deleted_class) {
            if !stored.contains(&class.as_str()) {
                let message = format!("no migration before this one makes the class `{class}`");
                problems.push(Problem::at(path(index), message));
            }
        }
    }
    if !worker.migration.is_empty() {
        problems.extend(unmade(worker));
    }
    problems
}

/// What is wrong with bindings to classes of this Worker that no migration makes. Migrations may be in wrangler's
/// configuration, which is read later.
pub(super) fn unmade(worker: &Worker) -> Vec<Problem> {
    let mut problems = Vec::new();
    let stored = stored(&worker.migration);
    for (index, binding) in worker.bindings.iter().enumerate() {
        if let Binding::DurableObject {
            class, worker: None, ..
        } = binding
            && !stored.contains(&class.as_str())
        {
            let message = format!("no migration makes the class `{class}` store objects");
            let help = format!(
                "add `migration \"v1\" {{ new-sqlite-class \"{class}\" }}`, or name the Worker that has the class"
            );
            let path = Path::root().key("bindings").index(index).key("class");
            problems.push(Problem::at(path, message).help(help));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_migrations_that_are_still_to_be_carried_out_are_sent() {
        let all = [
            Migration::new("v1").sqlite_class("A"),
            Migration::new("v2").rename("A", "B"),
            Migration::new("v3").delete("B"),
        ];
        assert_eq!(
            since(&all, None).unwrap().unwrap()["steps"],
            json!([
                {"new_sqlite_classes": ["A"]},
                {"renamed_classes": [{"from": "A", "to": "B"}]},
                {"deleted_classes": ["B"]},
            ])
        );
        let rest = since(&all, Some("v2")).unwrap().unwrap();
        assert_eq!(
            rest,
            json!({"old_tag": "v2", "new_tag": "v3", "steps": [{"deleted_classes": ["B"]}]})
        );
        assert_eq!(since(&all, Some("v3")).unwrap(), None);
        let error = since(&all, Some("v9")).unwrap_err();
        assert!(error.to_string().contains("is at migration `v9`"), "{error}");
        assert_eq!(done(&all, Some("v2")), all[..2]);
        assert_eq!(stored(&all[..2]), ["B"]);
    }
}
