//! Editing a disk (API doc §3.5): passwords, keys, host name, scripts. Write-only; nothing of it is ever served.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::net::Ipv4Addr;

use super::{Disk, Docker, seen};
use crate::sakura::answer::Answer;
use crate::sakura::call::Call;
use crate::sakura::catalog;
use crate::sakura::fields::Fields;
use crate::sakura::job::edit_time;
use crate::sakura::note::missing_variables;
use crate::sakura::refusal::{Outcome, Refusal, refuse};
use crate::sakura::rows::{Rows, row, row_mut};
use crate::sakura::ssh_key;
use crate::sakura::switch::{self, Subnet};

/// What was configured on a disk.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::sakura) struct Config {
    /// BLAKE3 of the password.
    pub(in crate::sakura) password_digest: Option<String>,
    /// In `authorized_keys` form.
    pub(in crate::sakura) ssh_keys: Vec<String>,
    pub(in crate::sakura) disables_passwords: bool,
    pub(in crate::sakura) uses_dhcp: bool,
    pub(in crate::sakura) host_name: Option<String>,
    pub(in crate::sakura) scripts: Vec<Script>,
    pub(in crate::sakura) address: Option<Ipv4Addr>,
    /// The network of that address.
    pub(in crate::sakura) subnet: Option<Subnet>,
    /// What the scripts that were configured make of Docker.
    pub(in crate::sakura) docker: Docker,
}

/// A start-up script that was configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::sakura) struct Script {
    /// The note it came from, which may be gone by now.
    pub(in crate::sakura) note: u64,
    /// BLAKE3 of its content and the values of its variables.
    pub(in crate::sakura) digest: String,
    #[serde(default)]
    docker: Docker,
}

/// An edit that was asked for: only what is present is applied.
#[derive(Clone, Debug, Default)]
pub(super) struct Edit {
    password_digest: Option<String>,
    ssh_keys: Option<Vec<String>>,
    disables_passwords: Option<bool>,
    uses_dhcp: Option<bool>,
    host_name: Option<String>,
    scripts: Option<Vec<Script>>,
    address: Option<Ipv4Addr>,
    subnet: Option<Subnet>,
    /// Found out when the edit runs, not when it is asked for.
    failure: Option<Refusal>,
}

pub(super) fn edit(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let disk = row(&rows.disks, call, id)?;
    if !disk.job.is_available(call.now) {
        return refuse("disk_is_not_available");
    }
    if let Some(power) = super::power(rows, disk) {
        power.phase(call.now).must_be_down()?;
    }
    let edit = read(rows, call.bare())?;
    let mut disk = disk.clone();
    apply(&mut disk, edit);
    let in_background = call.bare().flag("Background")? == Some(true);
    if in_background {
        disk.job = disk.job.edit(call.now, edit_time(call.timings));
    } else if let Some(failure) = disk.edit_failure.as_deref().and_then(Refusal::named) {
        return Err(failure);
    }
    *row_mut(&mut rows.disks, call, id)? = disk;
    Ok(Answer::changed("Disk", seen(rows, call, id)?))
}

/// Lets the last partition fill a disk that is bigger than its content (API doc §3.1). It needs what an edit needs.
pub(super) fn grow(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let disk = row(&rows.disks, call, id)?;
    if !disk.job.is_available(call.now) {
        return refuse("disk_is_not_available");
    }
    if let Some(power) = super::power(rows, disk) {
        power.phase(call.now).must_be_down()?;
    }
    if !is_editable(disk) {
        return refuse("unknown_os_type");
    }
    let job = disk.job.edit(call.now, edit_time(call.timings));
    row_mut(&mut rows.disks, call, id)?.job = job;
    Ok(Answer::changed("Disk", seen(rows, call, id)?))
}

fn is_editable(disk: &Disk) -> bool {
    let image = disk.image.and_then(catalog::archive);
    image.is_some_and(|(_, archive)| archive.is_editable())
}

/// Puts an edit on a disk, or notes down why it failed.
pub(super) fn apply(disk: &mut Disk, edit: Edit) {
    let failure = match edit.failure {
        _ if !is_editable(disk) => Some(Refusal::new("unknown_os_type")),
        ref failure => failure.clone(),
    };
    disk.edit_failure = failure.as_ref().map(|failure| failure.code().to_owned());
    if failure.is_none() {
        disk.config.merge(edit, disk.has_booted);
    }
}

impl Config {
    /// What scripts have installed stays; those of a disk that never booted have done nothing yet.
    fn merge(&mut self, edit: Edit, has_booted: bool) {
        self.password_digest = edit.password_digest.or(self.password_digest.take());
        self.host_name = edit.host_name.or(self.host_name.take());
        self.address = edit.address.or(self.address);
        self.subnet = edit.subnet.or(self.subnet);
        self.disables_passwords = edit.disables_passwords.unwrap_or(self.disables_passwords);
        self.uses_dhcp = edit.uses_dhcp.unwrap_or(self.uses_dhcp);
        if let Some(keys) = edit.ssh_keys {
            self.ssh_keys = keys;
        }
        if let Some(scripts) = edit.scripts {
            let installs = scripts
                .iter()
                .map(|script| script.docker)
                .max()
                .unwrap_or_default();
            let before = if has_booted { self.docker } else { Docker::Absent };
            self.docker = installs.max(before);
            self.scripts = scripts;
        }
    }
}

/// Reads a `Config`. Keys and scripts are resolved here: deleting them later does not touch the disk.
pub(super) fn read(rows: &Rows, fields: Fields<'_>) -> Outcome<Edit> {
    let password = fields.text("Password")?.filter(|password| !password.is_empty());
    let host_name = fields.bounded_text("HostName", 64)?;
    let (scripts, failure) = read_scripts(rows, fields)?;
    Ok(Edit {
        password_digest: password.map(digest),
        ssh_keys: read_keys(rows, fields)?,
        disables_passwords: fields.flag("DisablePWAuth")?,
        uses_dhcp: fields.flag("EnableDHCP")?,
        host_name: host_name.map(str::to_owned),
        scripts,
        address: read_address(fields)?,
        subnet: switch::read_subnet(fields)?.set(),
        failure,
    })
}

fn read_address(fields: Fields<'_>) -> Outcome<Option<Ipv4Addr>> {
    match fields.text("UserIPAddress")?.filter(|text| !text.is_empty()) {
        Some(text) => text.parse().map(Some).or_else(|_| refuse("invalid_format")),
        None => Ok(None),
    }
}

/// `SSHKey` and `SSHKeys`, each by id or in clear; one text may hold several lines.
fn read_keys(rows: &Rows, fields: Fields<'_>) -> Outcome<Option<Vec<String>>> {
    let single = fields.get("SSHKey").into_iter();
    let several = fields.list("SSHKeys")?;
    if fields.get("SSHKey").is_none() && several.is_none() {
        return Ok(None);
    }
    let mut keys = Vec::new();
    for item in single.chain(several.unwrap_or_default()) {
        keys.extend(read_key(rows, Fields(item))?);
    }
    Ok(Some(keys))
}

fn read_key(rows: &Rows, item: Fields<'_>) -> Outcome<Vec<String>> {
    if let Some(id) = item.integer("ID")?.filter(|id| *id != 0) {
        return match rows.ssh_keys.get(&id) {
            Some(key) => Ok(vec![key.public_key.clone()]),
            None => refuse("param_res_not_found"),
        };
    }
    let text = item.required_text("PublicKey")?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| ssh_key::fingerprint(line).map(|_| line.to_owned()))
        .collect()
}

type Scripts = (Option<Vec<Script>>, Option<Refusal>);

fn read_scripts(rows: &Rows, fields: Fields<'_>) -> Outcome<Scripts> {
    let Some(items) = fields.list("Notes")? else {
        return Ok((None, None));
    };
    let mut scripts = Vec::new();
    let mut failure = None;
    for item in items {
        let item = Fields(item);
        let Some(id) = item.integer("ID")? else {
            return refuse("missing_param");
        };
        let Some(note) = rows.notes.get(&id) else {
            return refuse("param_res_not_found");
        };
        let variables = item.object("Variables")?.map_or(&Value::Null, |fields| fields.0);
        if missing_variables(&note.content, variables).next().is_some() {
            failure = Some(Refusal::new("missing_param"));
        }
        scripts.push(Script {
            note: id,
            digest: digest(&format!("{}\n{variables}", note.content)),
            docker: Docker::of_script(&note.content),
        });
    }
    Ok((Some(scripts), failure))
}

fn digest(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}

impl Disk {
    /// The first boot reads user data, if the image does; later ones ignore it (API doc §3.6).
    pub(in crate::sakura) fn first_boot(&mut self, user_data: Option<&str>) {
        let reads = self.image.and_then(catalog::archive);
        let reads = reads.is_some_and(|(_, archive)| archive.reads_user_data());
        if let Some(text) = user_data.filter(|_| reads && !self.has_booted) {
            self.config.ssh_keys.extend(authorized_keys(text));
            self.config.docker = self.config.docker.max(Docker::of_script(text));
        }
        self.has_booted = true;
    }
}

/// The public keys in cloud-init's user data. Of all it says, only they matter to an emulated machine.
fn authorized_keys(user_data: &str) -> impl Iterator<Item = String> + '_ {
    user_data
        .lines()
        .filter_map(|line| line.trim().strip_prefix('-'))
        .map(|item| item.trim().trim_matches(['"', '\'']).to_owned())
        .filter(|item| ssh_key::fingerprint(item).is_ok())
}
