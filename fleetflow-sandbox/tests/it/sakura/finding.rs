//! Lists: filters, pages, order, and the public archives that one finds with them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{Api, refused};

/// Three servers with some tags.
async fn three() -> Api {
    let api = Api::instant().await;
    for (name, cpu, tags) in [
        ("web 01", 1, json!(["front", "prod"])),
        ("web 02", 2, json!(["front"])),
        ("database", 2, json!(["prod"])),
    ] {
        let body = json!({ "Server": {
            "Name": name, "Tags": tags, "ServerPlan": { "CPU": cpu, "MemoryMB": cpu * 2048 },
        } });
        api.post("server", body).await.id("Server");
        api.advance(std::time::Duration::from_secs(10));
    }
    api
}

async fn names(api: &Api, query: Value) -> Vec<String> {
    let rows = api.find("server", query).await.rows("Servers");
    rows.iter()
        .map(|row| row["Name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn filters_mean_what_the_document_says() {
    let api = three().await;
    let found = async |filter: Value| names(&api, json!({ "Filter": filter })).await;
    assert_eq!(found(json!({ "Name": "web" })).await, ["web 01", "web 02"]);
    assert_eq!(
        found(json!({ "Name": "02 web" })).await,
        ["web 02"],
        "words in any order"
    );
    assert!(
        found(json!({ "Name": ["web"] })).await.is_empty(),
        "a list is exact"
    );
    assert_eq!(
        found(json!({ "Name": ["database", "web 01"] })).await,
        ["web 01", "database"]
    );
    assert_eq!(
        found(json!({ "Tags.Name": [["front", "prod"]] })).await,
        ["web 01"],
        "both"
    );
    assert_eq!(
        found(json!({ "Tags.Name": [["front"], ["prod"]] })).await.len(),
        3,
        "either"
    );
    assert_eq!(
        found(json!({ "ServerPlan.CPU": ["2"], "Name": "web" })).await,
        ["web 02"]
    );
    assert_eq!(found(json!({ "Instance.Status": "down" })).await.len(), 3);
    let later = json!({ "CreatedAt>": "2026-05-01T09:00:05+09:00" });
    assert_eq!(found(later).await, ["web 02", "database"]);
    assert!(
        found(json!({ "WaitDiskMigration": false })).await.is_empty(),
        "literals match nothing"
    );
    let refusal = api
        .find("server", json!({ "Filter": { "Name!": "x" } }))
        .await
        .refusal();
    assert_eq!(refusal, refused(400, "filter_unknown_operator"));
}

#[tokio::test]
async fn pages_and_orders_add_up() {
    let api = three().await;
    let page = api
        .find("server", json!({ "From": 1, "Count": 1, "Sort": ["-Name"] }))
        .await;
    let counts = ["From", "Count", "Total"].map(|key| page.body[key].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 3]);
    assert_eq!(page.rows("Servers")[0]["Name"], "web 01");
    assert_eq!(
        names(&api, json!({ "Sort": ["Name"] })).await,
        ["database", "web 01", "web 02"]
    );
    let beyond = api.find("server", json!({ "From": 7, "Count": 2 })).await;
    assert_eq!(
        (beyond.rows("Servers").len(), &beyond.body["Total"]),
        (0, &json!(3))
    );
    let thin = api
        .find("server", json!({ "Include": ["ID", "Name"] }))
        .await
        .rows("Servers");
    let keys: Vec<&String> = thin[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["ID", "Name"]);
    assert_eq!(
        api.get("server?From=1").await.refusal(),
        refused(400, "bad_request")
    );
}

#[tokio::test]
async fn public_archives_are_found_by_tags_and_differ_by_zone() {
    let api = Api::instant().await;
    let mut ids = BTreeSet::new();
    for zone in ["tk1a", "tk1b", "is1a", "is1b", "is1c"] {
        ids.insert(api.zone(zone).ubuntu().await);
    }
    assert_eq!(ids.len(), 5);
    for (tags, name) in [
        (
            json!([["current-stable", "distro-debian"]]),
            "Debian GNU/Linux 12",
        ),
        (json!([["rocky-9-latest"]]), "Rocky Linux 9"),
        (json!([["ubuntu-22.04-latest"]]), "Ubuntu Server 22.04"),
    ] {
        let filter = json!({ "Filter": { "Scope": ["shared"], "Tags.Name": tags } });
        let rows = api.find("archive", filter).await.rows("Archives");
        assert_eq!(rows.len(), 1, "{tags}");
        assert!(rows[0]["Name"].as_str().unwrap().starts_with(name), "{}", rows[0]);
    }
    let path = format!("archive/{}", api.ubuntu().await);
    assert_eq!(api.get(&path).await.object("Archive")["Scope"], "shared");
    assert_eq!(
        api.delete(&path).await.status,
        403,
        "what is public is not ours to delete"
    );
}
