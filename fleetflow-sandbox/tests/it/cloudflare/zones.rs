//! Accounts and zones.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::Api;

#[tokio::test]
async fn the_account_and_its_zones_can_be_found() {
    let api = Api::start().await;
    let account = api.account().await;
    assert_eq!(
        api.get(&format!("/accounts/{account}")).await.ok()["type"],
        "standard"
    );
    let zones = api.get("/zones").await;
    assert_eq!(zones.body["result_info"]["total_count"], 3);
    let plans: Vec<(Value, Value)> = zones.ok().as_array().unwrap().iter().map(plan).collect();
    let expected = [
        ("creo-memories.com", "free"),
        ("example.com", "pro"),
        ("example.jp", "free"),
    ];
    assert_eq!(plans, expected.map(|(name, plan)| (json!(name), json!(plan))));
    let first = &zones.ok()[0];
    assert_eq!(
        (&first["account"]["id"], &first["status"]),
        (&json!(account), &json!("active"))
    );
    assert_eq!(first["name_servers"].as_array().unwrap().len(), 2);
    assert_eq!(
        &api.get(&format!("/zones/{}", first["id"].as_str().unwrap()))
            .await
            .ok(),
        first
    );
}

fn plan(zone: &Value) -> (Value, Value) {
    (zone["name"].clone(), zone["plan"]["legacy_id"].clone())
}

#[tokio::test]
async fn zone_filters_take_operators_and_combine() {
    let api = Api::start().await;
    let account = api.account().await;
    for (query, expected) in [
        (format!("name=example.com&account.id={account}"), 1),
        ("name=EXAMPLE.com".to_owned(), 1),
        ("name=contains:example".to_owned(), 2),
        ("name=starts_with:creo".to_owned(), 1),
        ("name=ends_with:.com".to_owned(), 2),
        ("name=not_equal:example.com".to_owned(), 2),
        ("name=contains_case_sensitive:EXAMPLE".to_owned(), 0),
        ("name=app.example.com".to_owned(), 0),
        ("status=pending".to_owned(), 0),
        ("status=active&type=full".to_owned(), 3),
        (format!("account.id={}", "b".repeat(32)), 0),
        ("status=pending&name=example.com&match=any".to_owned(), 1),
    ] {
        let found = api.get(&format!("/zones?{query}")).await.ok();
        assert_eq!(found.as_array().unwrap().len(), expected, "{query}");
    }
}

#[tokio::test]
async fn zones_are_paged_and_past_the_end_is_empty() {
    let api = Api::start().await;
    for number in 0..7 {
        let zone = json!({ "name": format!("zone-{number}.example"), "plan": "enterprise" });
        assert_eq!(api.control(Method::POST, "/zones", zone).await.status, 201);
    }
    let second = api.get("/zones?per_page=5&page=2").await;
    let info = json!({ "page": 2, "per_page": 5, "count": 5, "total_count": 10, "total_pages": 2 });
    assert_eq!(second.body["result_info"], info);
    assert_eq!(api.get("/zones?per_page=5&page=3").await.ok(), json!([]));
    for query in ["per_page=4", "per_page=51", "page=0", "per_page=x"] {
        assert_eq!(api.get(&format!("/zones?{query}")).await.status, 400, "{query}");
    }
    let sorted = api.get("/zones?per_page=50&order=name&direction=desc").await.ok();
    assert_eq!(sorted[0]["name"], "zone-6.example");
}

#[tokio::test]
async fn zones_added_to_the_sandbox_are_stored_in_punycode_and_once() {
    let api = Api::start().await;
    let zone = json!({ "name": "日本.example", "plan": "free" });
    let id = api.control(Method::POST, "/zones", zone.clone()).await.body["id"].clone();
    assert_eq!(api.zone("xn--wgv71a.example").await, id);
    assert_eq!(api.control(Method::POST, "/zones", zone).await.status, 409);
    assert_eq!(
        api.control(Method::POST, "/zones", json!({ "name": "x", "plan": "free" }))
            .await
            .status,
        409
    );
}
