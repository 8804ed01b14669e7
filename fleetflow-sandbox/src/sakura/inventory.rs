//! What users made, without ids and times: two worlds with the same things in them give the same JSON, however they
//! came about.

use serde_json::{Value, json};

use super::about::About;
use super::catalog;
use super::disk::{Disk, Source};
use super::interface::{Interface, Link, of_server};
use super::rows::Rows;
use super::server::{Server, disks};

impl Rows {
    /// What users made, canonically.
    pub(crate) fn inventory(&self) -> Value {
        json!({
            "servers": sorted(self.servers.iter().map(|(id, server)| server_entry(self, *id, server))),
            "disks": sorted(self.disks.values().map(|disk| disk_entry(self, disk))),
            "archives": sorted(self.archives.values().map(|archive| {
                entry(&archive.about, json!({ "zone": archive.zone, "size_mb": archive.size_mb }))
            })),
            "switches": sorted(self.switches.values().map(|switch| {
                entry(&switch.about, json!({ "zone": super::rows::Zonal::zone(switch), "subnet": switch.subnet }))
            })),
            "packet_filters": sorted(self.packet_filters.values().map(|filter| {
                entry(&filter.about, json!({ "zone": super::rows::Zonal::zone(filter), "rules": filter.rules }))
            })),
            "ssh_keys": sorted(self.ssh_keys.values().map(|key| {
                entry(&key.about, json!({ "public_key": key.public_key }))
            })),
            "notes": sorted(self.notes.values().map(|note| {
                entry(&note.about, json!({ "class": note.class, "content": note.content }))
            })),
        })
    }
}

fn server_entry(rows: &Rows, id: u64, server: &Server) -> Value {
    let plan = catalog::server_plan(server.plan);
    let disks: Vec<&str> = disks(rows, id)
        .into_iter()
        .map(|(_, disk)| disk.about.name.as_str())
        .collect();
    let interfaces: Vec<Value> = of_server(rows, id)
        .map(|(_, interface)| interface_entry(rows, interface))
        .collect();
    entry(
        &server.about,
        json!({
            "zone": server.zone,
            "plan": plan.map(|plan| plan.service_class()),
            "interface_driver": server.interface_driver,
            "power": server.power.target(),
            "disks": disks,
            "interfaces": interfaces,
        }),
    )
}

/// Without the public address: which one it got depends on who asked first.
fn interface_entry(rows: &Rows, interface: &Interface) -> Value {
    let link = match interface.link {
        Link::None => Value::Null,
        Link::Shared(_) => json!("shared"),
        Link::Switch(id) => json!({ "switch": rows.switches.get(&id).map(|switch| &switch.about.name) }),
    };
    let filter = interface
        .packet_filter
        .and_then(|id| rows.packet_filters.get(&id));
    json!({
        "link": link,
        "user_address": interface.user_address,
        "packet_filter": filter.map(|filter| &filter.about.name),
    })
}

fn disk_entry(rows: &Rows, disk: &Disk) -> Value {
    let server = disk.server.and_then(|id| rows.servers.get(&id));
    let image = disk
        .image
        .and_then(catalog::archive)
        .map(|(_, archive)| archive.name);
    let config = &disk.config;
    entry(
        &disk.about,
        json!({
            "zone": disk.zone,
            "plan": disk.plan,
            "size_mb": disk.size_mb,
            "connection": disk.connection,
            "encryption": disk.encryption,
            "kms_key": disk.key,
            "image": image,
            "is_blank": disk.source == Source::Blank,
            "server": server.map(|server| &server.about.name),
            "config": {
                "host_name": config.host_name,
                "ssh_keys": config.ssh_keys,
                "has_password": config.password_digest.is_some(),
                "disables_passwords": config.disables_passwords,
                "uses_dhcp": config.uses_dhcp,
                "address": config.address,
                "subnet": config.subnet,
                "scripts": config.scripts.iter().map(|script| &script.digest).collect::<Vec<_>>(),
            },
            "edit_failure": disk.edit_failure,
        }),
    )
}

fn entry(about: &About, members: Value) -> Value {
    super::about::extend(about.inventory(), members)
}

fn sorted(entries: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut entries: Vec<Value> = entries.collect();
    entries.sort_by_cached_key(Value::to_string);
    entries
}
