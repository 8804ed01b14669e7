//! Changes of a server that exists: its name and tags, its plan.

use serde_json::{Value, json};

use super::plan::{Commitment, Plan};
use super::wire::Machine;
use super::work::Work;
use crate::error::{ErrorKind, Result};
use crate::sakura::client::Call;
use crate::sakura::wire::Reference;
use crate::sakura::{Id, mark};

impl Plan {
    /// The plan as a request names it: by cores and memory (API doc "Plan change").
    pub(super) fn member(&self) -> Value {
        let mut plan = json!({
            "CPU": self.core(),
            "MemoryMB": self.memory() * 1024,
            "Commitment": self.commitment().word(),
        });
        if let Some(generation) = self.wanted_generation() {
            plan["Generation"] = generation.into();
        }
        plan
    }
}

impl Commitment {
    /// The API's word.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Dedicated => "dedicatedcpu",
        }
    }
}

impl Work<'_> {
    /// Whether the server has the declared plan.
    pub(super) fn has_plan(&self, machine: &Machine) -> bool {
        let wanted = &self.spec.plan;
        machine.server_plan.as_ref().is_some_and(|plan| {
            plan.cpu == wanted.core()
                && plan.memory_mb == wanted.memory() * 1024
                && (plan.commitment == "dedicatedcpu") == (wanted.commitment() == Commitment::Dedicated)
                && wanted
                    .wanted_generation()
                    .is_none_or(|generation| generation == plan.generation)
        })
    }

    /// Writes name, description and tags where they differ. Before a change of plan the tags tell the id that will
    /// be the previous one; the cloud carries them over (API doc "Plan change").
    pub(super) async fn describe(&self, machine: &Machine, plan_changes: bool) -> Result<()> {
        let previous = match plan_changes {
            true => Some(mark::previous(machine.id)),
            false => mark::previous_in(&machine.tags),
        };
        let mut tags = self.tags(previous);
        let mut there = machine.tags.clone();
        tags.sort();
        there.sort();
        let description = self.spec.description.as_deref().unwrap_or_default();
        if tags == there && machine.name == self.spec.name && machine.description == description {
            return Ok(());
        }
        let server = json!({ "Name": self.spec.name, "Description": description, "Tags": tags });
        let call = Call::put(
            self.zone,
            format!("server/{}", machine.id),
            "change the server's name and tags",
        );
        self.patiently(call.body(json!({ "Server": server })), &[]).await
    }

    /// Changes the plan of a server that is off. It gets another id, which is written down at once.
    pub(super) async fn change_plan(&self, machine: &Machine) -> Result<Id> {
        let path = format!("server/{}/plan", machine.id);
        let call = Call::put(self.zone, path, "change the server's plan")
            .body(self.spec.plan.member())
            .once();
        let changed: Result<Reference> = self.until_free(|| self.sakura.one(call.clone(), "Server")).await;
        let id = match changed {
            Ok(changed) => changed.id,
            Err(error) if error.kind() == ErrorKind::Ambiguous => match self.marked().await? {
                Some(found) if found.id != machine.id => found.id,
                _ => return Err(error),
            },
            Err(error) => return Err(error),
        };
        self.remember(id).await?;
        Ok(id)
    }
}
