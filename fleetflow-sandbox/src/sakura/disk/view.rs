//! A disk as the API shows it (API doc §3.4). What was configured on it is not part of that.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Disk, source_view};
use crate::sakura::about::extend;
use crate::sakura::catalog::{self, disk_plan, zone_named};
use crate::sakura::refusal::Refusal;
use crate::sakura::rows::Rows;
use crate::sakura::server;

/// The whole view.
pub(in crate::sakura) fn view(rows: &Rows, id: u64, disk: &Disk, now: Timestamp) -> Value {
    let failure = disk.edit_failure.as_deref().and_then(Refusal::named);
    let (archive, source_disk) = source_view(rows, disk.source, now);
    let members = json!({
        "MigratedMB": disk.job.migrated_mb(now),
        "WaitingJobCount": null,
        "JobStatus": disk.job.status(now, failure.as_ref()),
        "ServiceClass": disk_plan(disk.plan).map(|plan| plan.service_class(disk.size_mb)),
        "BundleID": null,
        "EncryptionAlgorithm": disk.encryption,
        "EncryptionKey": disk.key.map(|key| json!({ "KMSKeyID": key })),
        "SourceArchive": archive,
        "SourceDisk": source_disk,
        "Server": disk.server.map(|server| server::brief(rows, server, now)),
        "Appliance": null,
    });
    extend(extend(disk.about.view(id), brief(id, disk, now)), members)
}

/// A disk as it stands inside servers.
pub(in crate::sakura) fn brief(id: u64, disk: &Disk, now: Timestamp) -> Value {
    let image = disk.image.and_then(catalog::archive);
    json!({
        "ID": id,
        "Name": disk.about.name,
        "Connection": disk.connection,
        "ConnectionOrder": disk.connection_order,
        "ReinstallCount": 0,
        "Availability": disk.job.availability(now),
        "SizeMB": disk.size_mb,
        "Plan": disk_plan(disk.plan).map(catalog::DiskPlan::brief),
        "Storage": storage(disk),
        "BundleInfo": image.map(|(_, archive)| archive.bundle()),
    })
}

fn storage(disk: &Disk) -> Value {
    let zone = zone_named(&disk.zone).map(catalog::zone_view);
    json!({
        "ID": 3_100_297_001_u64 + disk.plan,
        "Class": "iscsi1204",
        "Name": format!("sac-{}-iscsi4-st{:03}", disk.zone, disk.plan),
        "Description": "",
        "Zone": zone,
        "DiskPlan": disk_plan(disk.plan).map(catalog::DiskPlan::brief),
        "Generation": 100,
        "Capacity": [],
    })
}
