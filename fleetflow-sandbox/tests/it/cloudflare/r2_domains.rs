//! Custom domains of buckets, the records behind them, and what is left when everything is deleted.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::Api;

struct Stage {
    api: Api,
    bucket: String,
    domains: String,
    records: String,
    zone: String,
}

async fn stage() -> Stage {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    api.post(&buckets, json!({ "name": "assets" })).await.ok();
    let (zone, records) = (api.zone("example.com").await, api.records("example.com").await);
    let bucket = format!("{buckets}/assets");
    Stage {
        domains: format!("{bucket}/domains/custom"),
        bucket,
        records,
        zone,
        api,
    }
}

impl Stage {
    fn domain(&self, host: &str) -> Value {
        json!({ "domain": host, "zoneId": self.zone, "enabled": true })
    }
}

#[tokio::test]
async fn a_domain_becomes_active_with_time() {
    let stage = stage().await;
    let Stage {
        api, domains, zone, ..
    } = &stage;
    let sent = json!({ "domain": "cdn.example.com", "zoneId": zone, "enabled": true, "minTLS": "1.2" });
    let made = api.post(domains, sent.clone()).await.ok();
    assert_eq!(made, sent, "a write does not tell the status");
    let one = format!("{domains}/cdn.example.com");
    let status = async || api.get(&one).await.ok()["status"].clone();
    assert_eq!(
        status().await,
        json!({ "ownership": "pending", "ssl": "initializing" })
    );
    api.advance(30);
    assert_eq!(
        status().await,
        json!({ "ownership": "pending", "ssl": "pending" })
    );
    api.advance(30);
    assert_eq!(status().await, json!({ "ownership": "active", "ssl": "active" }));
    let listed = api.get(domains).await.ok();
    assert_eq!(
        (&listed["domains"][0]["zoneName"], &listed["domains"][0]["minTLS"]),
        (&json!("example.com"), &json!("1.2"))
    );
}

#[tokio::test]
async fn the_record_of_a_domain_is_read_only_and_goes_with_it() {
    let stage = stage().await;
    let Stage {
        api,
        domains,
        records,
        ..
    } = &stage;
    api.post(domains, stage.domain("cdn.example.com")).await.ok();
    let one = format!("{domains}/cdn.example.com");
    let record = api.get(&format!("{records}?name=cdn.example.com")).await.ok()[0].clone();
    assert_eq!(
        (
            &record["type"],
            &record["content"],
            &record["proxied"],
            &record["ttl"]
        ),
        (&json!("CNAME"), &json!("public.r2.dev"), &json!(true), &json!(1))
    );
    assert_eq!(
        record["meta"],
        json!({ "r2_bucket": "assets", "read_only": true })
    );
    let record = format!("{records}/{}", record["id"].as_str().unwrap());
    assert_eq!(api.delete(&record).await.refused(), (400, 1043));
    assert_eq!(
        api.patch(&record, json!({ "proxied": false })).await.refused(),
        (400, 1043)
    );
    let put = json!({ "type": "A", "name": "cdn", "content": "192.0.2.1" });
    assert_eq!(api.put(&record, put.clone()).await.refused(), (400, 1043));
    assert_eq!(api.post(records, put).await.refused(), (400, 81054));
    let id = record.rsplit('/').next().unwrap();
    let batch = json!({ "deletes": [{ "id": id }] });
    assert_eq!(
        api.post(&format!("{records}/batch"), batch).await.refused(),
        (400, 1043)
    );

    assert_eq!(
        api.delete(&one).await.ok(),
        json!({ "domain": "cdn.example.com" })
    );
    assert_eq!(api.get(records).await.ok(), json!([]));
    assert_eq!(api.get(&one).await.status, 404);
    assert_ne!(api.get(&one).await.refused().1, 10_006);
    assert_eq!(api.delete(&one).await.status, 404);
}

#[tokio::test]
async fn a_domain_can_be_changed_and_switched_off() {
    let stage = stage().await;
    let Stage { api, domains, .. } = &stage;
    api.post(domains, stage.domain("cdn.example.com")).await.ok();
    api.advance(60);
    let one = format!("{domains}/cdn.example.com");
    api.put(&one, json!({ "minTLS": "1.3" })).await.ok();
    let read = api.get(&one).await.ok();
    assert_eq!(
        (&read["minTLS"], &read["enabled"], &read["status"]["ssl"]),
        (&json!("1.3"), &json!(true), &json!("active"))
    );
    api.put(&one, json!({ "enabled": false })).await.ok();
    assert_eq!(
        api.get(&one).await.ok()["status"],
        json!({ "ownership": "deactivated", "ssl": "deactivated" })
    );
    api.put(&one, json!({ "enabled": true })).await.ok();
    assert_eq!(api.get(&one).await.ok()["status"]["ownership"], "pending");
    assert_eq!(
        api.put(&one, json!({ "minTLS": "2.0" })).await.refused(),
        (400, 10_021)
    );
}

#[tokio::test]
async fn a_domain_needs_a_free_host_in_a_zone_of_the_account() {
    let stage = stage().await;
    let Stage {
        api,
        domains,
        records,
        bucket,
        ..
    } = &stage;
    let strange = json!({ "domain": "cdn.example.com", "zoneId": "a".repeat(32), "enabled": true });
    assert_eq!(api.post(domains, strange).await.refused(), (400, 10_021));
    assert_eq!(
        api.post(domains, stage.domain("cdn.example.jp")).await.refused(),
        (400, 10_021)
    );
    assert_eq!(
        api.post(domains, stage.domain("notexample.com")).await.refused(),
        (400, 10_021)
    );
    assert_eq!(
        api.post(domains, json!({ "domain": "cdn.example.com" }))
            .await
            .status,
        400
    );

    let held = api
        .post(
            records,
            json!({ "type": "A", "name": "cdn", "content": "192.0.2.1" }),
        )
        .await
        .id();
    let taken = api.post(domains, stage.domain("cdn.example.com")).await;
    assert_eq!(taken.refused(), (409, 10_021));
    assert_eq!(taken.body["errors"][0]["error_chain"][0]["code"], 81053);
    assert_eq!(api.get(domains).await.ok()["domains"], json!([]));
    api.delete(&format!("{records}/{held}")).await.ok();
    api.post(domains, stage.domain("cdn.example.com")).await.ok();
    assert_eq!(
        api.post(domains, stage.domain("cdn.example.com")).await.status,
        409
    );
    let missing = format!("{bucket}-not/domains/custom");
    assert_eq!(
        api.post(&missing, stage.domain("x.example.com")).await.refused(),
        (404, 10_006)
    );
}

#[tokio::test]
async fn a_bucket_takes_its_domains_along() {
    let stage = stage().await;
    stage
        .api
        .post(&stage.domains, stage.domain("cdn.example.com"))
        .await
        .ok();
    stage.api.delete(&stage.bucket).await.ok();
    assert_eq!(stage.api.get(&stage.records).await.ok(), json!([]));
}

#[tokio::test]
async fn after_everything_is_deleted_the_inventory_is_that_of_a_fresh_sandbox() {
    let stage = stage().await;
    let Stage {
        api,
        bucket,
        domains,
        records,
        ..
    } = &stage;
    let fresh = Api::start().await.inventory().to_string();
    let kv = format!("/accounts/{}/storage/kv/namespaces", api.account().await);
    api.post(domains, stage.domain("cdn.example.com")).await.ok();
    let record = api
        .post(
            records,
            json!({ "type": "A", "name": "a", "content": "192.0.2.1" }),
        )
        .await
        .id();
    let namespace = api.post(&kv, json!({ "title": "cache" })).await.id();
    api.send(Method::PUT, &format!("{bucket}/objects/k"), Some(b"v".to_vec()))
        .await
        .ok();
    let full = api.inventory();
    assert_eq!(
        full["dns_records"].as_array().unwrap().len(),
        1,
        "a managed record is not the user's: {full:#}"
    );
    assert_eq!(full["r2"][0]["domains"][0]["domain"], "cdn.example.com");
    assert_eq!(
        (&full["r2"][0]["objects"], &full["kv"][0]["title"]),
        (&json!(["k"]), &json!("cache"))
    );

    api.delete(&format!("{bucket}/objects/k")).await.ok();
    api.delete(&format!("{domains}/cdn.example.com")).await.ok();
    api.delete(bucket).await.ok();
    api.delete(&format!("{records}/{record}")).await.ok();
    api.delete(&format!("{kv}/{namespace}")).await.ok();
    assert_eq!(api.inventory().to_string(), fresh);
}
