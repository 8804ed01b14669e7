//! Servers: making, changing, a new plan, deleting with disks and without.

use serde_json::json;

use super::support::{Api, refused};

#[tokio::test]
async fn a_new_server_has_an_address_and_no_power() {
    let api = Api::instant().await;
    let server = api.server("web").await;
    assert_eq!(server["Instance"]["Status"], "down");
    assert_eq!(server["Instance"]["BeforeStatus"], json!(null));
    assert_eq!(
        (server["Disks"].clone(), &server["HostName"]),
        (json!([]), &json!("localhost"))
    );
    let interface = &server["Interfaces"][0];
    assert!(
        interface["IPAddress"]
            .as_str()
            .unwrap()
            .parse::<std::net::Ipv4Addr>()
            .is_ok()
    );
    assert_eq!(interface["Switch"]["Scope"], "shared");
    assert_ne!(
        interface["IPAddress"],
        interface["Switch"]["Subnet"]["DefaultRoute"]
    );
    let other = api.server("web").await;
    assert_ne!(other["Interfaces"][0]["IPAddress"], interface["IPAddress"]);
    assert_ne!(other["ID"], server["ID"], "names are not unique");
}

#[tokio::test]
async fn limits_of_names_tags_and_plans_are_enforced() {
    let api = Api::instant().await;
    let with = |change: serde_json::Value| {
        let mut server = json!({ "Name": "web", "ServerPlan": { "CPU": 1, "MemoryMB": 1024 } });
        server
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let api = api.clone();
        async move { api.post("server", json!({ "Server": server })).await }
    };
    let tags = |count: usize| (0..count).map(|number| format!("t{number}")).collect::<Vec<_>>();
    assert_eq!(
        with(json!({ "Name": "あ".repeat(64), "Tags": tags(10) }))
            .await
            .status,
        201
    );
    assert_eq!(
        with(json!({ "Name": "a".repeat(65) })).await.refusal(),
        refused(400, "invalid_range")
    );
    assert_eq!(
        with(json!({ "Name": "" })).await.refusal(),
        refused(400, "missing_param")
    );
    assert_eq!(
        with(json!({ "Tags": tags(11) })).await.refusal(),
        refused(400, "invalid_range")
    );
    assert_eq!(
        with(json!({ "Description": "a".repeat(513) })).await.refusal(),
        refused(400, "invalid_range")
    );
    for plan in [
        json!({ "CPU": 3, "MemoryMB": 1024 }),
        json!({ "CPU": 1, "MemoryMB": 1000 }),
    ] {
        let answer = with(json!({ "ServerPlan": plan })).await;
        assert_eq!(answer.refusal(), refused(400, "param_res_not_found"), "{plan}");
    }
    let by_id = with(json!({ "ServerPlan": { "ID": 100_001_001 } })).await;
    assert_eq!(by_id.refusal(), refused(400, "missing_param"));
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name() {
    let api = Api::instant().await;
    let body = json!({ "Server": {
        "Name": "web", "Description": "front", "Tags": ["b", "a"], "ServerPlan": { "CPU": 1, "MemoryMB": 1024 },
    } });
    let id = api.post("server", body).await.id("Server");
    let path = format!("server/{id}");
    let changed = api
        .put(&path, json!({ "Server": { "Description": "" } }))
        .await
        .object("Server");
    assert_eq!(
        (&changed["Name"], &changed["Tags"]),
        (&json!("web"), &json!(["a", "b"]))
    );
    assert_eq!(changed["Description"], "");
    let changed = api
        .put(&path, json!({ "Server": { "Tags": [] } }))
        .await
        .object("Server");
    assert_eq!(changed["Tags"], json!([]));
    assert_eq!(api.get(&path).await.object("Server"), changed);
}

#[tokio::test]
async fn a_new_plan_gives_a_new_id_and_carries_everything_over() {
    let api = Api::instant().await;
    let before = api.server("web").await;
    let id = before["ID"].as_u64().unwrap();
    api.ubuntu_disk("web", id, json!({ "HostName": "web" })).await;
    let plan = json!({ "CPU": 2, "MemoryMB": 4096, "Commitment": "standard" });
    let path = format!("server/{id}/plan");
    assert_eq!(
        api.put(&path, plan.clone()).await.refusal(),
        refused(409, "server_power_must_be_down")
    );
    api.stop(id).await;
    let after = api.put(&path, plan).await.object("Server");
    let new_id = after["ID"].as_u64().unwrap();
    assert_ne!(new_id, id);
    assert_eq!(after["ServerPlan"]["CPU"], 2);
    assert_eq!(
        after["Interfaces"][0]["IPAddress"],
        before["Interfaces"][0]["IPAddress"]
    );
    assert_eq!(after["Disks"][0]["Name"], "web");
    assert_eq!(
        api.get(&format!("server/{id}")).await.refusal(),
        refused(404, "not_found")
    );
    let disk = after["Disks"][0]["ID"].as_u64().unwrap();
    let disk = api.get(&format!("disk/{disk}")).await.object("Disk");
    assert_eq!(disk["Server"]["ID"], new_id);
}

#[tokio::test]
async fn a_deleted_server_takes_only_the_disks_it_is_told_to() {
    let api = Api::instant().await;
    let id = api.server("web").await["ID"].as_u64().unwrap();
    let boot = api.ubuntu_disk("boot", id, json!({})).await["ID"].clone();
    let path = format!("server/{id}");
    assert_eq!(
        api.delete(&path).await.refusal(),
        refused(409, "server_power_must_be_down")
    );
    api.stop(id).await;
    let data =
        json!({ "Disk": { "Name": "data", "Plan": { "ID": 4 }, "SizeMB": 20480, "Server": { "ID": id } } });
    let data = api.post("disk", data).await.id("Disk");
    let with = |disks: serde_json::Value| api.delete_with(&path, json!({ "WithDisk": disks }));
    assert_eq!(
        with(json!([boot, 42])).await.refusal(),
        refused(400, "param_res_not_found")
    );
    assert_eq!(
        api.get("disk").await.rows("Disks").len(),
        2,
        "it was all or nothing"
    );
    assert_eq!(with(json!([boot])).await.status, 200);
    assert_eq!(api.get(&path).await.refusal(), refused(404, "not_found"));
    assert!(api.get("interface").await.rows("Interfaces").is_empty());
    let left = api.get("disk").await.rows("Disks");
    assert_eq!((left.len(), &left[0]["ID"]), (1, &json!(data)));
    assert_eq!(left[0]["Server"], json!(null));
    assert_eq!(api.delete(&format!("disk/{data}")).await.status, 200);
}
