//! Buckets with their settings and objects.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::Api;

#[tokio::test]
async fn a_bucket_is_made_shown_and_deleted() {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    let new = json!({ "name": "assets", "locationHint": "weur", "storageClass": "InfrequentAccess" });
    let made = api.post(&buckets, new).await.ok();
    let expected = json!({
        "name": "assets", "creation_date": "2026-05-01T00:00:00.123Z", "location": "WEUR",
        "storage_class": "InfrequentAccess", "jurisdiction": "default",
    });
    assert_eq!(made, expected);
    let one = format!("{buckets}/assets");
    assert_eq!(api.get(&one).await.ok(), expected);
    let again = api.post(&buckets, json!({ "name": "assets" })).await;
    assert_eq!(again.refused(), (409, 10_004));
    api.delete(&one).await.ok();
    assert_eq!(api.delete(&one).await.refused(), (404, 10_006));
    assert_eq!(api.get(&one).await.refused(), (404, 10_006));
    let back = api
        .post(&buckets, json!({ "name": "assets", "locationHint": "apac" }))
        .await;
    assert_eq!(
        back.ok()["location"],
        "WEUR",
        "a name goes back to where it was first made"
    );
}

#[tokio::test]
async fn bucket_names_locations_and_classes_are_checked() {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    for name in [
        "",
        "ab",
        "Upper",
        "under_score",
        "-dash",
        "dash-",
        "dot.ted",
        &"n".repeat(64),
    ] {
        assert_eq!(
            api.post(&buckets, json!({ "name": name })).await.refused(),
            (400, 10_005),
            "{name}"
        );
    }
    for bad in [
        json!({ "name": "good", "locationHint": "WEUR" }),
        json!({ "name": "good", "storageClass": "Glacier" }),
        json!({ "locationHint": "weur" }),
    ] {
        assert_eq!(api.post(&buckets, bad).await.refused(), (400, 10_040));
    }
    api.post(&buckets, json!({ "name": "n".repeat(63) })).await.ok();
}

#[tokio::test]
async fn the_storage_class_is_changed_by_a_header() {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    api.post(&buckets, json!({ "name": "assets" })).await.ok();
    let one = format!("{buckets}/assets");
    let ignored = api
        .patch(&one, json!({ "storageClass": "InfrequentAccess" }))
        .await;
    assert_eq!(ignored.ok()["storage_class"], "Standard");
    let changed = api
        .and("cf-r2-storage-class", "InfrequentAccess")
        .send(Method::PATCH, &one, None)
        .await;
    assert_eq!(changed.ok()["storage_class"], "InfrequentAccess");
    let wrong = api
        .and("cf-r2-storage-class", "Glacier")
        .send(Method::PATCH, &one, None)
        .await;
    assert_eq!(wrong.refused(), (400, 10_062));
}

#[tokio::test]
async fn a_jurisdiction_is_a_namespace_of_its_own() {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    let europe = api.and("cf-r2-jurisdiction", "eu");
    europe.post(&buckets, json!({ "name": "assets" })).await.ok();
    assert_eq!(
        api.get(&format!("{buckets}/assets")).await.refused(),
        (404, 10_006)
    );
    assert_eq!(api.get(&buckets).await.ok()["buckets"], json!([]));
    api.post(&buckets, json!({ "name": "assets" })).await.ok();
    let europes = europe.get(&buckets).await.ok();
    assert_eq!(europes["buckets"][0]["jurisdiction"], "eu");
    assert_eq!(
        api.and("cf-r2-jurisdiction", "moon").get(&buckets).await.status,
        400
    );
}

#[tokio::test]
async fn buckets_are_read_by_cursor() {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    for number in 0..25 {
        api.post(&buckets, json!({ "name": format!("bucket-{number:02}") }))
            .await
            .ok();
    }
    let first = api.get(&buckets).await;
    assert_eq!(
        first.ok()["buckets"].as_array().unwrap().len(),
        20,
        "twenty unless asked otherwise"
    );
    let cursor = first.body["result_info"]["cursor"].as_str().unwrap().to_owned();
    let second = api.get(&format!("{buckets}?cursor={cursor}")).await;
    assert_eq!(names(&second.ok())[0], "bucket-20");
    assert_eq!(
        second.body["result_info"],
        json!({ "per_page": 20 }),
        "no cursor at the end"
    );
    let all = api.get(&format!("{buckets}?per_page=1000&cursor=")).await.ok();
    assert_eq!(names(&all).len(), 25);
    let found = api
        .get(&format!(
            "{buckets}?name_contains=-1&start_after=bucket-17&direction=asc"
        ))
        .await
        .ok();
    assert_eq!(names(&found), ["bucket-18", "bucket-19"]);
    let reversed = api
        .get(&format!("{buckets}?order=name&direction=desc&per_page=2"))
        .await;
    assert_eq!(names(&reversed.ok()), ["bucket-24", "bucket-23"]);
    let cursor = reversed.body["result_info"]["cursor"].as_str().unwrap();
    let next = api
        .get(&format!("{buckets}?direction=desc&per_page=2&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(names(&next), ["bucket-22", "bucket-21"]);
    assert_eq!(api.get(&format!("{buckets}?per_page=1001")).await.status, 400);
    assert_eq!(api.get(&format!("{buckets}?cursor=%21")).await.status, 400);
}

fn names(result: &Value) -> Vec<String> {
    let buckets = result["buckets"].as_array().unwrap();
    buckets
        .iter()
        .map(|bucket| bucket["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn cors_is_absent_until_it_is_put() {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    api.post(&buckets, json!({ "name": "assets" })).await.ok();
    let cors = format!("{buckets}/assets/cors");
    assert_eq!(api.get(&cors).await.refused(), (404, 10_059));
    assert_eq!(
        api.get(&format!("{buckets}/missing/cors")).await.refused(),
        (404, 10_006)
    );
    let rule = |methods: Value, age: u64| {
        json!({ "rules": [{
            "id": "web", "allowed": { "origins": ["https://a.example"], "methods": methods, "headers": ["x-a"] },
            "exposeHeaders": ["ETag"], "maxAgeSeconds": age,
        }]})
    };
    assert_eq!(api.put(&cors, rule(json!(["GET"]), 3600)).await.ok(), json!({}));
    assert_eq!(api.get(&cors).await.ok(), rule(json!(["GET"]), 3600));
    let s3 = json!({ "rules": [{ "AllowedOrigins": ["*"], "AllowedMethods": ["GET"] }] });
    for bad in [
        rule(json!(["OPTIONS"]), 0),
        rule(json!(["GET"]), 86_401),
        rule(json!([]), 0),
        s3,
    ] {
        assert_eq!(api.put(&cors, bad).await.refused(), (400, 10_040));
    }
    assert_eq!(api.get(&cors).await.ok(), rule(json!(["GET"]), 3600));
    api.delete(&cors).await.ok();
    assert_eq!(api.get(&cors).await.refused(), (404, 10_059));
}

#[tokio::test]
async fn a_new_bucket_drops_unfinished_uploads_until_its_rules_are_replaced() {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    api.post(&buckets, json!({ "name": "assets" })).await.ok();
    let lifecycle = format!("{buckets}/assets/lifecycle");
    let default = api.get(&lifecycle).await.ok();
    assert_eq!(default["rules"][0]["id"], "Default Multipart Abort Rule");
    assert_eq!(default["rules"][0]["conditions"], json!({}));
    assert_eq!(
        default["rules"][0]["abortMultipartUploadsTransition"]["condition"]["maxAge"],
        604_800
    );
    let rule = json!({
        "id": "tmp", "enabled": true, "conditions": { "prefix": "tmp/" },
        "deleteObjectsTransition": { "condition": { "type": "Age", "maxAge": 86_400 } },
        "storageClassTransitions": [
            { "condition": { "type": "Date", "date": "2026-01-01T00:00:00Z" }, "storageClass": "InfrequentAccess" },
        ],
    });
    assert_eq!(
        api.put(&lifecycle, json!({ "rules": [rule] })).await.ok(),
        json!({})
    );
    assert_eq!(api.get(&lifecycle).await.ok(), json!({ "rules": [rule] }));
    let bad = json!({ "id": "x", "enabled": true, "conditions": {},
        "abortMultipartUploadsTransition": { "condition": { "type": "Date", "date": "2026-01-01T00:00:00Z" } } });
    for rules in [json!([bad]), json!([rule, rule]), json!([{ "id": "x" }])] {
        assert_eq!(
            api.put(&lifecycle, json!({ "rules": rules })).await.refused(),
            (400, 10_040)
        );
    }
    api.put(&lifecycle, json!({ "rules": [] })).await.ok();
    assert_eq!(api.get(&lifecycle).await.ok(), json!({ "rules": [] }));
}

#[tokio::test]
async fn objects_keep_a_bucket_from_being_deleted() {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    api.post(&buckets, json!({ "name": "assets" })).await.ok();
    let objects = format!("{buckets}/assets/objects");
    let image = api.and("content-type", "image/png");
    let put = image
        .send(
            Method::PUT,
            &format!("{objects}/img/a%20b.png"),
            Some(b"hello".to_vec()),
        )
        .await;
    assert_eq!(put.ok()["etag"], "5d41402abc4b2a76b9719d911017c592");
    for key in ["img/c", "x"] {
        api.send(Method::PUT, &format!("{objects}/{key}"), Some(Vec::new()))
            .await
            .ok();
    }
    let read = api.get(&format!("{objects}/img/a%20b.png")).await;
    assert_eq!(
        (read.bytes.as_slice(), read.header("content-type")),
        (b"hello".as_slice(), "image/png")
    );
    let listed = api.get(&format!("{objects}?prefix=img/&per_page=1")).await;
    assert_eq!(listed.ok()[0]["key"], "img/a b.png");
    assert_eq!(
        (
            &listed.ok()[0]["size"],
            &listed.body["result_info"]["is_truncated"]
        ),
        (&json!(5), &json!(true))
    );
    let cursor = listed.body["result_info"]["cursor"].as_str().unwrap();
    let rest = api.get(&format!("{objects}?prefix=img/&cursor={cursor}")).await;
    assert_eq!(
        (&rest.ok()[0]["key"], &rest.body["result_info"]["is_truncated"]),
        (&json!("img/c"), &json!(false))
    );

    assert_eq!(
        api.delete(&format!("{buckets}/assets")).await.refused(),
        (409, 10_008)
    );
    api.delete(&format!("{objects}/x")).await.ok();
    assert_eq!(api.delete(&format!("{objects}/x")).await.refused(), (404, 10_007));
    assert_eq!(api.get(&format!("{objects}/x")).await.refused(), (404, 10_007));
    let keys = json!(["img/a b.png", "img/c"]).to_string().into_bytes();
    api.send(Method::DELETE, &objects, Some(keys)).await.ok();
    api.delete(&format!("{buckets}/assets")).await.ok();
}

#[tokio::test]
async fn lock_rules_hold_objects() {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    api.post(&buckets, json!({ "name": "assets" })).await.ok();
    let lock = format!("{buckets}/assets/lock");
    let rules = json!({ "rules": [
        { "id": "hour", "enabled": true, "prefix": "log/", "condition": { "type": "Age", "maxAgeSeconds": 3600 } },
    ]});
    api.put(&lock, rules.clone()).await.ok();
    assert_eq!(api.get(&lock).await.ok(), rules);
    let object = format!("{buckets}/assets/objects/log/1");
    api.send(Method::PUT, &object, Some(b"x".to_vec())).await.ok();
    assert_eq!(api.delete(&object).await.refused(), (403, 10_069));
    assert_eq!(
        api.send(Method::PUT, &object, Some(b"y".to_vec()))
            .await
            .refused(),
        (403, 10_069)
    );
    api.advance(3600);
    api.delete(&object).await.ok();
}

#[tokio::test]
async fn the_managed_domain_can_be_switched() {
    let api = Api::start().await;
    let buckets = api.buckets().await;
    api.post(&buckets, json!({ "name": "assets" })).await.ok();
    let managed = format!("{buckets}/assets/domains/managed");
    let off = api.get(&managed).await.ok();
    assert_eq!(off["enabled"], false);
    assert_eq!(
        off["domain"],
        format!("pub-{}.r2.dev", off["bucketId"].as_str().unwrap())
    );
    assert_eq!(
        api.put(&managed, json!({ "enabled": true })).await.ok()["enabled"],
        true
    );
    assert_eq!(api.get(&managed).await.ok()["enabled"], true);
    assert_eq!(api.put(&managed, json!({})).await.status, 400);
}
