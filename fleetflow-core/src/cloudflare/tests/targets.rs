//! Bindings whose targets are not there or not seen yet, and classes that go over from one Worker to another.

use fleetflow_sandbox::{Fault, Times};
use serde_json::{Value, json};

use super::{Bench, stack, told};
use crate::cloudflare::worker::{Binding, Migration, TransferredClass};
use crate::cloudflare::{KvNamespace, R2Bucket, Worker};
use crate::converge::Report;
use crate::error::{Error, ErrorKind};
use crate::model::Stack;
use crate::plan::DataGuard;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let code =
        "export class Room {} export class Hall {} export default { fetch() { return new Response('x') } }";
    std::fs::write(folder.path().join("api.js"), code).unwrap();
    folder
}

fn bound(binding: Value) -> Worker {
    let mut binding = binding;
    binding["name"] = json!("TARGET");
    let worker = Worker::builder().name("api").source("api.js");
    worker.binding(serde_json::from_value(binding).unwrap()).build()
}

async fn refused(bench: &Bench, stack: &Stack) -> Error {
    let stack = bench.attach(stack);
    let report: Report = stack.converge_reviewed(async |plan| Ok(plan)).await.unwrap();
    let [(_, error)] = report.failed.as_slice() else {
        panic!("{report:?}")
    };
    error.clone()
}

const ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const UUID: &str = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

/// A binding that leads to nothing, the number that says so, and what is advised.
fn nowhere() -> Vec<(Value, &'static str, String)> {
    let (id, uuid) = (ID, UUID);
    vec![
        (
            json!({"type": "kv", "namespace": id}),
            "10041",
            format!("no KV namespace with the id `{id}`"),
        ),
        (
            json!({"type": "r2", "bucket": "files"}),
            "10085",
            "declare the bucket `files`".to_owned(),
        ),
        (
            json!({"type": "service", "service": "back"}),
            "10144",
            "declare the Worker `back`".to_owned(),
        ),
        (
            json!({"type": "durable-object", "class": "Room", "worker": "back"}),
            "10061",
            "deploy the Worker `back` before".to_owned(),
        ),
        (
            json!({"type": "d1", "database": uuid}),
            "10181",
            format!("the D1 database `{uuid}` must be there before: `wrangler d1 create NAME`"),
        ),
        (
            json!({"type": "queue", "queue": "jobs"}),
            "11000",
            "the queue `jobs` must be there before: `wrangler queues create".to_owned(),
        ),
        (
            json!({"type": "hyperdrive", "id": id}),
            "10157",
            format!("Hyperdrive `{id}` must be there before"),
        ),
        (
            json!({"type": "vectorize", "index": "texts"}),
            "10159",
            "the index of Vectorize `texts` must".to_owned(),
        ),
        (
            json!({"type": "dispatch-namespace", "namespace": "tenants"}),
            "100119",
            "the dispatch namespace `tenants` must".to_owned(),
        ),
        (
            json!({"type": "mtls-certificate", "certificate": uuid}),
            "100143",
            format!("the certificate `{uuid}` must"),
        ),
    ]
}

#[tokio::test]
async fn a_target_that_is_not_there_is_told_with_what_to_do() {
    let (bench, folder) = (Bench::start().await, folder());
    let nothing = [
        "d1",
        "queue",
        "hyperdrive",
        "vectorize",
        "dispatch_namespace",
        "mtls_certificate",
    ];
    let nothing: serde_json::Map<_, _> = nothing
        .map(|kind| (kind.to_owned(), json!([])))
        .into_iter()
        .collect();
    bench.control("PUT", "/elsewhere", Value::Object(nothing)).await;
    for (binding, code, help) in nowhere() {
        let began = std::time::Instant::now();
        let error = refused(&bench, &stack([bound(binding.clone())]).root(folder.path())).await;
        assert_eq!(error.provider_code(), Some(code), "{binding}: {error:?}");
        assert!(error.advice().unwrap().contains(&help), "{binding}: {error:?}");
        assert!(error.operation().is_some() && error.provider_request_id().is_some());
        assert!(
            began.elapsed().as_secs() < 5,
            "what is not there is not waited for"
        );
        assert_eq!(bench.inventory()["workers"]["scripts"], json!([]));
    }
    // What is there is bound.
    bench
        .control("PUT", "/elsewhere", json!({"queue": ["jobs"]}))
        .await;
    let queue = bound(json!({"type": "queue", "queue": "jobs"}));
    bench.settle(&stack([queue]).root(folder.path())).await;
}

#[tokio::test]
async fn a_target_that_was_made_just_now_may_be_seen_late() {
    let folder = folder();
    for (code, kind) in [("10041", "kv"), ("10085", "r2"), ("10144", "service")] {
        let bench = Bench::start().await;
        let late = Fault::answer(400).code(code).method("PUT").path("/scripts/api$");
        bench.sandbox.add_fault(late.times(Times::First(2))).unwrap();
        let binding = match kind {
            "kv" => Binding::kv("TARGET", "cache"),
            "r2" => Binding::r2("TARGET", "files"),
            _ => Binding::Service {
                name: "TARGET".into(),
                service: "back".into(),
                entrypoint: None,
            },
        };
        let worker = Worker::builder().name("api").source("api.js");
        let all = stack([worker.binding(binding).build()])
            .add(KvNamespace::builder().name("cache").build())
            .add(R2Bucket::builder().name("files").build())
            .add(Worker::builder().name("back").source("api.js").build())
            .root(folder.path());
        bench.settle(&all).await;
        let log = bench.sandbox.log();
        let uploads = log.writes().filter(|entry| entry.path.ends_with("/scripts/api"));
        assert_eq!(uploads.count(), 3, "{code}");
    }
}

/// A Worker called `name` whose class is `Room`, made by these migrations.
fn room(name: &str, migrations: &[Migration], elsewhere: Option<&str>) -> Worker {
    let mut worker = Worker::builder()
        .name(name)
        .source("api.js")
        .binding(Binding::DurableObject {
            name: "ROOM".into(),
            class: "Room".into(),
            worker: elsewhere.map(str::to_owned),
        })
        .build();
    worker.migration = migrations.to_vec();
    worker
}

fn classes(bench: &Bench) -> Vec<(String, Value)> {
    let scripts = bench.inventory()["workers"]["scripts"]
        .as_array()
        .unwrap()
        .clone();
    let of = |script: &Value| {
        let name = script["name"].as_str().unwrap().to_owned();
        (name, script["durable_objects"]["classes"].clone())
    };
    scripts.iter().map(of).collect()
}

#[tokio::test]
async fn a_class_goes_over_to_another_worker_with_what_it_holds() {
    let (bench, folder) = (Bench::start().await, folder());
    let of = |workers: Vec<Worker>| stack(workers).root(folder.path());
    let first = Migration::new("v1").sqlite_class("Room");
    let mut over = Migration::new("v1");
    over.transferred_class.push(TransferredClass {
        from: "Room".into(),
        to: "Room".into(),
        worker: "old".into(),
    });
    bench
        .settle(&of(vec![room("old", std::slice::from_ref(&first), None)]))
        .await;

    // The old one reaches its class at the new one from now on, and comes after it.
    let moved = of(vec![
        room("old", std::slice::from_ref(&first), Some("new")),
        room("new", &[over.clone()], None),
    ]);
    assert_eq!(
        told(&bench.plan(&moved).await),
        ["create worker.new", "update worker.old: bindings[0].worker"]
    );
    bench.settle(&moved).await;
    assert_eq!(
        classes(&bench),
        [("new".into(), json!(["Room"])), ("old".into(), json!([]))]
    );
    // Somebody without a state sees the same.
    let adopted = bench.forgetful();
    assert_eq!(
        told(&adopted.plan(&moved).await),
        ["adopt worker.new", "adopt worker.old"]
    );

    // Once nobody needs it, the old one may go: nothing is lost with it.
    let rest = of(vec![room("new", &[over.clone()], None)]);
    bench.settle(&rest).await;
    assert_eq!(classes(&bench), [("new".into(), json!(["Room"]))]);

    // On an empty account the old one is made first.
    let fresh = Bench::start().await;
    let mut unbound = room("old", &[first], None);
    unbound.bindings.clear();
    fresh.settle(&of(vec![room("new", &[over], None), unbound])).await;
    assert_eq!(
        classes(&fresh),
        [("new".into(), json!(["Room"])), ("old".into(), json!([]))]
    );
}

#[tokio::test]
async fn a_worker_that_gives_its_class_away_goes_only_afterwards() {
    let (bench, folder) = (Bench::start().await, folder());
    let of = |workers: Vec<Worker>| stack(workers).root(folder.path());
    let mut old = room("old", &[Migration::new("v1").sqlite_class("Room")], None);
    old.force_destroy = Some(true);
    bench.settle(&of(vec![old.clone()])).await;
    let mut over = Migration::new("v1");
    over.transferred_class.push(TransferredClass {
        from: "Room".into(),
        to: "Hall".into(),
        worker: "old".into(),
    });
    let mut new = room("new", &[over], None);
    new.bindings.clear();
    // Not both in one run: the old one could be deleted first, with all that it holds.
    let gone = of(vec![new.clone()]);
    let allowed = bench.session.clone().data(DataGuard::Allow);
    let error = gone
        .clone()
        .session(allowed.clone())
        .converge()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Guarded);
    let said = "the class `Room` is still to come from worker.old, which is no longer declared";
    assert!(error.to_string().contains(said), "{error}");
    assert_eq!(classes(&bench), [("old".into(), json!(["Room"]))]);
    bench.settle(&of(vec![new, old])).await;
    gone.clone().session(allowed).converge().await.unwrap();
    assert_eq!(classes(&bench), [("new".into(), json!(["Hall"]))]);
    assert!(bench.plan(&gone).await.is_empty());
}
