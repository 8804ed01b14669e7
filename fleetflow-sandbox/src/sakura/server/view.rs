//! A server as the API shows it (API doc §2.2).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Server, disks};
use crate::sakura::about::extend;
use crate::sakura::catalog::{server_plan, server_plan_view, zone_named, zone_view};
use crate::sakura::rows::Rows;
use crate::sakura::{disk, interface};

/// The whole view, with disks in boot order and interfaces in their own.
pub(in crate::sakura) fn view(rows: &Rows, id: u64, server: &Server, now: Timestamp) -> Value {
    let plan = server_plan(server.plan);
    let disks: Vec<Value> = disks(rows, id)
        .into_iter()
        .map(|(id, row)| disk::brief(id, row, now))
        .collect();
    let interfaces: Vec<Value> = interface::of_server(rows, id)
        .map(|(id, row)| interface::brief(rows, id, row))
        .collect();
    let members = json!({
        "HostName": "localhost",
        "InterfaceDriver": server.interface_driver,
        "Availability": "available",
        "ServiceClass": plan.map(|plan| plan.service_class()),
        "ServerPlan": plan.as_ref().map(server_plan_view),
        "Zone": zone_named(&server.zone).map(zone_view),
        "Instance": server.power.view(id, &server.zone, now),
        "Disks": disks,
        "Interfaces": interfaces,
        "PrivateHost": null,
        "Appliance": null,
        "WaitDiskMigration": server.waits_for_disks,
    });
    extend(server.about.view(id), members)
}

/// A server as it stands inside disks and interfaces.
pub(in crate::sakura) fn brief(rows: &Rows, id: u64, now: Timestamp) -> Value {
    let Some(server) = rows.servers.get(&id) else {
        return Value::Null;
    };
    json!({
        "ID": id,
        "Name": server.about.name,
        "Availability": "available",
        "InterfaceDriver": server.interface_driver,
        "Instance": { "Status": server.power.status(now), "BeforeStatus": null },
        "Zone": { "ID": zone_named(&server.zone).map(|zone| zone.id), "Name": server.zone },
    })
}
