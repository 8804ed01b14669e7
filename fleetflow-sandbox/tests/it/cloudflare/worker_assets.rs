//! Static files of Workers: the upload session, its tokens, and what a version serves of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::support::{Api, Reply};
use super::workers::{CODE, form};

const PAGE: (&str, &str) = ("00000000000000000000000000000001", "<h1>hi</h1>");
const STYLE: (&str, &str) = ("00000000000000000000000000000002", "body{}");

struct Site {
    api: Api,
    account: String,
    script: String,
}

async fn site() -> Site {
    let api = Api::start().await;
    let account = format!("/accounts/{}", api.account().await);
    let script = format!("{account}/workers/scripts/hello");
    Site { api, account, script }
}

impl Site {
    async fn begin(&self, files: &[(&str, (&str, &str))]) -> Reply {
        let entry = |(path, (hash, text)): &(&str, (&str, &str))| {
            ((*path).to_owned(), json!({ "hash": hash, "size": text.len() }))
        };
        let manifest: serde_json::Map<String, Value> = files.iter().map(entry).collect();
        let path = format!("{}/assets-upload-session", self.script);
        self.api.post(&path, json!({ "manifest": manifest })).await
    }

    async fn send(&self, token: &str, (hash, text): (&str, &str)) -> Reply {
        let path = format!("{}/workers/assets/upload?base64=true", self.account);
        let body = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"{hash}\"; filename=\"{hash}\"\r\nContent-Type: text/html\r\n\r\n{}\r\n--XX--\r\n",
            STANDARD.encode(text)
        );
        let authorization = format!("Bearer {token}");
        let uploader = self.api.with(&[
            ("authorization", authorization.as_str()),
            ("content-type", "multipart/form-data; boundary=XX"),
        ]);
        uploader.send(Method::POST, &path, Some(body.into_bytes())).await
    }

    async fn put(&self, metadata: Value, with_code: bool) -> Reply {
        let module = ("index.js", "application/javascript+module", CODE);
        let modules = if with_code { vec![module] } else { Vec::new() };
        let (content_type, body) = form(&metadata, &modules);
        let api = self.api.and("content-type", &content_type);
        api.send(Method::PUT, &self.script, Some(body)).await
    }
}

fn token(reply: &Reply) -> String {
    reply.body["result"]["jwt"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn files_come_once_and_belong_to_a_version() {
    let site = site().await;
    let files = [
        ("/index.html", PAGE),
        ("/a/style.css", STYLE),
        ("/copy.html", PAGE),
    ];
    let begun = site.begin(&files).await;
    assert_eq!(begun.ok()["buckets"], json!([[STYLE.0, PAGE.0]]));
    let unfinished = json!({ "assets": { "jwt": token(&begun) }, "compatibility_date": "2026-01-01" });
    assert_eq!(site.put(unfinished, false).await.refused(), (400, 10_021));
    assert_eq!(site.send("none", PAGE).await.refused().0, 401);
    let bad = site
        .send(&token(&begun), (PAGE.0, "not the announced size"))
        .await;
    assert_eq!(bad.refused(), (400, 10_021));
    assert_eq!(site.send(&token(&begun), PAGE).await.status, 202);
    let last = site.send(&token(&begun), STYLE).await;
    assert_eq!(last.status, 201);
    let metadata = json!({
        "main_module": "index.js", "compatibility_date": "2026-01-01",
        "assets": { "jwt": token(&last), "config": { "not_found_handling": "404-page" } },
        "bindings": [{ "type": "assets", "name": "ASSETS" }],
    });
    assert_eq!(
        site.put(metadata.clone(), true).await.ok()["has_assets"],
        json!(true)
    );
    let shown = site.api.inventory()["workers"]["scripts"][0]["assets"].clone();
    assert_eq!(
        shown["files"],
        json!({ "/index.html": PAGE.0, "/a/style.css": STYLE.0, "/copy.html": PAGE.0 })
    );
    let again = site.begin(&[("/index.html", PAGE)]).await;
    assert_eq!(
        again.ok()["buckets"],
        json!([]),
        "what is there is not asked for again"
    );
    let only = json!({ "assets": { "jwt": token(&again) }, "compatibility_date": "2026-01-01" });
    site.put(only, false).await.ok();
    let kept = json!({ "keep_assets": true, "main_module": "index.js" });
    site.put(kept, true).await.ok();
    let shown = site.api.inventory()["workers"]["scripts"][0]["assets"].clone();
    assert_eq!(shown["files"], json!({ "/index.html": PAGE.0 }));
    let without = json!({ "main_module": "index.js", "bindings": [{ "type": "assets", "name": "ASSETS" }] });
    assert_eq!(site.put(without, true).await.refused(), (400, 10_021));
    site.api.advance(3601);
    assert_eq!(
        site.put(metadata, true).await.refused(),
        (400, 10_021),
        "tokens run out"
    );
}

#[tokio::test]
async fn a_token_is_only_good_for_its_worker() {
    let site = site().await;
    let begun = site.begin(&[("/index.html", PAGE)]).await;
    let last = site.send(&token(&begun), PAGE).await;
    let other = Site {
        script: format!("{}/workers/scripts/other", site.account),
        account: site.account.clone(),
        api: site.api.and("x-unused", "1"),
    };
    let metadata = json!({ "assets": { "jwt": token(&last) }, "compatibility_date": "2026-01-01" });
    assert_eq!(other.put(metadata.clone(), false).await.refused(), (400, 10_021));
    site.put(metadata, false).await.ok();
    let escaping = site.begin(&[("index.html", PAGE)]).await;
    assert_eq!(escaping.refused(), (400, 10_021));
}
