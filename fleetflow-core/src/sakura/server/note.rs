//! Startup scripts of a server: registered for as long as its disk is being configured, and removed again. After a
//! crash they are found by their owner mark.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::files;
use super::wire::Machine;
use super::work::Work;
use crate::error::Result;
use crate::model::Owner;
use crate::sakura::client::Call;
use crate::sakura::wire::or_default;
use crate::sakura::{Id, Sakura, mark, zone};

/// Which scripts are to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scripts {
    /// The one that installs Docker Engine.
    pub(super) docker: bool,
    /// The declared one.
    pub(super) declared: bool,
    /// The one that gives further interfaces their addresses.
    pub(super) network: bool,
}

/// A registered script (API doc "Note").
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    #[serde(rename = "ID")]
    id: Id,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    content: String,
}

/// Whether scripts may be registered for what is declared as `spec`; of what is not known, some may.
pub(super) fn may_be_of(spec: &Value) -> bool {
    !spec.is_object()
        || ["docker", "startup_script", "nic"]
            .iter()
            .any(|field| spec.get(*field).is_some())
}

/// Those of `owners` for whom scripts are still registered.
pub(super) async fn left_behind(sakura: &Sakura, owners: &[Owner]) -> Result<BTreeSet<Owner>> {
    let rows = of(sakura, owners).await?;
    Ok(rows.iter().filter_map(|row| mark::owner_in(&row.tags)).collect())
}

/// Removes every script that is registered for `owner`.
pub(super) async fn remove_all(sakura: &Sakura, owner: &Owner) -> Result<()> {
    for row in of(sakura, std::slice::from_ref(owner)).await? {
        remove(sakura, row.id).await?;
    }
    Ok(())
}

/// Removes one script; that it is gone is success.
pub(super) async fn remove(sakura: &Sakura, id: Id) -> Result<()> {
    let call = Call::delete(
        zone::GLOBAL,
        format!("note/{id}"),
        "remove a startup script that has been used",
    );
    match sakura.done(call).await {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

async fn of(sakura: &Sakura, owners: &[Owner]) -> Result<Vec<Row>> {
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    let tags: Vec<_> = owners.iter().map(|owner| [mark::tag(owner)]).collect();
    let call = Call::get(zone::GLOBAL, "note", "list the startup scripts of servers");
    sakura.list(call, "Notes", json!({ "Tags.Name": tags })).await
}

impl Work<'_> {
    /// Registers `scripts`, or finds them registered by a run that was interrupted; what else was left by one goes.
    pub(super) async fn register(
        &self,
        machine: &Machine,
        scripts: Scripts,
        is_fresh: bool,
    ) -> Result<Vec<Id>> {
        let mut texts = Vec::new();
        if scripts.network {
            texts.push(self.network_script(machine, false)?);
        }
        if scripts.docker {
            texts.push(self.docker_script());
        }
        if scripts.declared
            && let Some(script) = files::script(self.spec, &self.context.root)?
        {
            texts.push(once(&script));
        }
        let owner = &self.context.owner;
        let mut there = match is_fresh || texts.is_empty() {
            true => Vec::new(),
            false => of(self.sakura, std::slice::from_ref(owner)).await?,
        };
        let mut ids = Vec::new();
        for text in texts {
            let known = there.iter().position(|row| row.content.trim() == text.trim());
            ids.push(match known {
                Some(place) => there.swap_remove(place).id,
                None => self.register_one(&text).await?,
            });
        }
        for row in there {
            remove(self.sakura, row.id).await?;
        }
        Ok(ids)
    }

    async fn register_one(&self, text: &str) -> Result<Id> {
        let owner = &self.context.owner;
        let note = json!({
            "Name": self.spec.name,
            "Class": "shell",
            "Content": text,
            "Tags": mark::tags(&BTreeSet::new(), owner, None),
        });
        let call = Call::post(zone::GLOBAL, "note", "register a startup script");
        let find = || async move {
            let there = of(self.sakura, std::slice::from_ref(owner)).await?;
            Ok(there.into_iter().find(|row| row.content.trim() == text.trim()))
        };
        let made: Row = self
            .make(call.body(json!({ "Note": note })), "Note", find)
            .await?;
        Ok(made.id)
    }

    /// Who is not the administrator may use the engine as a member of its group.
    pub(super) fn docker_script(&self) -> String {
        let users: BTreeSet<&str> = [Some(self.spec.login_user()), Some(self.spec.image_user())]
            .into_iter()
            .flatten()
            .filter(|user| *user != "root")
            .collect();
        let users: Vec<_> = users.into_iter().collect();
        include_str!("docker.sh").replace("@USERS@", &users.join(" "))
    }

    /// The scripts of `ids` as a disk's configuration names them.
    pub(super) fn named(ids: &[Id]) -> Value {
        ids.iter().map(|id| json!({ "ID": id })).collect()
    }
}

/// Marked to run at the first start only: without that, scripts run at each (API doc "Note").
fn once(script: &str) -> String {
    if script.contains("@sacloud-once") {
        return script.to_owned();
    }
    let (first, rest) = script.split_once('\n').unwrap_or((script, ""));
    if first.starts_with("#!") {
        format!("{first}\n# @sacloud-once\n{rest}")
    } else {
        format!("#!/bin/sh\n# @sacloud-once\n{script}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_runs_once_unless_it_says_so_itself() {
        assert_eq!(
            once("#!/bin/bash\necho a\n"),
            "#!/bin/bash\n# @sacloud-once\necho a\n"
        );
        assert_eq!(
            once("echo a\necho b"),
            "#!/bin/sh\n# @sacloud-once\necho a\necho b"
        );
        let own = "#!/bin/sh\n# @sacloud-once\n";
        assert_eq!(once(own), own);
    }
}
