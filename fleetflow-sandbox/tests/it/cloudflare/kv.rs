//! Workers KV.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::Api;

async fn namespaces() -> (Api, String) {
    let api = Api::start().await;
    let path = format!("/accounts/{}/storage/kv/namespaces", api.account().await);
    (api, path)
}

#[tokio::test]
async fn a_namespace_is_made_renamed_and_deleted() {
    let (api, namespaces) = namespaces().await;
    let made = api.post(&namespaces, json!({ "title": "cache" })).await.ok();
    assert_eq!(
        (&made["title"], &made["supports_url_encoding"]),
        (&json!("cache"), &json!(true))
    );
    let one = format!("{namespaces}/{}", made["id"].as_str().unwrap());
    assert_eq!(api.get(&one).await.ok(), made);
    assert_eq!(
        api.post(&namespaces, json!({ "title": "cache" })).await.refused(),
        (400, 10_014)
    );
    assert_eq!(
        api.post(&namespaces, json!({ "title": "" })).await.refused(),
        (400, 10_019)
    );
    let other = api.post(&namespaces, json!({ "title": "other" })).await.id();
    let clash = api
        .put(&format!("{namespaces}/{other}"), json!({ "title": "cache" }))
        .await;
    assert_eq!(clash.refused(), (400, 10_014));
    api.put(&one, json!({ "title": "cache" })).await.ok();
    api.put(&one, json!({ "title": "fresh" })).await.ok();
    assert_eq!(api.get(&one).await.ok()["title"], "fresh");
    api.delete(&one).await.ok();
    assert_eq!(api.get(&one).await.refused(), (404, 10_013));
    assert_eq!(api.delete(&one).await.refused(), (404, 10_013));
}

#[tokio::test]
async fn namespaces_are_paged() {
    let (api, namespaces) = namespaces().await;
    for number in 0..23 {
        api.post(&namespaces, json!({ "title": format!("t{number:02}") }))
            .await
            .ok();
    }
    let first = api.get(&namespaces).await;
    let info = json!({ "page": 1, "per_page": 20, "count": 20, "total_count": 23, "total_pages": 2 });
    assert_eq!(first.body["result_info"], info);
    let last = api
        .get(&format!("{namespaces}?per_page=1000&order=title&direction=desc"))
        .await
        .ok();
    assert_eq!(
        (last.as_array().unwrap().len(), &last[0]["title"]),
        (23, &json!("t22"))
    );
    assert_eq!(api.get(&format!("{namespaces}?page=3")).await.ok(), json!([]));
    assert_eq!(api.get(&format!("{namespaces}?per_page=1001")).await.status, 400);
}

#[tokio::test]
async fn values_go_in_and_come_out_as_bytes_and_expire() {
    let (api, namespaces) = namespaces().await;
    let one = format!(
        "{namespaces}/{}",
        api.post(&namespaces, json!({ "title": "v" })).await.id()
    );
    let value = format!("{one}/values/a%2Fb");
    api.send(Method::PUT, &value, Some(b"\x00raw".to_vec()))
        .await
        .ok();
    assert_eq!(api.get(&value).await.bytes, b"\x00raw");
    api.send(
        Method::PUT,
        &format!("{one}/values/soon?expiration_ttl=60"),
        Some(b"x".to_vec()),
    )
    .await
    .ok();
    let short = api
        .send(
            Method::PUT,
            &format!("{one}/values/no?expiration_ttl=59"),
            Some(b"x".to_vec()),
        )
        .await;
    assert_eq!(short.refused(), (400, 10_034));
    assert_eq!(
        names(&api.get(&format!("{one}/keys")).await.ok()),
        ["a/b", "soon"]
    );
    api.advance(60);
    assert_eq!(
        api.get(&format!("{one}/values/soon")).await.refused(),
        (404, 10_009)
    );
    api.delete(&value).await.ok();
    assert_eq!(api.get(&value).await.refused(), (404, 10_009));
    assert_eq!(api.get(&format!("{one}/keys")).await.ok(), json!([]));
}

#[tokio::test]
async fn bulk_writes_say_which_keys_failed() {
    let (api, namespaces) = namespaces().await;
    let one = format!(
        "{namespaces}/{}",
        api.post(&namespaces, json!({ "title": "b" })).await.id()
    );
    let mut pairs: Vec<Value> = (0..12)
        .map(|n| json!({ "key": format!("k{n:02}"), "value": "v" }))
        .collect();
    pairs.push(json!({ "key": "raw", "value": "aGk=", "base64": true, "metadata": { "a": 1 } }));
    pairs.push(json!({ "key": "k".repeat(513), "value": "v" }));
    pairs.push(json!({ "key": "ttl", "value": "v", "expiration_ttl": 5 }));
    let written = api.put(&format!("{one}/bulk"), json!(pairs)).await.ok();
    assert_eq!(written["successful_key_count"], 13);
    assert_eq!(written["unsuccessful_keys"], json!(["k".repeat(513), "ttl"]));
    let first = api.get(&format!("{one}/keys?limit=10")).await;
    let cursor = first.body["result_info"]["cursor"].as_str().unwrap();
    let rest = api.get(&format!("{one}/keys?limit=10&cursor={cursor}")).await;
    assert_eq!(names(&rest.ok()), ["k10", "k11", "raw"]);
    assert_eq!(
        (&rest.ok()[2]["metadata"], &rest.body["result_info"]["cursor"]),
        (&json!({ "a": 1 }), &json!(""))
    );
    let read = api
        .post(&format!("{one}/bulk/get"), json!({ "keys": ["raw", "none"] }))
        .await
        .ok();
    assert_eq!(read["values"], json!({ "raw": "hi", "none": null }));
    api.post(&format!("{one}/bulk/delete"), json!(["k00", "k01"]))
        .await
        .ok();
    assert_eq!(
        api.get(&format!("{one}/keys?prefix=k0"))
            .await
            .ok()
            .as_array()
            .unwrap()
            .len(),
        8
    );
}

fn names(keys: &Value) -> Vec<String> {
    keys.as_array()
        .unwrap()
        .iter()
        .map(|key| key["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_form_holds_a_value_and_its_metadata() {
    let (api, namespaces) = namespaces().await;
    let id = api.post(&namespaces, json!({ "title": "v" })).await.id();
    let path = format!("{namespaces}/{id}/values/a");
    let part = |name: &str, body: &str| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{body}\r\n")
    };
    let put = async |parts: String| {
        let form = api.and("content-type", "multipart/form-data; boundary=XX");
        form.send(
            Method::PUT,
            &path,
            Some(format!("{parts}--XX--\r\n").into_bytes()),
        )
        .await
    };
    put(part("value", "1") + &part("metadata", r#"{"m":2}"#))
        .await
        .ok();
    assert_eq!(api.get(&path).await.bytes, b"1");
    let keys = api.get(&format!("{namespaces}/{id}/keys")).await.ok();
    assert_eq!(keys[0], json!({ "name": "a", "metadata": { "m": 2 } }));
    assert_eq!(put(part("other", "1")).await.status, 400);
}
