//! Changes of a server that exists: its name and tags, its plan, what its interfaces are plugged into.

use serde_json::{Value, json};

use super::plan::{Commitment, Plan};
use super::wire::{Interface, Machine};
use super::work::Work;
use crate::error::{ErrorKind, Result};
use crate::sakura::client::Call;
use crate::sakura::wait::{Look, until};
use crate::sakura::wire::Reference;
use crate::sakura::{Id, answer, mark};

/// How long a filter may take to be applied to a running server.
const FILTER: std::time::Duration = std::time::Duration::from_mins(5);

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
        self.sakura.done(call.body(json!({ "Server": server }))).await
    }

    /// Changes the plan of a server that is off. It gets another id, which is written down at once.
    pub(super) async fn change_plan(&self, machine: &Machine) -> Result<Id> {
        let path = format!("server/{}/plan", machine.id);
        let call = Call::put(self.zone, path, "change the server's plan")
            .body(self.spec.plan.member())
            .once();
        let changed: Result<Reference> = self.sakura.one(call, "Server").await;
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

    /// Puts the declared packet filter before the internet interface, or takes it away.
    pub(super) async fn filter(&self, machine: &Machine) -> Result<()> {
        let wanted = self.object("packet filter", self.spec.packet_filter.as_ref())?;
        let Some(interface) = machine.interface(0) else {
            return Ok(());
        };
        let there = interface.packet_filter.map(|filter| filter.id);
        if there == wanted {
            return Ok(());
        }
        let path = format!("interface/{}/to/packetfilter", interface.id);
        if there.is_some() {
            let call = Call::delete(self.zone, path.clone(), "take the packet filter off");
            self.patiently(call, &["res_already_disconnected"]).await?;
        }
        if let Some(filter) = wanted {
            let call = Call::put(self.zone, format!("{path}/{filter}"), "put the packet filter on");
            self.patiently(call, &["res_already_connected"]).await?;
        }
        Ok(())
    }

    /// Sends `call` until nothing passing is in its way. One of the codes `done` says that it was done before.
    pub(super) async fn patiently(&self, call: Call, done: &[&str]) -> Result<()> {
        let call = &call;
        until(self.context, FILTER, |_| async move {
            match self.sakura.done(call.clone()).await {
                Err(error) if answer::is_one_of(&error, done) => Ok(Look::Ready(())),
                Err(error) if answer::passes(&error) => Ok(Look::NotYet("the network is busy".to_owned())),
                other => other.map(Look::Ready),
            }
        })
        .await
    }

    /// Whether the second interface is plugged into the declared switch.
    pub(super) fn has_switch(&self, machine: &Machine) -> bool {
        let wanted = self.object("switch", self.spec.switch.as_ref()).ok().flatten();
        plugged(machine) == wanted
    }

    /// Plugs the second interface into the declared switch, or removes it. The server is off.
    pub(super) async fn rewire(&self, machine: &Machine) -> Result<()> {
        let wanted = self.object("switch", self.spec.switch.as_ref())?;
        let second = machine.interface(1);
        if let Some(interface) = second.filter(|interface| interface.switch.is_some()) {
            let path = format!("interface/{}/to/switch", interface.id);
            let call = Call::delete(self.zone, path, "unplug the server from its switch");
            self.patiently(call, &["res_already_disconnected"]).await?;
        }
        match (wanted, second) {
            (Some(switch), Some(interface)) => self.plug(interface.id, switch).await,
            (Some(switch), None) => {
                let interface = self.add_interface(machine.id).await?;
                self.plug(interface, switch).await
            }
            (None, Some(interface)) => {
                let path = format!("interface/{}", interface.id);
                match self
                    .sakura
                    .done(Call::delete(self.zone, path, "remove an interface"))
                    .await
                {
                    Err(error) if error.is_not_found() => Ok(()),
                    other => other,
                }
            }
            (None, None) => Ok(()),
        }
    }

    async fn plug(&self, interface: Id, switch: Id) -> Result<()> {
        let path = format!("interface/{interface}/to/switch/{switch}");
        let call = Call::put(self.zone, path, "plug the server into its switch");
        self.patiently(call, &["res_already_connected"]).await
    }

    /// A second interface; when the answer was lost, the one that is there then.
    async fn add_interface(&self, server: Id) -> Result<Id> {
        let body = json!({ "Interface": { "Server": { "ID": server } } });
        let call = || Call::post(self.zone, "interface", "add an interface").body(body.clone());
        let made: Result<Reference> = self.sakura.one(call(), "Interface").await;
        match made {
            Err(error) if error.kind() == ErrorKind::Ambiguous => {
                let found = self.marked().await?;
                match found.as_ref().and_then(|machine| machine.interface(1)) {
                    Some(Interface { id, .. }) => Ok(*id),
                    None => self
                        .sakura
                        .one::<Reference>(call(), "Interface")
                        .await
                        .map(|made| made.id),
                }
            }
            other => other.map(|made| made.id),
        }
    }
}

fn plugged(machine: &Machine) -> Option<Id> {
    Some(machine.interface(1)?.switch.as_ref()?.id)
}
