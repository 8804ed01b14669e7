//! Which resource a path belongs to. What the resources do with it is theirs.

use serde_json::json;

use super::answer::Answer;
use super::call::{Call, Verb};
use super::refusal::{Outcome, Refusal, refuse};
use super::{archive, catalog, disk, find, interface, note, packet_filter, rows, server, ssh_key, switch};
use crate::World;

/// Answers one request.
pub(super) fn dispatch(world: &mut World, call: &Call<'_>, path: &[&str]) -> Outcome<Answer> {
    let Some((resource, tail)) = path.split_first() else {
        return refuse("resource_path_not_found");
    };
    match *resource {
        "server" => server::route(world, call, tail),
        "disk" => disk::route(world, call, tail),
        "archive" => archive::route(world, call, tail),
        "interface" => interface::route(world, call, tail),
        "switch" => switch::route(world, call, tail),
        "packetfilter" => packet_filter::route(world, call, tail),
        "sshkey" => ssh_key::route(world, call, tail),
        "note" => note::route(world, call, tail),
        "auth-status" | "zone" | "region" | "product" | "public" if call.method == Verb::Get => {
            offer(call, path)
        }
        "auth-status" | "zone" | "region" | "product" | "public" => refuse("method_not_allowed"),
        other if KNOWN.contains(&other) => Err(Refusal::not_emulated(&format!("/{other}"))),
        _ => refuse("resource_path_not_found"),
    }
}

/// Paths of the real API that the sandbox has no answer for.
const KNOWN: [&str; 12] = [
    "appliance",
    "bridge",
    "cdrom",
    "commonserviceitem",
    "coupon",
    "icon",
    "internet",
    "ipaddress",
    "ipv6addr",
    "ipv6net",
    "license",
    "privatehost",
];

/// The refusal of a path that no resource has: by a wrong method or altogether.
pub(super) fn unrouted(tail: &[&str]) -> Refusal {
    Refusal::new(if tail.len() <= 1 {
        "method_not_allowed"
    } else {
        "resource_path_not_found"
    })
}

/// What everybody may look at.
fn offer(call: &Call<'_>, path: &[&str]) -> Outcome<Answer> {
    let query = &call.query;
    match path {
        ["auth-status"] => Ok(auth_status()),
        ["zone"] => find::find(
            "Zones",
            catalog::zones().iter().map(catalog::zone_view).collect(),
            query,
        ),
        ["zone", id] => one(
            "Zone",
            catalog::zones().iter().map(catalog::zone_view).collect(),
            id,
        ),
        ["region"] => find::find("Regions", catalog::regions(), query),
        ["region", id] => one("Region", catalog::regions(), id),
        ["product", "server"] => find::find("ServerPlans", server_plans(), query),
        ["product", "server", id] => one("ServerPlan", server_plans(), id),
        ["product", "disk"] => find::find("DiskPlans", disk_plans(), query),
        ["product", "disk", id] => one("DiskPlan", disk_plans(), id),
        ["product", other, ..] => Err(Refusal::not_emulated(&format!("/product/{other}"))),
        ["public", "price"] => find::find("ServiceClasses", catalog::prices(call.zone), query),
        _ => refuse("resource_path_not_found"),
    }
}

fn server_plans() -> Vec<serde_json::Value> {
    catalog::server_plans()
        .iter()
        .map(catalog::server_plan_view)
        .collect()
}

fn disk_plans() -> Vec<serde_json::Value> {
    catalog::disk_plans()
        .iter()
        .map(catalog::disk_plan_view)
        .collect()
}

fn one(key: &str, rows: Vec<serde_json::Value>, id: &str) -> Outcome<Answer> {
    let id = rows::path_id(id)?;
    match rows.into_iter().find(|row| row["ID"] == id) {
        Some(row) => Ok(Answer::read(key, row)),
        None => refuse("not_found"),
    }
}

/// API doc §1.9. One account, with the permission to create.
fn auth_status() -> Answer {
    Answer::flat(json!({
        "Account": { "ID": 113_000_000_001_u64, "Code": "sandbox", "Name": "Sandbox", "Class": "account" },
        "AuthClass": "account",
        "AuthMethod": "apikey",
        "ExternalPermission": "none",
        "IsAPIKey": true,
        "Member": { "Class": "member", "Code": "sandbox", "Errors": [] },
        "OperationPenalty": "none",
        "Permission": "create",
        "RESTFilter": null,
        "User": null,
    }))
}
