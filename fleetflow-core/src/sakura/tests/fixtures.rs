//! Recorded answers of the real cloud: each decodes, and nothing that is used of it gets lost.

use std::fs;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::sakura::lookup::{Archive, DiskPlan, ServerPlan};
use crate::sakura::price::ServiceClass;
use crate::sakura::scale::monitor;
use crate::sakura::server::wire::{Interface, Machine, Volume};
use crate::sakura::wire::Reference;
use crate::sakura::{Id, packet_filter, ssh_key, startup_script, switch};

/// Kept beside the repository, not in it.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/sakura-fixtures")
}

/// The object itself, or the first row of its list, or what is under its envelope.
fn bare(whole: &Value, key: &str, plural: &str) -> Value {
    let listed = whole.get(plural).map(|rows| &rows[0]);
    listed.or_else(|| whole.get(key)).unwrap_or(whole).clone()
}

fn decode<T: DeserializeOwned>(name: &str, value: &Value) -> T {
    serde_path_to_error::deserialize(value.clone()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn id(value: &Value) -> Id {
    serde_json::from_value(value["ID"].clone()).unwrap()
}

/// What was read of `name`, for the table; `None` for a kind of object that is not used here.
fn read(name: &str, whole: &Value) -> Option<String> {
    let stem = name
        .trim_end_matches(".json")
        .trim_start_matches("v2_")
        .trim_start_matches("string_ids_");
    let kind = stem.split_once('_').map_or(stem, |(kind, _)| kind);
    if ["server_instance", "error_catalogue"].contains(&stem) {
        return None;
    }
    Some(match (kind, stem) {
        ("server", _) if stem.starts_with("server_plan") => {
            server_plan(name, &bare(whole, "ServerPlan", "ServerPlans"))
        }
        ("server", _) => server(name, &bare(whole, "Server", "Servers")),
        ("disk", _) if stem.starts_with("disk_plan") => {
            disk_plan(name, &bare(whole, "DiskPlan", "DiskPlans"))
        }
        ("disk", _) => disk(name, &bare(whole, "Disk", "Disks")),
        ("archive", _) => archive(name, &bare(whole, "Archive", "Archives")),
        ("interface", _) => interface(name, &bare(whole, "Interface", "Interfaces")),
        ("switch", _) => switched(name, &bare(whole, "Switch", "Switches")),
        ("packet", _) => filter(name, &bare(whole, "PacketFilter", "PacketFilters")),
        ("note", _) => script(name, &bare(whole, "Note", "Notes")),
        ("sshkey", _) => key(name, &bare(whole, "SSHKey", "SSHKeys")),
        ("public", "public_price") => price(name, whole),
        ("monitor", _) => samples(whole),
        ("auth", _) => format!("account {}", decode::<Reference>(name, &whole["Account"]).id),
        ("error", _) => error(whole),
        _ => return None,
    })
}

fn server(name: &str, raw: &Value) -> String {
    let machine: Machine = decode(name, raw);
    assert_eq!(machine.id, id(raw), "{name}");
    let plan = machine.server_plan.as_ref().unwrap();
    assert_eq!(
        (Some(u64::from(plan.cpu)), Some(u64::from(plan.memory_mb))),
        (
            raw["ServerPlan"]["CPU"].as_u64(),
            raw["ServerPlan"]["MemoryMB"].as_u64()
        ),
        "{name}"
    );
    let count = |key: &str| raw[key].as_array().map_or(0, Vec::len);
    assert_eq!(
        (machine.disks.len(), machine.interfaces.len()),
        (count("Disks"), count("Interfaces")),
        "{name}"
    );
    if raw["Instance"]["Status"] == "up" && count("Interfaces") > 0 {
        assert!(machine.is_up() && machine.has_run(), "{name}");
        assert_eq!(
            machine.ip().map(|ip| ip.to_string()).as_deref(),
            raw["Interfaces"][0]["IPAddress"].as_str(),
            "{name}"
        );
        let route = &raw["Interfaces"][0]["Switch"]["UserSubnet"]["DefaultRoute"];
        assert_eq!(
            machine.gateway().map(|ip| ip.to_string()).as_deref(),
            route.as_str(),
            "{name}"
        );
    }
    format!("server {} of {} cores", machine.id, plan.cpu)
}

fn server_plan(name: &str, raw: &Value) -> String {
    let plan: ServerPlan = decode(name, raw);
    assert_eq!(Some(u64::from(plan.cpu)), raw["CPU"].as_u64(), "{name}");
    format!("{} cores, {} MiB", plan.cpu, plan.memory_mb)
}

fn disk(name: &str, raw: &Value) -> String {
    let disk: Volume = decode(name, raw);
    assert_eq!(disk.id, id(raw), "{name}");
    assert_eq!(Some(disk.size_mb), raw["SizeMB"].as_u64(), "{name}");
    assert_eq!(
        Some(disk.availability.as_str()),
        raw["Availability"].as_str(),
        "{name}"
    );
    assert_eq!(disk.plan.map(|plan| plan.id), Some(id(&raw["Plan"])), "{name}");
    assert_eq!(
        disk.migrated_mb,
        raw["MigratedMB"].as_u64().unwrap_or(0),
        "{name}"
    );
    format!("disk {} {} {} %", disk.id, disk.availability, disk.percent())
}

fn disk_plan(name: &str, raw: &Value) -> String {
    let _: DiskPlan = decode(name, raw);
    format!("disk plan {}", id(raw))
}

fn archive(name: &str, raw: &Value) -> String {
    let archive: Archive = decode(name, raw);
    assert_eq!(archive.id, id(raw), "{name}");
    assert_eq!(archive.size_mb, raw["SizeMB"].as_u64().unwrap_or(0), "{name}");
    format!("archive {}, editable {:?}", archive.id, archive.is_editable())
}

fn interface(name: &str, raw: &Value) -> String {
    let interface: Interface = decode(name, raw);
    assert_eq!(interface.id, id(raw), "{name}");
    assert_eq!(
        interface.ip_address.map(|ip| ip.to_string()).as_deref(),
        raw["IPAddress"].as_str(),
        "{name}"
    );
    format!("interface {}", interface.id)
}

fn switched(name: &str, raw: &Value) -> String {
    let row: switch::Row = decode(name, raw);
    assert_eq!(row.id, id(raw), "{name}");
    format!("switch {}", row.id)
}

fn filter(name: &str, raw: &Value) -> String {
    let row: packet_filter::Row = decode(name, raw);
    assert_eq!(
        row.expression.len(),
        raw["Expression"].as_array().map_or(0, Vec::len),
        "{name}"
    );
    let rules: Vec<packet_filter::PacketRule> = row
        .expression
        .iter()
        .map(|rule| decode(name, &rule.declared()))
        .collect();
    format!("packet filter {} of {} rules", row.id, rules.len())
}

fn script(name: &str, raw: &Value) -> String {
    let row: startup_script::Row = decode(name, raw);
    assert_eq!(row.id, id(raw), "{name}");
    format!("script {}", row.id)
}

fn price(name: &str, raw: &Value) -> String {
    let row: ServiceClass = decode(name, raw);
    assert_eq!(row.monthly(), raw["Price"]["Monthly"].as_u64(), "{name}");
    format!("price of {}: {:?} yen a month", row.path(), row.monthly())
}

fn key(name: &str, raw: &Value) -> String {
    let row: ssh_key::Row = decode(name, raw);
    assert_eq!(
        Some(row.fingerprint.as_str()),
        raw["Fingerprint"].as_str().or(Some("")),
        "{name}"
    );
    format!("key {}", row.id)
}

fn samples(whole: &Value) -> String {
    let data = whole.get("Data").unwrap_or(whole);
    let samples = monitor::samples(data, 2);
    assert_eq!(samples.len(), data.as_object().map_or(0, serde_json::Map::len));
    let measured = data
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, bucket)| bucket["CPU-TIME"].is_number());
    assert_eq!(
        samples.iter().filter(|sample| sample.load.is_some()).count(),
        measured.count()
    );
    format!("{} samples", samples.len())
}

fn error(whole: &Value) -> String {
    let status = whole["status"]
        .as_str()
        .and_then(|status| status.split(' ').next())
        .unwrap();
    let verdict = crate::sakura::answer::judge(&crate::http::Response {
        status: status.parse().unwrap(),
        headers: http::HeaderMap::new(),
        body: whole.to_string().into(),
    });
    let crate::http::Verdict::Refused(error) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(error.provider_code(), whole["error_code"].as_str());
    assert_eq!(error.provider_request_id(), whole["serial"].as_str());
    error.to_string()
}

#[test]
fn every_recorded_answer_decodes() {
    let Ok(files) = fs::read_dir(folder()) else {
        println!("skipped: {} is not there", folder().display());
        return;
    };
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut read_ones = 0;
    for name in names.iter().filter(|name| *name != "INDEX.md") {
        let text = fs::read_to_string(folder().join(name)).unwrap();
        let whole: Value = serde_json::from_str(&text).unwrap();
        match read(name, &whole) {
            Some(what) => {
                read_ones += 1;
                println!("{name}: {what}");
            }
            None => println!("{name}: of a kind that is not used"),
        }
    }
    assert!(read_ones >= 45, "only {read_ones} were read");
}
