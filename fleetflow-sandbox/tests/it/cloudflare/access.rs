//! Credentials, permissions, the request allowance, and the answers to paths that do not exist.

use reqwest::Method;
use serde_json::json;

use super::support::Api;

const KEY: &str = "0123456789abcdef0123456789abcdef01234";

#[tokio::test]
async fn credentials_that_are_missing_malformed_or_unknown_have_their_own_codes() {
    let api = Api::start().await;
    let account = api.account().await;
    let buckets = format!("/accounts/{account}/r2/buckets");
    let verify = format!("/accounts/{account}/tokens/verify");
    for (headers, path, expected) in [
        (vec![], "/zones", (400, 9106)),
        (vec![], verify.as_str(), (400, 1001)),
        (vec![("authorization", "Basic abc")], "/zones", (400, 6003)),
        (vec![("authorization", "Bearer ")], "/zones", (400, 6003)),
        (vec![("authorization", "Bearer nobody")], "/zones", (403, 9109)),
        (
            vec![("authorization", "Bearer nobody")],
            "/user/tokens/verify",
            (401, 1000),
        ),
        (
            vec![("authorization", "Bearer nobody")],
            buckets.as_str(),
            (401, 10_000),
        ),
        (
            vec![("x-auth-email", "sandbox@example.com"), ("x-auth-key", "short")],
            "/zones",
            (400, 6003),
        ),
        (
            vec![("x-auth-email", "other@example.com"), ("x-auth-key", KEY)],
            "/zones",
            (403, 9103),
        ),
        (
            vec![
                ("authorization", "Bearer sandbox-token"),
                ("x-auth-email", "a@b.c"),
                ("x-auth-key", KEY),
            ],
            "/zones",
            (400, 6003),
        ),
    ] {
        assert_eq!(
            api.with(&headers).get(path).await.refused(),
            expected,
            "{headers:?} {path}"
        );
    }
    let bad_key = api
        .with(&[("x-auth-email", "a@b.c"), ("x-auth-key", "short")])
        .get("/zones")
        .await;
    assert_eq!(bad_key.body["errors"][0]["error_chain"][0]["code"], 6103);
}

#[tokio::test]
async fn the_legacy_key_pair_opens_everything() {
    let api = Api::start()
        .await
        .with(&[("x-auth-email", "sandbox@example.com"), ("x-auth-key", KEY)]);
    assert_eq!(api.get("/zones").await.ok().as_array().unwrap().len(), 3);
    let records = api.records("example.com").await;
    api.get(&records).await.ok();
}

#[tokio::test]
async fn verify_tells_user_tokens_from_account_tokens() {
    let api = Api::start().await;
    let account = api.account().await;
    let at_account = format!("/accounts/{account}/tokens/verify");
    assert_eq!(api.get("/user/tokens/verify").await.ok()["status"], "active");
    assert_eq!(api.get(&at_account).await.refused(), (401, 1000));

    let token = json!({ "token": "of-account", "account_owned": true, "expires_on": "2026-05-01T01:00:00Z" });
    api.control(Method::POST, "/tokens", token).await;
    let owned = api.with(&[("authorization", "Bearer of-account")]);
    assert_eq!(owned.get("/user/tokens/verify").await.refused(), (401, 1000));
    assert_eq!(
        owned.get(&at_account).await.ok()["expires_on"],
        "2026-05-01T01:00:00Z"
    );
    assert_eq!(owned.get("/memberships").await.refused(), (403, 10_000));
    api.advance(3600);
    assert_eq!(owned.get(&at_account).await.refused(), (401, 1000));
}

#[tokio::test]
async fn a_token_without_a_permission_is_told_so() {
    let api = Api::start().await;
    let (buckets, records) = (api.buckets().await, api.records("example.com").await);
    let zone = format!("/zones/{}", api.zone("example.com").await);
    let record = json!({ "type": "A", "name": "a", "content": "192.0.2.1" });

    let reader = api.limited(&["Zone Read", "DNS Read"]).await;
    reader.get(&zone).await.ok();
    reader.get(&records).await.ok();
    assert_eq!(
        reader.post(&records, record.clone()).await.refused(),
        (403, 10_000)
    );
    assert_eq!(reader.get(&buckets).await.refused(), (403, 10_000));

    let writer = api.limited(&["DNS Write"]).await;
    writer.get(&records).await.ok();
    writer.post(&records, record).await.ok();
    assert_eq!(writer.get(&zone).await.refused(), (403, 9109));
}

#[tokio::test]
async fn a_token_shows_its_policies_to_those_who_may_read_tokens() {
    let api = Api::start().await;
    let known = api.get("/user/tokens/verify").await.ok();
    let path = format!("/user/tokens/{}", known["id"].as_str().unwrap());
    let whole = api.get(&path).await.ok();
    let policies = whole["policies"].as_array().unwrap();
    assert_eq!(policies.len(), 3, "zones, account, user");
    assert!(policies.iter().all(|policy| policy["effect"] == "allow"));
    assert!(whole["value"].is_null());

    let token = json!({
        "token": "narrow", "zones": ["example.jp"], "permissions": ["DNS Write", "API Tokens Read", "Pages Read"],
    });
    api.control(Method::POST, "/tokens", token).await;
    let narrow = api.with(&[("authorization", "Bearer narrow")]);
    let id = narrow.get("/user/tokens/verify").await.ok()["id"].clone();
    let narrow = narrow
        .get(&format!("/user/tokens/{}", id.as_str().unwrap()))
        .await
        .ok();
    let zone = format!("com.cloudflare.api.account.zone.{}", api.zone("example.jp").await);
    assert_eq!(narrow["policies"][0]["resources"], json!({ zone: "*" }));
    assert_eq!(narrow["policies"][0]["permission_groups"][0]["name"], "DNS Write");
    assert_eq!(
        narrow["policies"][1]["permission_groups"][0]["name"],
        "Pages Read"
    );

    let blind = api.limited(&["DNS Write"]).await;
    assert_eq!(blind.get(&path).await.refused(), (403, 9109));
    let account = api.account().await;
    let elsewhere = format!("/accounts/{account}/tokens/{}", id.as_str().unwrap());
    assert_eq!(api.get(&elsewhere).await.refused(), (404, 1003));
}

#[tokio::test]
async fn a_token_for_one_zone_does_not_see_the_others() {
    let api = Api::start().await;
    let other = api.records("example.com").await;
    let token = json!({ "token": "one-zone", "zones": ["example.jp"] });
    api.control(Method::POST, "/tokens", token).await;
    let narrow = api.with(&[("authorization", "Bearer one-zone")]);
    let zones = narrow.get("/zones").await.ok();
    assert_eq!(
        (zones.as_array().unwrap().len(), &zones[0]["name"]),
        (1, &json!("example.jp"))
    );
    assert_eq!(narrow.get(&other).await.refused(), (403, 10_000));
}

#[tokio::test]
async fn every_answer_carries_ray_and_rate_limit_headers() {
    let api = Api::start().await;
    let first = api.get("/zones").await;
    assert_eq!(first.header("ratelimit"), "\"default\";r=1199;t=300");
    assert_eq!(first.header("ratelimit-policy"), "\"default\";q=1200;w=300");
    assert!(first.header("cf-ray").ends_with("-NRT"));
    api.advance(10);
    assert_eq!(
        api.get("/nowhere").await.header("ratelimit"),
        "\"default\";r=1198;t=290"
    );
    assert!(!first.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn too_many_requests_are_refused_until_the_window_ends() {
    let api = Api::start().await;
    let limits = json!({ "requests": 3, "window_seconds": 300 });
    assert_eq!(api.control(Method::PUT, "/limits", limits).await.status, 204);
    for _ in 0..3 {
        api.get("/zones").await.ok();
    }
    api.advance(100);
    let refused = api.get("/zones").await;
    assert_eq!(refused.refused(), (429, 10_100));
    assert_eq!(refused.header("retry-after"), "200");
    assert_eq!(refused.header("ratelimit"), "\"default\";r=0;t=200");
    assert!(
        refused
            .message()
            .starts_with("More than 3 requests per 300 seconds reached.")
    );

    let key = api.with(&[("x-auth-email", "sandbox@example.com"), ("x-auth-key", KEY)]);
    assert_eq!(
        key.get("/zones").await.status,
        429,
        "keys and tokens of one user share one allowance"
    );
    api.advance(200);
    api.get("/zones").await.ok();
}

#[tokio::test]
async fn unknown_paths_methods_and_malformed_ids_are_not_found() {
    let api = Api::start().await;
    let unknown = api.get("/zones/settings/everything").await;
    assert_eq!(unknown.refused(), (404, 7003));
    assert_eq!(unknown.body["errors"][1]["code"], 7000);
    assert_eq!(
        api.send(Method::PATCH, "/zones", None).await.refused(),
        (405, 7001)
    );
    assert_eq!(api.get("/zones/NOT-AN-ID").await.refused(), (404, 7003));
    assert_eq!(api.get("/accounts/acc/r2/buckets").await.refused(), (404, 7003));
    assert_eq!(
        api.get(&format!("/zones/{}", "a".repeat(32))).await.refused(),
        (404, 1001)
    );
    let elsewhere = format!("/accounts/{}/r2/buckets", "a".repeat(32));
    assert_eq!(api.get(&elsewhere).await.refused(), (403, 10_000));
}

#[tokio::test]
async fn a_person_is_known_by_e_mail_and_an_account_is_nobody() {
    let api = Api::start().await;
    assert!(
        api.get("/user").await.ok()["email"]
            .as_str()
            .unwrap()
            .contains('@')
    );
    let limited = api.limited(&["Account Settings Read"]).await;
    assert_eq!(limited.get("/user").await.refused(), (403, 9109));
}
