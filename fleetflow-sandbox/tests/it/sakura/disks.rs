//! Disks: copies that take time, sizes, configurations, connections.

use fleetflow_sandbox::Timings;
use serde_json::{Value, json};

use super::support::{Api, Reply, refused};

async fn read(api: &Api, id: u64) -> Value {
    api.get(&format!("disk/{id}")).await.object("Disk")
}

/// A copy of the Ubuntu archive with these changes to the request.
async fn copy(api: &Api, disk: Value, around: Value) -> Reply {
    let mut body = json!({ "Disk": {
        "Name": "web", "Plan": { "ID": 4 }, "SizeMB": 20480, "SourceArchive": { "ID": api.ubuntu().await },
    } });
    body["Disk"]
        .as_object_mut()
        .unwrap()
        .extend(disk.as_object().unwrap().clone());
    body.as_object_mut()
        .unwrap()
        .extend(around.as_object().unwrap().clone());
    api.post("disk", body).await
}

#[tokio::test]
async fn a_copy_takes_its_time_and_then_boots_the_server() {
    let api = Api::start().await;
    let timings = Timings::default();
    let server = api.server("web").await["ID"].as_u64().unwrap();
    let config = json!({ "Config": { "HostName": "web" }, "BootAtAvailable": true });
    let made = copy(&api, json!({ "Server": { "ID": server } }), config).await;
    assert_eq!((made.status, &made.body["Success"]), (202, &json!("Accepted")));
    let id = made.id("Disk");
    api.advance(timings.disk_copy / 2);
    let half = read(&api, id).await;
    assert_eq!(half["Availability"], "migrating");
    let migrated = half["MigratedMB"].as_u64().unwrap();
    assert!((1..20480).contains(&migrated), "{migrated}");
    assert_eq!(half["JobStatus"]["Status"], "running");
    assert_eq!(
        api.delete(&format!("disk/{id}")).await.refusal(),
        refused(409, "disconnect_b4_delete")
    );
    assert_eq!(
        api.put(&format!("server/{server}/power"), json!({}))
            .await
            .refusal(),
        refused(409, "still_creating")
    );
    let doomed = api
        .delete_with(&format!("server/{server}"), json!({ "WithDisk": [id] }))
        .await;
    assert_eq!(doomed.refusal(), refused(409, "disk_is_copying"));

    api.advance(timings.disk_copy);
    let done = read(&api, id).await;
    assert_eq!(
        (&done["Availability"], &done["JobStatus"]),
        (&json!("available"), &json!(null))
    );
    let status =
        async || api.get(&format!("server/{server}")).await.body["Server"]["Instance"]["Status"].clone();
    assert_eq!(status().await, "down");
    api.advance(timings.boot);
    assert_eq!(status().await, "up");
}

#[tokio::test]
async fn copies_that_were_told_to_fail_end_as_failed() {
    let api = Api::instant().await;
    let url = format!("{}/sakura/failing-copies", api.sandbox.control_url());
    let told = reqwest::Client::new()
        .post(url)
        .json(&json!({ "count": 1 }))
        .send();
    assert_eq!(told.await.unwrap().status(), 204);
    let first = copy(&api, json!({}), json!({})).await.id("Disk");
    let second = copy(&api, json!({}), json!({})).await.id("Disk");
    assert_eq!(read(&api, first).await["Availability"], "failed");
    assert_eq!(read(&api, second).await["Availability"], "available");
}

#[tokio::test]
async fn sizes_and_plans_come_from_the_price_list() {
    let api = Api::instant().await;
    let larger = copy(&api, json!({ "SizeMB": 40960, "Plan": { "ID": 4 } }), json!({}))
        .await
        .object("Disk");
    assert_eq!(larger["SizeMB"], 40960);
    assert_eq!(larger["ServiceClass"], "cloud/disk/ssd/40g");
    for (change, code) in [
        (json!({ "SizeMB": 10240 }), "cant_resize_smaller"),
        (json!({ "SizeMB": 20481 }), "invalid_range"),
        (json!({ "Plan": { "ID": 99 } }), "param_res_not_found"),
        (json!({ "Plan": null }), "missing_param"),
        (json!({ "SourceArchive": { "ID": 42 } }), "param_res_not_found"),
        (json!({ "Connection": "scsi" }), "invalid_format"),
        (json!({ "SourceDisk": { "ID": 42 } }), "invalid_param_comb"),
    ] {
        let answer = copy(&api, change.clone(), json!({})).await;
        assert_eq!(answer.refusal(), refused(400, code), "{change}");
    }
    let alone = copy(&api, json!({}), json!({ "BootAtAvailable": true })).await;
    assert_eq!(
        alone.refusal(),
        refused(400, "invalid_param_comb"),
        "there is nothing to boot"
    );
}

#[tokio::test]
async fn a_configuration_is_written_and_never_read() {
    let api = Api::instant().await;
    let server = api.server("web").await["ID"].as_u64().unwrap();
    let secret = "correct horse battery staple";
    let disk = api
        .ubuntu_disk("web", server, json!({ "Password": secret, "HostName": "web" }))
        .await;
    let id = disk["ID"].as_u64().unwrap();
    assert!(!read(&api, id).await.to_string().contains(secret));
    assert!(
        !serde_json::to_string(&api.sandbox.world())
            .unwrap()
            .contains(secret)
    );
    assert!(
        !serde_json::to_string(api.sandbox.log().entries())
            .unwrap()
            .contains(secret)
    );
    let path = format!("disk/{id}/config");
    let again = json!({ "HostName": "other" });
    assert_eq!(
        api.put(&path, again.clone()).await.refusal(),
        refused(409, "server_power_must_be_down")
    );
    api.stop(server).await;
    assert_eq!(api.put(&path, again).await.status, 200);
    let missing = json!({ "Notes": [{ "ID": 42 }] });
    assert_eq!(
        api.put(&path, missing).await.refusal(),
        refused(400, "param_res_not_found")
    );
    let no_key = json!({ "SSHKeys": [{ "PublicKey": "ssh-ed25519 nonsense" }] });
    assert_eq!(
        api.put(&path, no_key).await.refusal(),
        refused(400, "invalid_format")
    );
}

#[tokio::test]
async fn what_cannot_be_configured_says_so_at_once_or_in_the_job() {
    let api = Api::start().await;
    let blank = json!({ "Disk": { "Name": "blank", "Plan": { "ID": 4 }, "SizeMB": 20480 } });
    let made = api.post("disk", blank).await;
    assert_eq!(
        (made.status, &made.body["Success"]),
        (201, &json!(true)),
        "no copy, no waiting"
    );
    let id = made.id("Disk");
    let path = format!("disk/{id}/config");
    let edit = json!({ "HostName": "x" });
    assert_eq!(
        api.put(&path, edit.clone()).await.refusal(),
        refused(409, "disk_is_not_available")
    );
    api.advance(Timings::default().disk_copy);
    assert_eq!(
        api.put(&path, edit).await.refusal(),
        refused(503, "unknown_os_type")
    );
    let background = api
        .put(&path, json!({ "HostName": "x", "Background": true }))
        .await;
    assert_eq!(background.object("Disk")["Availability"], "migrating");
    api.advance(Timings::default().disk_copy);
    let failed = read(&api, id).await;
    assert_eq!(failed["Availability"], "available");
    assert_eq!(failed["JobStatus"]["ConfigError"]["ErrorCode"], "unknown_os_type");
}

#[tokio::test]
async fn disks_are_connected_and_disconnected_with_the_power_off() {
    let api = Api::instant().await;
    let server = api.server("web").await["ID"].as_u64().unwrap();
    let id = copy(&api, json!({}), json!({})).await.id("Disk");
    let (connect, disconnect) = (
        format!("disk/{id}/to/server/{server}"),
        format!("disk/{id}/to/server"),
    );
    assert_eq!(
        api.delete(&disconnect).await.refusal(),
        refused(409, "res_already_disconnected")
    );
    assert_eq!(api.put(&connect, json!({})).await.status, 200);
    assert_eq!(
        api.put(&connect, json!({})).await.refusal(),
        refused(409, "res_already_connected")
    );
    assert_eq!(read(&api, id).await["Server"]["ID"], server);
    assert_eq!(
        api.delete(&format!("disk/{id}")).await.refusal(),
        refused(409, "disconnect_b4_delete")
    );
    api.put(&format!("server/{server}/power"), json!({})).await;
    assert_eq!(
        api.delete(&disconnect).await.refusal(),
        refused(409, "server_power_must_be_down")
    );
    api.stop(server).await;
    assert_eq!(api.delete(&disconnect).await.status, 200);
    assert_eq!(api.delete(&format!("disk/{id}")).await.status, 200);
}
