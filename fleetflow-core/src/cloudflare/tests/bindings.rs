//! Bindings of every type, and Durable Objects with their migrations, through whole runs.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::{Bench, stack, told};
use crate::catalog;
use crate::cloudflare::worker::{Binding, Migration};
use crate::cloudflare::{KvNamespace, R2Bucket, Worker};
use crate::error::ErrorKind;
use crate::model::{Resource as _, Stack};
use crate::plan::DataGuard;

/// A binding of each type, and the members that are changed.
#[expect(clippy::too_many_lines, reason = "a table")]
fn table() -> Vec<(Value, Value)> {
    let id = |digit: &str| digit.repeat(32);
    let uuid = |digit: &str| format!("{}-aaaa-4aaa-8aaa-aaaaaaaaaaaa", digit.repeat(8));
    vec![
        (
            json!({"type": "r2", "bucket": "a-files"}),
            json!({"bucket": "b-files"}),
        ),
        (
            json!({"type": "kv", "namespace": "a-cache"}),
            json!({"namespace": "b-cache"}),
        ),
        (json!({"type": "var", "value": "a"}), json!({"value": "b"})),
        (
            json!({"type": "json", "value": "{\"a\": 1}"}),
            json!({"value": "[2]"}),
        ),
        (json!({"type": "secret", "value": "a"}), json!({"value": "b"})),
        (
            json!({"type": "d1", "database": uuid("a")}),
            json!({"database": uuid("b")}),
        ),
        (
            json!({"type": "queue", "queue": "jobs", "delivery_delay": 3}),
            json!({"delivery_delay": 4}),
        ),
        (
            json!({"type": "service", "service": "a-back"}),
            json!({"service": "b-back", "entrypoint": "Entry"}),
        ),
        (json!({"type": "ai"}), Value::Null),
        (
            json!({"type": "durable-object", "class": "Counter"}),
            json!({"class": "Room"}),
        ),
        (
            json!({"type": "hyperdrive", "id": id("a")}),
            json!({"id": id("b")}),
        ),
        (json!({"type": "vectorize", "index": "a"}), json!({"index": "b"})),
        (
            json!({"type": "analytics-engine", "dataset": "a"}),
            json!({"dataset": "b"}),
        ),
        (
            json!({"type": "workflow", "workflow": "orders", "class": "Orders"}),
            json!({"class": "Others", "worker": "a-back"}),
        ),
        (json!({"type": "browser"}), Value::Null),
        (json!({"type": "images"}), Value::Null),
        (json!({"type": "media"}), Value::Null),
        (json!({"type": "version-metadata"}), Value::Null),
        (
            json!({"type": "mtls-certificate", "certificate": uuid("a")}),
            json!({"certificate": uuid("b")}),
        ),
        (
            json!({"type": "dispatch-namespace", "namespace": "a"}),
            json!({"outbound": "a-back", "parameter": ["customer", "plan"]}),
        ),
        (
            json!({"type": "rate-limit", "namespace": "1001", "limit": 5, "period": 10}),
            json!({"limit": 6, "period": 60}),
        ),
        (
            json!({"type": "send-email", "allowed_to": ["a@example.jp"]}),
            json!({"allowed_to": ["b@example.jp"], "allowed_from": ["c@example.jp"]}),
        ),
        (
            json!({"type": "pipeline", "pipeline": "a"}),
            json!({"pipeline": "b"}),
        ),
        (
            json!({"type": "secrets-store", "store": id("a"), "secret": "a"}),
            json!({"secret": "b"}),
        ),
        (
            json!({"type": "ai-search", "instance": "a", "namespace": "n"}),
            json!({"instance": "b"}),
        ),
        (
            json!({"type": "ai-search-namespace", "namespace": "a"}),
            json!({"namespace": "b"}),
        ),
        (json!({"type": "flagship", "app": "a"}), json!({"app": "b"})),
        (
            json!({"type": "messaging", "namespace": "a"}),
            json!({"namespace": "b"}),
        ),
        (
            json!({"type": "vpc-service", "service": "a"}),
            json!({"service": "b"}),
        ),
        (
            json!({"type": "vpc-network", "tunnel": "a"}),
            json!({"tunnel": null, "network": "b"}),
        ),
        (
            json!({"type": "secret-key", "key": "YQ==", "format": "raw", "algorithm": "{\"name\": \"HMAC\", \"hash\": \"SHA-256\"}", "usage": ["sign"]}),
            json!({"usage": ["sign", "verify"]}),
        ),
        (
            json!({"type": "assets", "folder": "public"}),
            json!({"folder": "others"}),
        ),
    ]
}

/// The bindings of the table, of which those before `changed` are changed already.
fn bindings(changed: usize) -> Vec<Binding> {
    let one = |(index, (before, after)): (usize, (Value, Value))| {
        let mut binding = before;
        binding["name"] = json!(format!("B{index}"));
        if index < changed {
            for (member, value) in after.as_object().into_iter().flatten() {
                match value {
                    Value::Null => drop(binding.as_object_mut().unwrap().remove(member)),
                    value => binding[member] = value.clone(),
                }
            }
        }
        serde_json::from_value(binding.clone()).unwrap_or_else(|error| panic!("{binding}: {error}"))
    };
    table().into_iter().enumerate().map(one).collect()
}

fn worker(changed: usize) -> Worker {
    let worker = Worker::builder()
        .name("api")
        .source("api.js")
        .migration(Migration::new("v1").sqlite_class("Counter").sqlite_class("Room"))
        .force_destroy(true);
    let mut worker = worker.build();
    worker.bindings = bindings(changed);
    worker
}

fn around(folder: &Path, worker: Worker) -> Stack {
    let back = |name: &str| Worker::builder().name(name).source("api.js").build();
    stack([worker, back("a-back"), back("b-back")])
        .add(R2Bucket::builder().name("a-files").build())
        .add(R2Bucket::builder().name("b-files").build())
        .add(KvNamespace::builder().name("a-cache").build())
        .add(KvNamespace::builder().name("b-cache").build())
        .root(folder)
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        (
            "api.js",
            "export class Counter {} export class Room {} export default { fetch() { return new Response('x') } }",
        ),
        ("public/a.txt", "a"),
        ("others/b.txt", "b"),
    ] {
        let place = folder.path().join(name);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }
    folder
}

/// The types that the schema has, so that a new one without a row is a failure.
fn types() -> BTreeSet<String> {
    let schema = catalog::kind(Worker::KIND).unwrap().schema();
    let variants = schema["properties"]["bindings"]["items"]["oneOf"]
        .as_array()
        .unwrap();
    let tag = |variant: &Value| {
        variant["properties"]["type"]["const"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    variants.iter().map(tag).collect()
}

#[tokio::test]
async fn a_binding_of_every_type_is_made_changed_and_comes_to_rest() {
    let rows = table();
    let listed: BTreeSet<String> = rows
        .iter()
        .map(|(row, _)| row["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, types(), "a row for each type");
    let (bench, folder) = (Bench::start().await, folder());
    bench.settle(&around(folder.path(), worker(0))).await;
    let changed = around(folder.path(), worker(rows.len()));
    let plan = bench.plan(&changed).await;
    let [step] = plan.steps.as_slice() else {
        panic!("{:?}", told(&plan));
    };
    assert_eq!(step.address.to_string(), "worker.api");
    let paths: Vec<String> = step
        .changes
        .iter()
        .map(|change| change.path.to_string())
        .collect();
    for (index, (row, after)) in rows.iter().enumerate() {
        let own = format!("bindings[{index}]");
        let of_it: Vec<_> = paths.iter().filter(|path| path.starts_with(&own)).collect();
        assert_eq!(of_it.is_empty(), after.is_null(), "{row}: {of_it:?}");
        println!("| {} | {of_it:?} |", row["type"].as_str().unwrap());
    }
    let others = paths.iter().filter(|path| !path.starts_with("bindings["));
    assert_eq!(others.collect::<Vec<_>>(), ["assets_digest"]);
    bench.settle(&changed).await;
    let allowed = bench.session.clone().data(DataGuard::Allow);
    let stack = around(folder.path(), worker(rows.len()));
    stack.session(allowed).destroy().await.unwrap();
    assert_eq!(bench.inventory()["workers"]["scripts"], json!([]));
}

#[test]
fn what_is_sent_of_every_type_is_as_the_description_has_it() {
    let script = crate::cloudflare::script::Script {
        main: "index.js".into(),
        modules: Vec::new(),
    };
    let owner = "creo/dev/worker.api".parse().unwrap();
    for changed in [0, table().len()] {
        let worker = worker(changed);
        let migrations = json!({"new_tag": "v1", "steps": [{"new_sqlite_classes": ["Counter"]}]});
        let with = crate::cloudflare::worker::With {
            assets: Some(&json!({"jwt": "token"})),
            migrations: Some(&migrations),
        };
        let metadata = crate::cloudflare::worker::metadata(&worker, &script, &owner, &with);
        super::schema::check_part("workers_ScriptUpdateParams_Metadata", &metadata);
        let sent = metadata["bindings"].as_array().unwrap();
        assert!(sent.iter().all(|one| one["type"].is_string()), "{sent:#?}");
    }
}

fn counting(migrations: &[Migration], class: &str) -> Worker {
    let mut worker = Worker::builder()
        .name("api")
        .source("api.js")
        .binding(Binding::DurableObject {
            name: "COUNTER".into(),
            class: class.into(),
            worker: None,
        })
        .build();
    worker.migration = migrations.to_vec();
    worker
}

#[tokio::test]
async fn migrations_are_carried_out_once_and_in_order() {
    let (bench, folder) = (Bench::start().await, folder());
    let of = |worker: Worker| stack([worker]).root(folder.path());
    let durable = || bench.inventory()["workers"]["scripts"][0]["durable_objects"].clone();
    let first = [Migration::new("v1").sqlite_class("Counter")];
    bench.settle(&of(counting(&first, "Counter"))).await;
    assert_eq!(durable(), json!({"migration": "v1", "classes": ["Counter"]}));

    let renamed = [first[0].clone(), Migration::new("v2").rename("Counter", "Room")];
    let second = of(counting(&renamed, "Room"));
    let plan = bench.plan(&second).await;
    assert_eq!(
        told(&plan),
        ["update worker.api: bindings[0].class, migration"],
        "{plan:#?}"
    );
    bench.settle(&second).await;
    assert_eq!(durable(), json!({"migration": "v2", "classes": ["Room"]}));
    // Somebody without a state sees the same.
    assert_eq!(told(&bench.forgetful().plan(&second).await), ["adopt worker.api"]);

    // What was carried out cannot be taken out of the list.
    let error = bench
        .converge(&of(counting(
            &[Migration::new("v3").sqlite_class("Room")],
            "Room",
        )))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("is at migration `v2`"), "{error}");

    // Objects go only when that is said.
    let error = bench.destroy(&second).await.unwrap_err();
    assert!(error.to_string().contains("has Durable Objects"), "{error}");
    assert!(
        error.advice().unwrap().contains("declare `force-destroy #true`"),
        "{error:?}"
    );
    let mut forced = counting(&renamed, "Room");
    forced.force_destroy = Some(true);
    bench.settle(&of(forced.clone())).await;
    bench.destroy(&of(forced)).await.unwrap();
    assert_eq!(bench.inventory()["workers"]["scripts"], json!([]));
}

#[tokio::test]
async fn deleting_a_class_is_told_as_a_loss_of_data() {
    let (bench, folder) = (Bench::start().await, folder());
    let of = |migrations: &[Migration]| {
        let mut worker = counting(migrations, "Counter");
        worker.bindings.clear();
        stack([worker]).root(folder.path())
    };
    let first = Migration::new("v1").sqlite_class("Counter");
    bench.settle(&of(std::slice::from_ref(&first))).await;
    let second = Migration::new("v2").delete("Counter");
    let deleting = of(&[first.clone(), second.clone()]);
    let error = bench.converge(&deleting).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Guarded, "{error}");
    let allowed = bench.session.clone().data(DataGuard::Allow);
    deleting.session(allowed).converge().await.unwrap();
    let classes = || bench.inventory()["workers"]["scripts"][0]["durable_objects"]["classes"].clone();
    assert_eq!(classes(), json!([]));

    // What was deleted long ago is not lost again by what comes after it.
    let third = Migration::new("v3").sqlite_class("Room");
    bench
        .settle(&of(&[first.clone(), second.clone(), third.clone()]))
        .await;
    assert_eq!(classes(), json!(["Room"]));
    let again = of(&[first, second, third, Migration::new("v4").delete("Room")]);
    let error = bench.converge(&again).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Guarded, "{error}");
    assert_eq!(classes(), json!(["Room"]));
}

#[test]
fn mistakes_of_bindings_are_told_with_their_places() {
    let problems = |bindings: Value, migration: Value| {
        let worker = json!({"name": "api", "source": "api.js", "bindings": bindings, "migration": migration});
        let worker: Worker = serde_json::from_value(worker).unwrap();
        let problems = worker.check();
        problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let none = json!([]);
    for (binding, said) in [
        (
            json!({"type": "rate-limit", "name": "A", "namespace": "1", "limit": 1, "period": 30}),
            "a period has no 30 seconds",
        ),
        (
            json!({"type": "send-email", "name": "A", "to": "a@b.jp", "allowed_to": ["c@b.jp"]}),
            "one address",
        ),
        (
            json!({"type": "vpc-network", "name": "A"}),
            "by a tunnel or by its id",
        ),
        (
            json!({"type": "d1", "name": "A", "database": "mydb"}),
            "`mydb` is not the id of a D1 database",
        ),
        (
            json!({"type": "hyperdrive", "name": "A", "id": "mydb"}),
            "`mydb` is not the id of a configuration of Hyperdrive",
        ),
        (
            json!({"type": "secret-key", "name": "A", "key": "x", "format": "jwk", "algorithm": "HMAC", "usage": ["sign"]}),
            "an object of JSON",
        ),
        (
            json!({"type": "secret-key", "name": "A", "key": "x", "format": "raw", "algorithm": "HMAC", "usage": []}),
            "used for nothing",
        ),
    ] {
        let told = problems(json!([binding]), none.clone());
        assert!(told.contains(said), "{binding}: {told}");
    }
    let durable = json!([{"type": "durable-object", "name": "A", "class": "Counter"}]);
    let migrations =
        json!([{"tag": "v1", "new_sqlite_class": ["Room"]}, {"tag": "v1", "deleted_class": ["Hall"]}]);
    let told = problems(durable, migrations);
    for said in [
        "no migration makes the class `Counter` store objects",
        "two migrations called `v1`",
        "no migration before this one makes the class `Hall`",
    ] {
        assert!(told.contains(said), "{told}");
    }
}

const CONFIGURATION: &str = r#"
main = "api.js"
compatibility_date = "2026-01-31"
browser = { binding = "BROWSER" }
images = { binding = "IMAGES" }
version_metadata = { binding = "VERSION" }
analytics_engine_datasets = [{ binding = "CLICKS" }, { binding = "SALES", dataset = "sales" }]
hyperdrive = [{ binding = "PG", id = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", localConnectionString = "postgres://x" }]
vectorize = [{ binding = "TEXTS", index_name = "texts" }]
workflows = [{ binding = "ORDERS", name = "orders", class_name = "Orders", limits = { steps = 3 } }]
ratelimits = [{ name = "LIMIT", namespace_id = "1001", simple = { limit = 5, period = 10 } }]
send_email = [{ name = "MAIL", destination_address = "a@example.jp" }]
dispatch_namespaces = [{ binding = "TENANTS", namespace = "tenants", outbound = { service = "out", parameters = ["who"] } }]

[[durable_objects.bindings]]
name = "COUNTER"
class_name = "Counter"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["Counter"]
"#;

#[tokio::test]
async fn a_configuration_of_wrangler_brings_its_bindings_and_migrations() {
    let (bench, folder) = (Bench::start().await, folder());
    std::fs::create_dir(folder.path().join("api")).unwrap();
    std::fs::rename(folder.path().join("api.js"), folder.path().join("api/api.js")).unwrap();
    std::fs::write(folder.path().join("api/wrangler.toml"), CONFIGURATION).unwrap();
    let mut api = Worker::builder().name("api").source("api").build();
    api.force_destroy = Some(true);
    let stack = stack([api]).root(folder.path());
    let plan = bench.plan(&stack).await;
    let notes = plan.notes.join("\n");
    assert!(
        notes.contains("not supported, and left out of api/wrangler.toml: workflows.limits"),
        "{notes}"
    );
    bench.settle(&stack).await;
    let made = bench.inventory()["workers"]["scripts"][0].clone();
    let mut found: Vec<String> = made["bindings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one["type"].as_str().unwrap(),
                one["name"].as_str().unwrap()
            )
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "analytics_engine CLICKS",
            "analytics_engine SALES",
            "browser BROWSER",
            "dispatch_namespace TENANTS",
            "durable_object_namespace COUNTER",
            "hyperdrive PG",
            "images IMAGES",
            "ratelimit LIMIT",
            "send_email MAIL",
            "vectorize TEXTS",
            "version_metadata VERSION",
            "workflow ORDERS",
        ]
    );
    assert_eq!(
        made["durable_objects"],
        json!({"migration": "v1", "classes": ["Counter"]})
    );
}
