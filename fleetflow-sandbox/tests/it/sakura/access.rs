//! Keys, zones, the form of ids, and requests that go wrong.

use fleetflow_sandbox::Fault;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::support::{Api, refused};

#[tokio::test]
async fn a_wrong_key_opens_nothing() {
    let api = Api::instant().await;
    for (token, secret) in [("sandbox", "wrong"), ("wrong", "sandbox"), ("", "")] {
        let request = Client::new().get(api.url("auth-status"));
        let answer = request.basic_auth(token, Some(secret)).send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert!(answer.headers().contains_key("www-authenticate"));
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error_code"], "unauthorized");
    }
    let anonymous = Client::new().get(api.url("server")).send().await.unwrap();
    assert_eq!(anonymous.status(), 401);
    assert_eq!(api.get("auth-status").await.body["Permission"], "create");
}

#[tokio::test]
async fn ids_are_numbers_only_for_those_who_ask() {
    let api = Api::instant().await;
    let id = api.server("web").await["ID"].as_u64().unwrap();
    let request = Client::new().get(api.url(&format!("server/{id}")));
    let answer = request
        .basic_auth("sandbox", Some("sandbox"))
        .send()
        .await
        .unwrap();
    let text = answer.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["Server"]["ID"], json!(id.to_string()));
    assert_eq!(
        body["Server"]["Interfaces"][0]["ID"].as_str().map(str::len),
        Some(12)
    );
    assert!(
        body["Server"]["Zone"]["ID"].is_u64(),
        "ids of zones are small and stay numbers"
    );
    assert!(
        text.contains(r"cloud\/plan\/1core-1gb"),
        "slashes are escaped: {text}"
    );
}

#[tokio::test]
async fn a_zone_shows_only_its_own() {
    let tokyo = Api::instant().await;
    let ishikari = tokyo.zone("is1b");
    let id = tokyo.server("web").await["ID"].as_u64().unwrap();
    assert_eq!(
        ishikari.get(&format!("server/{id}")).await.refusal(),
        refused(404, "not_found")
    );
    assert!(ishikari.get("server").await.rows("Servers").is_empty());
    // Disks are copied within a zone.
    let disk = json!({ "Disk": {
        "Name": "web", "Plan": { "ID": 4 }, "SizeMB": 20480, "SourceArchive": { "ID": tokyo.ubuntu().await },
    } });
    assert_eq!(
        ishikari.post("disk", disk).await.refusal(),
        refused(400, "must_be_of_same_zone")
    );
    // Keys and scripts are everybody's.
    let note = json!({ "Note": { "Name": "n", "Content": "#!/bin/sh" } });
    let note = tokyo.post("note", note).await.id("Note");
    assert_eq!(ishikari.get(&format!("note/{note}")).await.status, 200);
    assert_eq!(
        tokyo.zone("mars").get("server").await.refusal(),
        refused(404, "not_found")
    );
}

#[tokio::test]
async fn paths_and_bodies_that_mean_nothing_are_refused() {
    let api = Api::instant().await;
    assert_eq!(
        api.get("nothing").await.refusal(),
        refused(404, "resource_path_not_found")
    );
    assert_eq!(api.get("server/12").await.refusal(), refused(404, "not_found"));
    assert_eq!(
        api.put("server", json!({})).await.refusal(),
        refused(405, "method_not_allowed")
    );
    assert_eq!(
        api.post("server", json!({})).await.refusal(),
        refused(400, "missing_param")
    );
    assert_eq!(
        api.post("server", json!([1])).await.refusal(),
        refused(400, "bad_request")
    );
    let appliance = api.get("appliance").await;
    assert_eq!(appliance.refusal(), refused(501, "not_implemented"));
    let words = appliance.body["error_msg"].as_str().unwrap_or_default();
    assert!(
        words.contains("The sandbox does not emulate /appliance"),
        "{words}"
    );
}

#[tokio::test]
async fn faults_speak_like_the_cloud() {
    let api = Api::instant().await;
    let fault = Fault::answer(503)
        .code("too_many_request")
        .path("/server$")
        .method(Method::POST.as_str());
    api.sandbox.add_fault(fault.retry_after(2)).unwrap();
    let body = json!({ "Server": { "Name": "web", "ServerPlan": { "CPU": 1, "MemoryMB": 1024 } } });
    assert_eq!(
        api.post("server", body.clone()).await.refusal(),
        refused(503, "too_many_request")
    );
    assert!(api.get("server").await.rows("Servers").is_empty());
    api.sandbox.faults().clear();
    assert_eq!(api.post("server", body).await.status, 201);
}
