//! How servers are found, and what is seen of them: one list call a zone, and one of its disks where a create was
//! interrupted. It changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Server;
use super::note;
use super::wire::{Machine, Volume};
use crate::error::Result;
use crate::model::{Address, Existing, Found, Observed, Owner, Ownership, Resource as _, Scope, Wanted};
use crate::sakura::client::Call;
use crate::sakura::identity::{Card, Chosen, Search};
use crate::sakura::{Id, Sakura, look, mark};

/// All servers that are ours or wanted.
pub(super) async fn observe(sakura: &Sakura, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
    look::in_each_zone(wanted, |zone| look_in(sakura, scope, wanted, zone)).await
}

async fn look_in(sakura: &Sakura, scope: &Scope, wanted: &[Wanted], zone: &str) -> Result<Found> {
    let call = Call::get(zone, "server", format!("list the servers of {zone}"));
    let machines: Vec<Machine> = sakura.list(call, "Servers", Value::Null).await?;
    let search = Search {
        kind: Server::KIND,
        scope,
        wanted,
        zone: Some(zone),
    };
    let (chosen, mut found) = search.choose(machines, card);
    let unsettled: Vec<_> = chosen.iter().filter(|seen| seen.is_unsettled()).collect();
    let mut volumes = BTreeMap::new();
    let mut scripts = BTreeSet::new();
    if !unsettled.is_empty() {
        let call = Call::get(zone, "disk", format!("list the disks of {zone}"));
        let rows: Vec<Volume> = sakura.list(call, "Disks", Value::Null).await?;
        volumes = rows.into_iter().map(|volume| (volume.id, volume)).collect();
        let owners: Vec<_> = unsettled
            .iter()
            .filter(|seen| seen.has_scripts())
            .map(|seen| owner(scope, &seen.address))
            .collect();
        scripts = note::left_behind(sakura, &owners).await?;
    }
    let observed = chosen.iter().map(|seen| {
        let is_left = scripts.contains(&owner(scope, &seen.address));
        seen.observed(zone, &volumes, is_left)
    });
    found.resources = observed.collect();
    Ok(found)
}

fn owner(scope: &Scope, address: &Address) -> Owner {
    Owner {
        project: scope.project.clone(),
        stage: scope.stage.clone(),
        address: address.clone(),
    }
}

/// A machine that is one of ours, or stands where one of ours is wanted.
type Seen<'w> = Chosen<'w, Machine>;

fn card(machine: &Machine) -> Card {
    let previous = mark::previous_in(&machine.tags);
    let previous = previous.as_ref().and_then(|tag| tag.rsplit_once('='));
    Card {
        id: machine.id,
        name: machine.name.clone(),
        owner: mark::owner_in(&machine.tags),
        previous: previous.map(|(_, id)| id.to_owned()),
    }
}

impl Seen<'_> {
    fn remembered(&self) -> Option<&Existing> {
        self.wanted?.remembered.as_ref()
    }

    /// Whether its create, or a change of it, did not come to its end as far as we know: only then is an address
    /// among what is remembered.
    fn is_unsettled(&self) -> bool {
        self.ownership == Ownership::Marked && self.remembered().is_none_or(|was| was.output("ip").is_none())
    }

    fn has_scripts(&self) -> bool {
        let spec = |field: &str| self.wanted.is_some_and(|wanted| wanted.spec.get(field).is_some());
        self.wanted.is_none() || spec("docker") || spec("startup_script")
    }

    /// The declaration that says what cannot be seen: as it was applied, or else as it is declared.
    fn applied(&self) -> Option<&Value> {
        let was = self
            .remembered()
            .map(|was| &was.spec)
            .filter(|spec| spec.is_object());
        was.or_else(|| self.wanted.map(|wanted| &wanted.spec))
    }

    fn names_generation(&self) -> bool {
        let declared = self.wanted.map(|wanted| &wanted.spec);
        let specs = declared.into_iter().chain(self.applied());
        specs
            .into_iter()
            .any(|spec| !spec["plan"]["generation"].is_null())
    }

    fn observed(&self, zone: &str, volumes: &BTreeMap<Id, Volume>, is_script_left: bool) -> Observed {
        let machine = &self.row;
        let declared = self
            .wanted
            .and_then(|wanted| serde_json::from_value::<Server>(wanted.spec.clone()).ok());
        let applied = self
            .applied()
            .and_then(|spec| serde_json::from_value::<Server>(spec.clone()).ok());
        let mut outputs = outputs(machine, zone, declared.as_ref());
        if let Some(applied) = &applied {
            outputs.insert("hostname".to_owned(), applied.host_name().into());
        }
        Observed {
            ownership: self.ownership.clone(),
            live: live(machine, zone, self.applied(), self.names_generation()),
            outputs,
            incomplete: self.missing(volumes, is_script_left),
            status: status(machine),
            ..Observed::marked(self.address.clone(), machine.id.to_string())
        }
    }

    /// What an interrupted create or change left undone.
    fn missing(&self, volumes: &BTreeMap<Id, Volume>, is_script_left: bool) -> Option<String> {
        if !matches!(self.ownership, Ownership::Marked) && self.remembered().is_none() {
            return None;
        }
        let machine = &self.row;
        if self.is_unsettled() {
            let expected = self
                .applied()
                .and_then(|spec| spec.get("disk")?.as_array())
                .map_or(0, Vec::len);
            let disks = || machine.disks.iter();
            let config_failed = |disk: &Volume| {
                volumes
                    .get(&disk.id)
                    .is_some_and(|disk| disk.config_error().is_some())
            };
            if machine.disks.len() < expected {
                return Some(format!("{} of {expected} disks", expected - machine.disks.len()));
            }
            if disks().any(|disk| disk.availability == "failed") {
                return Some("a disk whose copy failed".to_owned());
            }
            if disks().any(|disk| disk.availability != "available") {
                return Some("the end of a disk copy".to_owned());
            }
            if disks().any(config_failed) {
                return Some("the configuration of its disk".to_owned());
            }
        }
        if !machine.is_up() {
            return Some("its power is off".to_owned());
        }
        is_script_left.then(|| "a startup script is still registered".to_owned())
    }
}

/// What the cloud says, under the declaration's names. Host name, keys, password and scripts cannot be read back.
///
/// The generation is shown to those who name one: the cloud has chosen it for all others.
fn live(
    machine: &Machine,
    zone: &str,
    applied: Option<&Value>,
    names_generation: bool,
) -> Map<String, Value> {
    let some_text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let tags = mark::declared(&machine.tags);
    let filter = machine.interface(0).and_then(|first| first.packet_filter);
    let switch = machine.interface(1).and_then(|second| second.switch.as_ref());
    let mut live = json!({
        "name": machine.name,
        "zone": zone,
        "description": some_text(&machine.description),
        "tags": (!tags.is_empty()).then_some(tags),
        "disk": disks(machine, applied),
        "packet_filter": filter.map(|filter| filter.id.to_string()),
        "switch": switch.map(|switch| switch.id.to_string()),
    });
    if let Some(plan) = &machine.server_plan {
        let dedicated = plan.commitment == "dedicatedcpu";
        live["plan"] = json!({
            "core": plan.cpu,
            "memory": plan.memory_mb / 1024,
            "commitment": if dedicated { "dedicated" } else { "standard" },
        });
        if names_generation {
            live["plan"]["generation"] = plan.generation.into();
        }
    }
    live.as_object().cloned().unwrap_or_default()
}

/// Sizes and kinds of the disks as they are; what was copied to them as it was declared, for it cannot be seen.
fn disks(machine: &Machine, applied: Option<&Value>) -> Vec<Value> {
    let declared = applied.and_then(|spec| spec.get("disk")?.as_array());
    let disk = |(index, volume): (usize, &Volume)| {
        let known = declared
            .and_then(|disks| disks.get(index))
            .filter(|disk| disk.is_object());
        let mut disk = known.cloned().unwrap_or_else(|| json!({}));
        disk["size"] = (volume.size_mb / 1024).into();
        if let Some(plan) = volume.plan {
            disk["plan"] = super::disk::plan_name(plan.id).into();
        }
        disk
    };
    machine.disks.iter().enumerate().map(disk).collect()
}

/// The outputs of `machine`, which is declared as `spec`.
pub(super) fn outputs(machine: &Machine, zone: &str, spec: Option<&Server>) -> Map<String, Value> {
    let ip = machine.ip();
    let all = [
        ("id", Some(machine.id.to_string())),
        ("ip", ip.map(|ip| ip.to_string())),
        ("gateway", machine.gateway().map(|gateway| gateway.to_string())),
        ("hostname", spec.map(Server::host_name)),
        ("zone", Some(zone.to_owned())),
        ("docker", ip.and_then(|ip| Some(spec?.docker_host(ip)))),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
        .collect()
}

fn status(machine: &Machine) -> Map<String, Value> {
    let plan = machine.server_plan.as_ref();
    let plan = plan.map(|plan| format!("{} core {} GiB", plan.cpu, plan.memory_mb / 1024));
    let power = machine.instance.status.as_str();
    let all = [
        ("power", Some(power.to_owned())),
        ("plan", plan),
        ("created", machine.created_at.clone()),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
        .collect()
}
