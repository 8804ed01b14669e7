//! Workers: upload, versions, secrets, and where they are reached.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{Api, Reply};

pub(super) const CODE: &str = "export default { async fetch() { return new Response('hi'); } }";

struct Stage {
    api: Api,
    account: String,
    script: String,
}

async fn stage() -> Stage {
    let api = Api::start().await;
    let account = format!("/accounts/{}", api.account().await);
    Stage {
        script: format!("{account}/workers/scripts/hello"),
        account,
        api,
    }
}

/// The form that clients upload: metadata without a filename, modules with one.
pub(super) fn form(metadata: &Value, modules: &[(&str, &str, &str)]) -> (String, Vec<u8>) {
    let mut body = format!("--XX\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{metadata}\r\n");
    for (name, kind, code) in modules {
        body += &format!(
            "--XX\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n{code}\r\n"
        );
    }
    body += "--XX--\r\n";
    ("multipart/form-data; boundary=XX".to_owned(), body.into_bytes())
}

impl Stage {
    async fn send(
        &self,
        method: Method,
        path: &str,
        metadata: Value,
        modules: &[(&str, &str, &str)],
    ) -> Reply {
        let (content_type, body) = form(&metadata, modules);
        self.api
            .and("content-type", &content_type)
            .send(method, path, Some(body))
            .await
    }

    async fn upload(&self, bindings: Value) -> Reply {
        let metadata =
            json!({ "main_module": "index.js", "compatibility_date": "2025-06-01", "bindings": bindings });
        self.send(
            Method::PUT,
            &self.script,
            metadata,
            &[("index.js", "application/javascript+module", CODE)],
        )
        .await
    }

    async fn bindings(&self) -> Value {
        self.api.get(&format!("{}/settings", self.script)).await.ok()["bindings"].clone()
    }
}

#[tokio::test]
async fn a_worker_is_uploaded_read_and_deleted() {
    let stage = stage().await;
    let Stage { api, script, account } = &stage;
    assert_eq!(
        api.get(&format!("{script}/settings")).await.refused(),
        (404, 10_007)
    );
    assert_eq!(
        api.get(&format!("{account}/workers/services/hello"))
            .await
            .refused(),
        (404, 10_090)
    );
    let made = stage
        .upload(json!([{ "name": "GREETING", "type": "plain_text", "text": "hi" }]))
        .await
        .ok();
    assert_eq!(
        (&made["id"], &made["handlers"], &made["has_modules"]),
        (&json!("hello"), &json!(["fetch"]), &json!(true))
    );
    assert_eq!(made["deployment_id"].as_str().unwrap().len(), 32);
    let listed = api.get(&format!("{account}/workers/scripts")).await.ok();
    assert_eq!(
        (&listed[0]["tag"], &listed[0]["etag"]),
        (&made["tag"], &made["etag"])
    );
    let code = api.get(&format!("{script}/content/v2")).await;
    assert_eq!(code.header("cf-entrypoint"), "index.js");
    assert!(String::from_utf8(code.bytes).unwrap().contains(CODE));
    let service = api.get(&format!("{account}/workers/services/hello")).await.ok();
    assert_eq!(service["default_environment"]["script"]["tag"], made["tag"]);
    assert_eq!(
        stage.bindings().await,
        json!([{ "name": "GREETING", "type": "plain_text", "text": "hi" }])
    );
    api.delete(script).await.ok();
    assert_eq!(api.delete(script).await.refused(), (404, 10_007));
}

#[tokio::test]
async fn uploads_are_checked() {
    let stage = stage().await;
    let module = [("index.js", "application/javascript+module", CODE)];
    let main = |more: Value| {
        let mut metadata = json!({ "main_module": "index.js" });
        metadata
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        metadata
    };
    let plain = stage.api.put(&stage.script, json!({})).await;
    assert_eq!(plain.refused(), (400, 10_001));
    for (metadata, code) in [
        (json!({}), 10_021),
        (
            json!({ "main_module": "index.js", "body_part": "index.js" }),
            10_021,
        ),
        (json!({ "main_module": "other.js" }), 10_021),
        (json!({ "body_part": "index.js" }), 10_021),
        (main(json!({ "compatibility_date": "2026-05-02" })), 10_021),
        (main(json!({ "compatibility_date": "yesterday" })), 10_021),
        (main(json!({ "assets": {} })), 10_021),
    ] {
        let reply = stage
            .send(Method::PUT, &stage.script, metadata.clone(), &module)
            .await;
        assert_eq!(reply.refused(), (400, code), "{metadata}");
    }
    assert_eq!(
        stage
            .api
            .get(&format!("{}/workers/scripts", stage.account))
            .await
            .ok(),
        json!([])
    );
    let named = format!("{}/workers/scripts/Bad.Name", stage.account);
    assert_eq!(
        stage
            .send(Method::PUT, &named, main(json!({})), &module)
            .await
            .refused(),
        (400, 10_016)
    );
    let today = stage
        .send(
            Method::PUT,
            &stage.script,
            main(json!({ "compatibility_date": "2026-05-01" })),
            &module,
        )
        .await;
    today.ok();
}

#[tokio::test]
async fn bindings_need_their_targets_and_names_of_their_own() {
    let stage = stage().await;
    for (bindings, code) in [
        (
            json!([{ "name": "KV", "type": "kv_namespace", "namespace_id": "no" }]),
            10_041,
        ),
        (
            json!([{ "name": "B", "type": "r2_bucket", "bucket_name": "no" }]),
            10_085,
        ),
        (
            json!([{ "name": "S", "type": "service", "service": "no" }]),
            10_144,
        ),
        (
            json!([{ "name": "D", "type": "durable_object_namespace", "class_name": "Room", "script_name": "no" }]),
            10_061,
        ),
        (
            json!([{ "name": "X", "type": "json", "json": 1 }, { "name": "X", "type": "ai" }]),
            10_021,
        ),
        (json!([{ "name": "", "type": "ai" }]), 10_021),
    ] {
        assert_eq!(
            stage.upload(bindings.clone()).await.refused(),
            (400, code),
            "{bindings}"
        );
    }
}

#[tokio::test]
async fn bindings_of_every_type_are_checked() {
    let stage = stage().await;
    for (binding, said) in [
        (json!({ "type": "teleport" }), "which is not known"),
        (json!({ "text": "x" }), "has no type"),
        (json!({ "type": "plain_text" }), "needs text"),
        (json!({ "type": "d1", "database_id": "users" }), "no id of one"),
        (json!({ "type": "d1" }), "needs database_id or id"),
        (json!({ "type": "queue" }), "needs queue_name"),
        (
            json!({ "type": "queue", "queue_name": "q", "delivery_delay": 50_000 }),
            "12 hours",
        ),
        (json!({ "type": "hyperdrive", "id": "pg" }), "no id of one"),
        (json!({ "type": "vectorize" }), "needs index_name"),
        (
            json!({ "type": "ratelimit", "namespace_id": "1", "simple": { "limit": 1, "period": 30 } }),
            "10 or 60",
        ),
        (
            json!({ "type": "secret_key", "format": "raw", "usages": [], "algorithm": "x" }),
            "key_base64 or key_jwk",
        ),
        (
            json!({ "type": "workflow", "workflow_name": "w", "script_name": "none" }),
            "not found",
        ),
        (
            json!({ "type": "durable_object_namespace", "class_name": "Room" }),
            "stores no Durable Objects",
        ),
    ] {
        let mut named = binding.clone();
        named["name"] = json!("X");
        let reply = stage.upload(json!([named])).await;
        assert_eq!(reply.status, 400, "{binding}");
        assert!(reply.message().contains(said), "{binding}: {}", reply.message());
    }
    let all = json!([
        { "name": "A", "type": "ai" },
        { "name": "B", "type": "browser" },
        { "name": "C", "type": "d1", "database_id": "11111111-2222-4333-8444-555555555555" },
        { "name": "D", "type": "queue", "queue_name": "jobs" },
        { "name": "E", "type": "json", "json": null },
        { "name": "F", "type": "plain_text", "text": "" },
    ]);
    stage.upload(all.clone()).await.ok();
    assert_eq!(stage.bindings().await, all);
}

#[tokio::test]
async fn durable_objects_come_and_go_by_migrations() {
    let stage = stage().await;
    let upload = async |migrations: Value, class: &str| {
        let bindings = json!([{ "name": "ROOM", "type": "durable_object_namespace", "class_name": class }]);
        let mut metadata = json!({ "main_module": "index.js", "compatibility_date": "2025-06-01" });
        if !class.is_empty() {
            metadata["bindings"] = bindings;
        }
        if !migrations.is_null() {
            metadata["migrations"] = migrations;
        }
        let modules = [("index.js", "application/javascript+module", CODE)];
        stage.send(Method::PUT, &stage.script, metadata, &modules).await
    };
    let first = json!({ "new_tag": "v1", "steps": [{ "new_sqlite_classes": ["Room"] }] });
    upload(first.clone(), "Room").await.ok();
    let refused = upload(first, "Room").await;
    assert!(
        refused.message().contains("precondition failed"),
        "{}",
        refused.message()
    );
    upload(Value::Null, "Room").await.ok();
    let scripts = format!("{}/workers/scripts", stage.account);
    assert_eq!(stage.api.get(&scripts).await.ok()[0]["migration_tag"], "v1");

    let renamed =
        json!({ "old_tag": "v1", "new_tag": "v2", "renamed_classes": [{ "from": "Room", "to": "Hall" }] });
    assert_eq!(upload(renamed.clone(), "Room").await.refused(), (400, 10_123));
    upload(renamed, "Hall").await.ok();
    let twice = json!({ "old_tag": "v2", "new_tag": "v3", "new_classes": ["Hall"] });
    assert_eq!(upload(twice, "Hall").await.status, 400);

    let versions = format!("{}/versions", stage.script);
    let metadata = json!({ "main_module": "index.js", "migrations": { "new_tag": "v3" } });
    let modules = [("index.js", "application/javascript+module", CODE)];
    let version = stage.send(Method::POST, &versions, metadata, &modules).await;
    assert!(version.message().contains("not possible in versions"));

    assert_eq!(
        stage.api.delete(&stage.script).await.status,
        400,
        "objects stay unasked"
    );
    let deleted = json!({ "old_tag": "v2", "new_tag": "v3", "deleted_classes": ["Hall"] });
    upload(deleted, "").await.ok();
    assert_eq!(stage.api.delete(&stage.script).await.status, 200);
}

#[tokio::test]
async fn a_part_may_tell_its_module_by_the_file_name_alone() {
    let stage = stage().await;
    let metadata = json!({ "main_module": "w.js" });
    let body = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{metadata}\r\n--XX\r\nContent-Disposition: form-data; name=\"files[]\"; filename=\"w.js\"\r\nContent-Type: application/javascript+module\r\n\r\n{CODE}\r\n--XX--\r\n"
    );
    let form = stage.api.and("content-type", "multipart/form-data; boundary=XX");
    form.send(Method::PUT, &stage.script, Some(body.into_bytes()))
        .await
        .ok();
}

#[tokio::test]
async fn bindings_are_replaced_kept_and_inherited() {
    let stage = stage().await;
    let Stage { api, script, account } = &stage;
    let kv = api
        .post(
            &format!("{account}/storage/kv/namespaces"),
            json!({ "title": "t" }),
        )
        .await
        .id();
    api.post(&format!("{account}/r2/buckets"), json!({ "name": "assets" }))
        .await
        .ok();
    let all = json!([
        { "name": "KV", "type": "kv_namespace", "namespace_id": kv },
        { "name": "BUCKET", "type": "r2_bucket", "bucket_name": "assets" },
        { "name": "VAR", "type": "plain_text", "text": "v" },
        { "name": "TOKEN", "type": "secret_text", "text": "hush" },
    ]);
    stage.upload(all).await.ok();
    let module = [("index.js", "application/javascript+module", CODE)];
    let metadata = json!({ "main_module": "index.js", "keep_bindings": ["plain_text"],
        "bindings": [{ "name": "STORE", "type": "inherit", "old_name": "KV" }, { "name": "GONE", "type": "inherit" }] });
    let strict = format!("{script}?bindings_inherit=strict");
    assert_eq!(
        stage
            .send(Method::PUT, &strict, metadata.clone(), &module)
            .await
            .refused(),
        (400, 10_057)
    );
    stage.send(Method::PUT, script, metadata, &module).await.ok();
    let expected = json!([
        { "name": "STORE", "type": "kv_namespace", "namespace_id": kv },
        { "name": "VAR", "type": "plain_text", "text": "v" },
        { "name": "TOKEN", "type": "secret_text" },
    ]);
    assert_eq!(
        stage.bindings().await,
        expected,
        "the bucket was neither sent nor kept, the secret survives"
    );
    assert!(!api.world().contains("hush"), "secrets are not kept in the clear");
}

#[tokio::test]
async fn secrets_can_be_written_and_not_read() {
    let stage = stage().await;
    let Stage { api, script, .. } = &stage;
    let secrets = format!("{script}/secrets");
    let secret = json!({ "name": "TOK", "text": "hush", "type": "secret_text" });
    assert_eq!(api.put(&secrets, secret.clone()).await.refused(), (404, 10_007));
    stage.upload(json!([])).await.ok();
    let shown = json!({ "name": "TOK", "type": "secret_text" });
    assert_eq!(api.put(&secrets, secret.clone()).await.ok(), shown);
    assert_eq!(api.get(&secrets).await.ok(), json!([shown]));
    assert_eq!(api.get(&format!("{secrets}/TOK")).await.ok(), shown);
    let changes =
        json!({ "secrets": { "TOK": null, "A": { "name": "A", "text": "1", "type": "secret_text" } } });
    api.patch(&format!("{script}/secrets-bulk"), changes).await.ok();
    assert_eq!(api.get(&secrets).await.ok()[0]["name"], "A");
    api.delete(&format!("{secrets}/A")).await.ok();
    assert_eq!(api.delete(&format!("{secrets}/A")).await.refused(), (404, 10_056));
    let versions = api.get(&format!("{script}/versions")).await;
    assert_eq!(
        versions.body["result_info"]["total_count"], 4,
        "every change is a version"
    );

    let metadata = json!({ "main_module": "index.js" });
    let module = [("index.js", "application/javascript+module", CODE)];
    stage
        .send(Method::POST, &format!("{script}/versions"), metadata, &module)
        .await
        .ok();
    assert_eq!(api.put(&secrets, secret).await.refused(), (400, 10_215));
}

#[tokio::test]
async fn versions_are_served_once_they_are_deployed() {
    let stage = stage().await;
    let Stage { api, script, .. } = &stage;
    let (versions, deployments) = (format!("{script}/versions"), format!("{script}/deployments"));
    let module = [("index.js", "application/javascript+module", "export default {}")];
    let metadata = json!({ "main_module": "index.js", "annotations": { "workers/message": "second" } });
    let early = stage
        .send(Method::POST, &versions, metadata.clone(), &module)
        .await;
    assert_eq!(early.refused(), (404, 10_007), "the first upload must be a PUT");
    let first = stage.upload(json!([])).await.ok();
    let second = stage.send(Method::POST, &versions, metadata, &module).await.ok();
    let id = second["id"].as_str().unwrap();
    let listed = api.get(&versions).await.ok();
    assert_eq!(
        (&listed["items"][0]["id"], &listed["items"][0]["number"]),
        (&json!(id), &json!(2))
    );
    assert_eq!(
        api.get(&format!("{versions}/{id}")).await.ok()["resources"],
        second["resources"]
    );
    let etag = async || {
        api.get(&format!("/accounts/{}/workers/scripts", api.account().await))
            .await
            .ok()[0]["etag"]
            .clone()
    };
    assert_eq!(etag().await, first["etag"]);
    let deploy = |parts: Value| json!({ "strategy": "percentage", "versions": parts });
    let half = deploy(json!([{ "version_id": id, "percentage": 50 }]));
    assert_eq!(api.post(&deployments, half).await.refused(), (400, 10_214));
    let unknown = deploy(json!([{ "version_id": "x", "percentage": 100 }]));
    assert_eq!(api.post(&deployments, unknown).await.refused(), (404, 100_146));
    let made = api
        .post(
            &deployments,
            deploy(json!([{ "version_id": id, "percentage": 100 }])),
        )
        .await
        .id();
    assert_ne!(etag().await, first["etag"]);
    let listed = api.get(&deployments).await.ok();
    assert_eq!(listed["deployments"][0]["id"], json!(made));
    assert_eq!(
        api.delete(&format!("{deployments}/{made}")).await.refused(),
        (400, 10_214)
    );
    let older = listed["deployments"][1]["id"].as_str().unwrap();
    api.delete(&format!("{deployments}/{older}")).await.ok();
    assert_eq!(
        api.get(&format!("{deployments}/{older}")).await.refused(),
        (404, 10_336)
    );
}

#[tokio::test]
async fn settings_of_the_version_are_a_form_and_those_beside_it_json() {
    let stage = stage().await;
    let Stage { api, script, .. } = &stage;
    stage
        .upload(json!([{ "name": "VAR", "type": "plain_text", "text": "v" }]))
        .await
        .ok();
    let settings = format!("{script}/settings");
    assert_eq!(
        api.patch(&settings, json!({ "logpush": true })).await.refused(),
        (400, 10_001)
    );
    let body = "--XX\r\nContent-Disposition: form-data; name=\"settings\"\r\n\r\n{\"compatibility_flags\":[\"nodejs_compat\"]}\r\n--XX--\r\n";
    let form = api.and("content-type", "multipart/form-data; boundary=XX");
    let changed = form.send(Method::PATCH, &settings, Some(body.into())).await.ok();
    assert_eq!(changed["compatibility_flags"], json!(["nodejs_compat"]));
    assert_eq!(changed["bindings"][0]["text"], "v", "what is not sent stays");
    let beside = json!({ "logpush": true, "tags": ["owner"], "observability": { "enabled": true } });
    let beside = api.patch(&format!("{script}/script-settings"), beside).await.ok();
    assert_eq!(
        (&beside["tags"], &beside["observability"]["enabled"]),
        (&json!(["owner"]), &json!(true))
    );
    assert_eq!(api.get(&format!("{script}/script-settings")).await.ok(), beside);
}

#[tokio::test]
async fn schedules_are_replaced_as_a_whole() {
    let stage = stage().await;
    stage.upload(json!([])).await.ok();
    let schedules = format!("{}/schedules", stage.script);
    let crons = json!([{ "cron": "*/5 * * * *" }, { "cron": "0 12 1-7 JAN MON,FRI" }]);
    assert_eq!(
        stage.api.put(&schedules, crons).await.ok()["schedules"][1]["cron"],
        "0 12 1-7 JAN MON,FRI"
    );
    for bad in ["* * * *", "61 * * * *", "x * * * *", "*/0 * * * *"] {
        assert_eq!(
            stage
                .api
                .put(&schedules, json!([{ "cron": bad }]))
                .await
                .refused(),
            (400, 10_100),
            "{bad}"
        );
    }
    assert_eq!(
        stage.api.get(&schedules).await.ok()["schedules"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    stage.api.put(&schedules, json!([])).await.ok();
    assert_eq!(stage.api.get(&schedules).await.ok(), json!({ "schedules": [] }));
}

#[tokio::test]
async fn workers_dev_needs_a_registered_name() {
    let stage = stage().await;
    let Stage { api, script, account } = &stage;
    stage.upload(json!([])).await.ok();
    let (own, whole) = (
        format!("{script}/subdomain"),
        format!("{account}/workers/subdomain"),
    );
    assert_eq!(
        api.get(&whole).await.ok(),
        json!({ "subdomain": "sandbox" }),
        "a fresh one has a name"
    );
    let forgotten = api.control(Method::DELETE, "/subdomain", json!({})).await;
    assert_eq!(forgotten.status, 204);
    assert_eq!(api.get(&whole).await.refused(), (404, 10_007));
    assert_eq!(
        api.post(&own, json!({ "enabled": true })).await.refused(),
        (400, 10_063)
    );
    api.put(&whole, json!({ "subdomain": "fleet" })).await.ok();
    assert_eq!(api.get(&whole).await.ok()["subdomain"], "fleet");
    let on = api
        .post(&own, json!({ "enabled": true, "previews_enabled": false }))
        .await
        .ok();
    assert_eq!(on, json!({ "enabled": true, "previews_enabled": false }));
    assert_eq!(
        api.delete(&own).await.ok(),
        json!({ "enabled": false, "previews_enabled": false })
    );
}

#[tokio::test]
async fn routes_are_patterns_of_the_zone() {
    let stage = stage().await;
    let api = &stage.api;
    stage.upload(json!([])).await.ok();
    let routes = format!("/zones/{}/workers/routes", api.zone("example.com").await);
    let route = |pattern: &str| json!({ "pattern": pattern, "script": "hello" });
    for bad in [
        "example.org/*",
        "a.*.example.com/",
        "example.com/*/x",
        "example.com/?q",
    ] {
        assert_eq!(
            api.post(&routes, route(bad)).await.refused(),
            (400, 10_022),
            "{bad}"
        );
    }
    let made = api.post(&routes, route("*.example.com/api/*")).await.id();
    assert_eq!(
        api.post(&routes, route("*.example.com/api/*")).await.refused(),
        (409, 10_020)
    );
    let missing = json!({ "pattern": "example.com/", "script": "no" });
    assert_eq!(api.post(&routes, missing).await.refused(), (404, 10_007));
    let one = format!("{routes}/{made}");
    api.put(&one, json!({ "pattern": "example.com/*" })).await.ok();
    assert_eq!(
        api.get(&one).await.ok(),
        json!({ "id": made, "pattern": "example.com/*" })
    );
    assert_eq!(api.get(&routes).await.ok().as_array().unwrap().len(), 1);
    api.delete(&one).await.ok();
    assert_eq!(api.get(&one).await.refused(), (404, 10_009));
}

#[tokio::test]
async fn custom_domains_own_their_record() {
    let stage = stage().await;
    let Stage { api, script, account } = &stage;
    let (records, zone) = (api.records("example.com").await, api.zone("example.com").await);
    let domains = format!("{account}/workers/domains");
    let domain = json!({ "hostname": "app.example.com", "service": "hello", "zone_id": zone });
    assert_eq!(api.put(&domains, domain.clone()).await.refused(), (404, 10_007));
    stage.upload(json!([])).await.ok();
    let held = api
        .post(
            &records,
            json!({ "type": "A", "name": "app", "content": "192.0.2.1" }),
        )
        .await
        .id();
    assert_eq!(api.put(&domains, domain.clone()).await.status, 409);
    api.delete(&format!("{records}/{held}")).await.ok();
    let made = api.put(&domains, domain.clone()).await.ok();
    assert_eq!(
        api.put(&domains, domain).await.ok()["id"],
        made["id"],
        "attaching is an upsert"
    );
    let record = api.get(&records).await.ok()[0].clone();
    assert_eq!(
        (&record["type"], &record["content"], &record["meta"]["read_only"]),
        (&json!("AAAA"), &json!("100::"), &json!(true))
    );
    assert_eq!(
        api.get(&format!("{domains}?hostname=other.example.com"))
            .await
            .ok(),
        json!([])
    );
    let one = format!("{domains}/{}", made["id"].as_str().unwrap());
    let gone = api.delete(&one).await;
    assert_eq!(
        (gone.status, gone.bytes.len()),
        (200, 0),
        "answers without a body"
    );
    assert_eq!(api.delete(&one).await.refused(), (404, 100_114));
    assert_eq!(api.get(&records).await.ok(), json!([]));

    let strange = json!({ "hostname": "*.example.com", "service": "hello" });
    assert_eq!(api.put(&domains, strange).await.refused(), (400, 100_116));
    api.put(
        &domains,
        json!({ "hostname": "app.example.com", "service": "hello" }),
    )
    .await
    .ok();
    api.delete(script).await.ok();
    assert_eq!(
        api.get(&records).await.ok(),
        json!([]),
        "a deleted Worker takes its hosts along"
    );
    assert_eq!(api.inventory(), Api::start().await.inventory());
}

#[tokio::test]
async fn a_worker_that_others_need_is_only_deleted_by_force() {
    let stage = stage().await;
    stage.upload(json!([])).await.ok();
    let caller = format!("{}/workers/scripts/caller", stage.account);
    let metadata = json!({ "main_module": "i.js", "bindings": [{ "name": "S", "type": "service", "service": "hello" }] });
    stage
        .send(
            Method::PUT,
            &caller,
            metadata,
            &[("i.js", "application/javascript+module", CODE)],
        )
        .await
        .ok();
    assert_eq!(stage.api.delete(&stage.script).await.refused(), (400, 10_064));
    stage
        .api
        .delete(&format!("{}?force=true", stage.script))
        .await
        .ok();
}

#[tokio::test]
async fn all_routes_of_a_script_can_be_put_at_once() {
    let stage = stage().await;
    let api = &stage.api;
    stage.upload(json!([])).await.ok();
    let zone = api.zone("example.com").await;
    let path = format!("{}/routes", stage.script);
    let patterns = async || {
        let routes = api.get(&format!("/zones/{zone}/workers/routes")).await.ok();
        let routes = routes.as_array().unwrap().iter();
        routes
            .map(|route| route["pattern"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let both =
        json!([{ "pattern": "example.com/a", "zone_name": "example.com" }, { "pattern": "b.example.com/*" }]);
    api.put(&path, both).await.ok();
    assert_eq!(patterns().await, ["example.com/a", "b.example.com/*"]);
    let other_zone = json!([{ "pattern": "example.net/*", "zone_id": zone }]);
    assert_eq!(api.put(&path, other_zone).await.refused(), (400, 10_022));
    api.put(&path, json!([{ "pattern": "example.com/a", "zone_id": zone }]))
        .await
        .ok();
    assert_eq!(patterns().await, ["example.com/a"]);
}
