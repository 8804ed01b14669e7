//! The kind `server`: what users declare and what others may refer to. It talks to nobody.

#![expect(
    unreachable_pub,
    reason = "the derived builder has each mutator a second time, inside"
)]

mod change;
mod change_of_disks;
mod check;
mod config;
mod disk;
mod expand;
mod files;
mod image;
mod layout;
mod network;
mod network_seen;
mod nic;
mod note;
mod observe;
mod ops;
mod order;
mod plan;
mod power;
mod regrow;
mod ssh;
mod user_data;
pub(super) mod wire;
mod work;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use typed_builder::TypedBuilder;

pub(crate) use check::named;
pub(super) use disk::Source;
pub use disk::{Disk, DiskPlan, Encryption};
pub(crate) use expand::services;
pub(super) use files::{is_script, read as read_file};
pub use nic::Nic;
pub use plan::{Commitment, Plan};
pub use ssh::Ssh;
pub(crate) use ssh::{is_private_key, is_public_key};

use crate::model::{
    Address, Declaration, Expansion, Input, Output, OutputField, Problem, Provider, Resource,
};
use crate::plan::{Change, Disruption, Level};

/// A server on SAKURA Cloud, with its disks.
///
/// Its first network interface is on the internet. With services to run, FleetFlow installs what they need and runs
/// them over SSH.
///
/// ```
/// use fleetflow_core::prelude::*;
///
/// let server = Server::builder()
///     .name("web")
///     .plan(Plan::new(4, 4))
///     .disk(Disk::new(100, "ubuntu-24.04"))
///     .disk(Disk::blank(250).named("data"))
///     .zone("tk1a")
///     .ssh_key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0Q9zZ4W6s0m0P3r9V0bJb0m0gJmXw3T3mS6v7S8n9L me@example")
///     .tag("production")
///     .build();
/// assert_eq!(server.ip().reference().to_string(), "server.web.ip");
/// assert!(Stack::new("shop", "dev").add(server).check().is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
#[builder(mutators(
    /// With one more disk; the server boots from the first.
    pub fn disk(&mut self, disk: Disk) {
        self.disk.push(disk);
    }
    /// With one more public key: its text, or the path of its file.
    pub fn ssh_key(&mut self, key: impl Into<String>) {
        self.ssh_key.push(key.into());
    }
    /// With one more interface, after those before it.
    pub fn nic(&mut self, nic: Nic) {
        self.nic.push(nic);
    }
    /// Runs one more service group.
    pub fn deploy_services(&mut self, group: impl Into<String>) {
        self.deploy_services.push(group.into());
    }
    /// With one more tag.
    pub fn tag(&mut self, tag: impl Into<String>) {
        self.tags.insert(tag.into());
    }
))]
pub struct Server {
    /// Its name in the stack and in the cloud.
    #[builder(setter(into))]
    #[schemars(extend("x-format" = "name"))]
    name: String,
    /// Who serves it; there is only one.
    #[builder(default, setter(skip))]
    #[serde(default, skip_serializing)]
    #[schemars(extend("enum" = ["sakura-cloud"]))]
    provider: Option<String>,
    /// Its size.
    plan: Plan,
    /// Its disks; it boots from the first.
    #[builder(via_mutators)]
    disk: Vec<Disk>,
    /// The zone; the one of the providers' settings without it.
    #[builder(default, setter(strip_option, into))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    /// The host name inside the server; its name without it.
    #[builder(default, setter(strip_option, into))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hostname: Option<String>,
    /// A description for people.
    #[builder(default, setter(strip_option, into))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Tags for people and for the cloud's special ones.
    #[builder(via_mutators)]
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(extend("x-aliases" = ["tag"]))]
    tags: BTreeSet<String>,
    /// Public keys that may log in: key texts, or paths of public key files.
    #[builder(via_mutators)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "ssh::key_list")]
    ssh_key: Vec<String>,
    /// The password of the administrator; without one, nobody logs in by password.
    #[builder(default, setter(strip_option, into))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-secret" = true))]
    password: Option<Input<String>>,
    /// A script that runs at the first start: its text, or the path of its file.
    #[builder(default, setter(strip_option, into))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-path" = "or-text"))]
    startup_script: Option<String>,
    /// A packet filter before the internet interface: the name of a declared one, or an id.
    #[builder(default, setter(strip_option, into))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    packet_filter: Option<Input<String>>,
    /// A switch at a second interface: the name of a declared one, or an id.
    #[builder(default, setter(strip_option, into))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    switch: Option<Input<String>>,
    /// Further interfaces on switches, in their order, after the one on the internet and the one of `switch`.
    #[builder(via_mutators)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    nic: Vec<Nic>,
    /// Whether its first interface is on the internet. Without it the first `nic` is its first interface.
    #[builder(default = true)]
    #[serde(default = "connected", skip_serializing_if = "Clone::clone")]
    internet: bool,
    /// How FleetFlow reaches it.
    #[builder(default, setter(strip_option))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ssh: Option<Ssh>,
    /// Whether Docker Engine is installed and enabled at the first start; implied by `deploy_services`.
    #[builder(default)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    docker: bool,
    /// What is in the files of public keys; filled in before planning.
    #[builder(default, setter(skip))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    key_digest: Option<String>,
    /// What is in the file of the startup script; filled in before planning.
    #[builder(default, setter(skip))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    script_digest: Option<String>,
    /// The service groups that run on it.
    #[builder(via_mutators)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deploy_services: Vec<String>,
}

impl Server {
    /// Its id in the cloud. A change of plan gives it another one.
    pub fn id(&self) -> Output<String> {
        self.output("id")
    }

    /// Its public IPv4 address.
    pub fn ip(&self) -> Output<Ipv4Addr> {
        self.output("ip")
    }

    /// The gateway of its public network.
    pub fn gateway(&self) -> Output<Ipv4Addr> {
        self.output("gateway")
    }

    /// The host name inside it.
    pub fn hostname(&self) -> Output<String> {
        self.output("hostname")
    }

    /// The zone it is in.
    pub fn zone(&self) -> Output<String> {
        self.output("zone")
    }

    /// Its container engine.
    pub fn docker(&self) -> Output<crate::docker::Host> {
        self.output("docker")
    }

    fn output<T>(&self, name: &str) -> Output<T> {
        Output::new(&Address::new(Self::KIND, &self.name), name)
    }

    /// The declared zone; filled in from the settings when it is expanded.
    pub(super) fn zone_name(&self) -> Option<&str> {
        self.zone.as_deref()
    }

    /// The host name that is written into it.
    fn host_name(&self) -> String {
        self.hostname
            .clone()
            .unwrap_or_else(|| self.name.replace('_', "-"))
    }

    /// Where its container engine is reached, at `ip`.
    fn docker_host(&self, ip: Ipv4Addr) -> String {
        let port = self.ssh.as_ref().and_then(Ssh::named_port).unwrap_or(22);
        crate::docker::Host::ssh(self.login_user(), ip.to_string(), port).to_string()
    }

    /// The user that FleetFlow logs in as.
    fn login_user(&self) -> &str {
        let named = self.ssh.as_ref().and_then(Ssh::named_user);
        named.unwrap_or_else(|| self.image_user())
    }

    /// The user whom the configured keys let in.
    fn image_user(&self) -> &'static str {
        self.disk.first().map_or("root", Disk::login_user)
    }
}

/// A password or a key must not end up in a log: only what names the server is shown.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("name", &self.name)
            .field("plan", &self.plan)
            .field("disk", &self.disk)
            .field("zone", &self.zone)
            .finish_non_exhaustive()
    }
}

const fn connected() -> bool {
    true
}

const fn output(name: &'static str, value_type: &'static str, doc: &'static str) -> OutputField {
    OutputField {
        name,
        value_type,
        doc,
    }
}

impl Resource for Server {
    const KIND: &'static str = "server";
    const PROVIDER: Provider = Provider::SakuraCloud;
    const OUTPUTS: &'static [OutputField] = &[
        output(
            "id",
            "text",
            "Its id in the cloud; a change of plan gives it another one",
        ),
        output("ip", "ipv4", "Its public IPv4 address"),
        output("gateway", "ipv4", "The gateway of its public network"),
        output("hostname", "text", "The host name inside it"),
        output("zone", "text", "The zone it is in"),
        output("docker", "docker-host", "Where its container engine is reached"),
    ];
    // Zones cannot be left. Which changes of disks are as deep, `change_of_disks` says.
    const REPLACE_ON: &'static [&'static str] = &["zone", "internet"];
    const HOLDS_DATA: Option<&'static str> = Some("its disks");

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Vec<Problem> {
        check::check(self)
    }

    fn check_in(&self, _: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        check::check_in(self, around)
    }

    fn expand(&self, declared: &Declaration, around: &Expansion<'_>) -> Option<Vec<Declaration>> {
        Some(expand::expand(self, declared, around))
    }

    fn forces_replacement(change: &Change) -> bool {
        Self::REPLACE_ON.contains(&change.field()) || change_of_disks::forces_replacement(change)
    }

    fn loses(changes: &[Change]) -> Option<&'static str> {
        changes
            .iter()
            .any(change_of_disks::removes)
            .then_some("the data on a disk")
    }

    fn disruption(changes: &[Change], _: &Value) -> Disruption {
        let plan = changes.iter().any(changes_plan);
        let copies = change_of_disks::copies(changes);
        let off = changes.iter().any(needs_power_off);
        if !(plan || off) {
            return Disruption::none();
        }
        let lost = Self::loses(changes).map(|_| "data loss".to_owned());
        let effects = std::iter::once("reboot".to_owned()).chain(plan.then(|| "new server id".to_owned()));
        let effects: Vec<_> = effects.chain(copies).chain(lost).collect();
        Disruption::new(Level::Reboot, effects.iter().map(String::as_str))
    }

    fn volatile(changes: &[Change], spec: &Value) -> Vec<&'static str> {
        let has = |field| changes.iter().any(|change: &Change| change.field() == field);
        // The cloud gives the address of an internet interface; that of another first interface is declared.
        let is_moved = spec["internet"] == false && changes.iter().any(nic::readdresses_first);
        let outputs = [
            ("id", changes.iter().any(changes_plan)),
            ("ip", is_moved),
            ("hostname", has("hostname") || has("name")),
            ("docker", has("ssh") || is_moved),
        ];
        let volatile = outputs.iter().filter(|(_, is_volatile)| *is_volatile);
        volatile.map(|(output, _)| *output).collect()
    }
}

/// Fields that are written into the disk, or wired, while the server is off (API doc "Update in place").
const NEED_POWER_OFF: &[&str] = &["hostname", "ssh_key", "key_digest", "password", "switch"];
/// Fields whose value runs at the next start; taking them away does nothing.
const RUN_AT_START: &[&str] = &["startup_script", "script_digest", "docker"];

fn needs_power_off(change: &Change) -> bool {
    let is_set = !change.after.is_null() && change.after != false;
    let in_parts = change_of_disks::needs_power_off(change) || nic::needs_power_off(change);
    in_parts || NEED_POWER_OFF.contains(&change.field()) || (RUN_AT_START.contains(&change.field()) && is_set)
}

/// Whether `change` makes another plan necessary. That nobody names a generation any more leaves it as it is.
fn changes_plan(change: &Change) -> bool {
    change.field() == "plan" && !change.after.is_null()
}

#[cfg(test)]
mod tests;
