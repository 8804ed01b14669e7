//! How servers are found, and what is seen of them: one list call a zone, and one of its disks where a create was
//! interrupted. It changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Server;
use super::layout::{Shape, pair};
use super::wire::{Machine, Volume};
use super::{network_seen as network, note};
use crate::error::Result;
use crate::model::{
    Address, Existing, Found, Observed, Owner, Ownership, Resource as _, Scope, Spec, Unfinished, Wanted,
};
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
        let owner = owner(scope, &seen.address);
        seen.observed(zone, &volumes, &owner, scripts.contains(&owner))
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
        self.wanted.is_none_or(|wanted| note::may_be_of(&wanted.spec))
    }

    /// The declaration that says what cannot be seen: as it was applied, or else as it is declared.
    fn applied(&self) -> Option<&Spec> {
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

    fn observed(
        &self,
        zone: &str,
        volumes: &BTreeMap<Id, Volume>,
        owner: &Owner,
        is_script_left: bool,
    ) -> Observed {
        let machine = &self.row;
        let declared = self.wanted.and_then(|wanted| wanted.spec.decode::<Server>().ok());
        let applied = self.applied().and_then(|spec| spec.decode::<Server>().ok());
        let mut live = live(machine, zone, self.names_generation());
        let name = self.address.name();
        let seen = disks(machine, name, self.applied());
        let arranged = declared.as_ref().map(|server| arranged(&seen, server, machine));
        live.insert("disk".to_owned(), arranged.unwrap_or_else(|| seen.clone()).into());
        let was = network::seen(machine, applied.as_ref(), applied.as_ref());
        live.extend(network::seen(
            machine,
            declared.as_ref().or(applied.as_ref()),
            applied.as_ref(),
        ));
        let unarranged = was.into_iter().chain([("disk".to_owned(), seen.into())]);
        let mut outputs = outputs(machine, zone, declared.as_ref());
        if let Some(applied) = &applied {
            outputs.insert("hostname".to_owned(), applied.host_name().into());
        }
        Observed {
            ownership: self.ownership.clone(),
            live: live.into(),
            unarranged: unarranged.collect(),
            outputs,
            incomplete: self.missing(volumes, owner, is_script_left),
            status: status(machine),
            ..Observed::marked(self.address.clone(), machine.id.to_string())
        }
    }

    /// What an interrupted create or change left undone, or who stopped it.
    fn missing(
        &self,
        volumes: &BTreeMap<Id, Volume>,
        owner: &Owner,
        is_script_left: bool,
    ) -> Option<Unfinished> {
        if !matches!(self.ownership, Ownership::Marked) && self.remembered().is_none() {
            return None;
        }
        let interrupted = |missing: &str| Some(Unfinished::Interrupted(missing.to_owned()));
        if self.is_unsettled() {
            if let Some(missing) = self.missing_of_disks(volumes, owner) {
                return interrupted(&missing);
            }
            if !self.row.is_up() {
                return interrupted("its start");
            }
        }
        if !self.row.is_up() {
            return Some(Unfinished::Stopped {
                now: "it is powered off",
                then: "it is started",
            });
        }
        if is_script_left {
            return interrupted("a startup script is still registered");
        }
        None
    }

    fn missing_of_disks(&self, volumes: &BTreeMap<Id, Volume>, owner: &Owner) -> Option<String> {
        let there = &self.row.disks;
        let is_ours = |disk: &&Volume| mark::owner_in(&disk.tags).as_ref() == Some(owner);
        let mut ours = volumes.values().filter(is_ours);
        if ours.any(|disk| disk.server.is_none() || mark::is_leaving(&disk.tags)) {
            return Some("a change of its disks".to_owned());
        }
        let applied = self.applied().and_then(|spec| spec.get("disk")?.as_array());
        let expected = applied.map_or(0, Vec::len);
        if there.len() < expected {
            return Some(format!("{} of {expected} disks", expected - there.len()));
        }
        let has = |availability: &str| there.iter().any(|disk| disk.availability == availability);
        if has("failed") {
            return Some("a disk whose copy failed".to_owned());
        }
        if there.iter().any(|disk| disk.availability != "available") {
            return Some("the end of a disk copy".to_owned());
        }
        let mut full = there.iter().filter_map(|disk| volumes.get(&disk.id));
        let failed = full.find_map(Volume::config_error);
        failed.map(|_| "the configuration of its disk".to_owned())
    }
}

/// What the cloud says, under the declaration's names. Host name, keys, password and scripts cannot be read back.
///
/// The generation is shown to those who name one: the cloud has chosen it for all others.
fn live(machine: &Machine, zone: &str, names_generation: bool) -> Map<String, Value> {
    let some_text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let tags = mark::declared(&machine.tags);
    let mut live = json!({
        "name": machine.name,
        "zone": zone,
        "description": some_text(&machine.description),
        "tags": (!tags.is_empty()).then_some(tags),
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

/// Sizes, kinds and names of the disks as they are; what was copied to them as it was declared, for it cannot be seen.
fn disks(machine: &Machine, name: &str, applied: Option<&Spec>) -> Vec<Value> {
    let typed = applied.and_then(|spec| spec.decode::<Server>().ok());
    let pairs = typed.map(|server| paired(&server, machine)).unwrap_or_default();
    let declared = applied.and_then(|spec| spec.get("disk")?.as_array());
    let disk = |(index, volume): (usize, &Volume)| {
        let at = pairs.iter().position(|pair| *pair == Some(index));
        let known = at
            .and_then(|at| declared?.get(at))
            .filter(|disk| disk.is_object());
        let mut disk = known.cloned().unwrap_or_else(|| json!({}));
        disk["size"] = (volume.size_mb / 1024).into();
        if let Some(plan) = volume.plan {
            disk["plan"] = super::disk::plan_name(plan.id).into();
        }
        if volume.name != name || disk.get("name").is_some() {
            disk["name"] = volume.name.as_str().into();
        }
        disk
    };
    machine.disks.iter().enumerate().map(disk).collect()
}

/// Which disk of `machine` each declared one of `server` is.
fn paired(server: &Server, machine: &Machine) -> Vec<Option<usize>> {
    let declared: Vec<_> = server
        .disk
        .iter()
        .map(|disk| Shape::declared(disk, &server.name))
        .collect();
    let there: Vec<_> = machine.disks.iter().map(Shape::of).collect();
    pair(&declared, &there)
}

/// `seen` in the order of the declaration `server`: null where a declared disk is not there, and what nobody declares
/// any more at the end. A name that neither the declaration nor the last one mentions is nobody's business.
fn arranged(seen: &[Value], server: &Server, machine: &Machine) -> Vec<Value> {
    let pairs = paired(server, machine);
    let declared = pairs
        .iter()
        .map(|at| at.and_then(|at| seen.get(at).cloned()).unwrap_or_default());
    let undeclared = (0..seen.len()).filter(|at| !pairs.contains(&Some(*at)));
    declared.chain(undeclared.map(|at| seen[at].clone())).collect()
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
