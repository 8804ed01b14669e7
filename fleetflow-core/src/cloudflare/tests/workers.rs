//! Workers: code, every binding, every address, secrets, static files, what stays unsent.

use std::path::Path;

use fleetflow_sandbox::{Fault, Moment, Sandbox, Times};
use serde_json::{Value, json};

use super::{Bench, stack, told};
use crate::cloudflare::worker::{Binding, Observability};
use crate::cloudflare::{KvNamespace, R2Bucket, Worker};
use crate::error::ErrorKind;
use crate::model::{Declaration, Input, Stack};
use crate::plan::DataGuard;

/// A folder with a Worker in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("api/index.js", "import text from './lib/hello.txt';\nimport config from './config.json';\nexport default { async fetch() { return new Response(text + config.a) } }");
        folder.write("api/lib/hello.txt", "hello");
        folder.write("api/config.json", "{\"a\": 1}");
        folder.write("api/node_modules/left/index.js", "no");
        folder.write("api/README.md", "no");
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.0.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn full() -> Worker {
    Worker::builder()
        .name("api")
        .source("api")
        .route("api.example.com/*")
        .custom_domain("App.example.jp")
        .binding(Binding::r2("FILES", "creo-assets"))
        .binding(Binding::kv("CACHE", "creo-cache"))
        .binding(Binding::var("STAGE", "dev"))
        .binding(Binding::secret("TOKEN", Input::secret("env:TOKEN")))
        .binding(Binding::Ai { name: "AI".into() })
        .compatibility_date("2026-01-31")
        .compatibility_flag("nodejs_compat")
        .cron("*/5 * * * *")
        .observability(Observability {
            enabled: true,
            head_sampling_rate: Some(0.5),
        })
        .build()
}

fn with(folder: &Folder, worker: Worker) -> Stack {
    let bucket = R2Bucket::builder().name("creo-assets").build();
    stack([Declaration::from(worker), Declaration::from(bucket)])
        .root(folder.path())
        .secret("env:TOKEN", "s3cret")
}

fn script(bench: &Bench) -> Value {
    bench.inventory()["workers"]["scripts"][0].clone()
}

fn uploads(calls: &[String]) -> usize {
    calls
        .iter()
        .filter(|call| call.starts_with("PUT") && call.ends_with("/scripts/api"))
        .count()
}

async fn down(bench: &Bench, stack: &Stack) {
    let allowed = bench.session.clone().data(DataGuard::Allow);
    stack.clone().session(allowed).destroy().await.unwrap();
}

#[tokio::test]
async fn a_worker_with_everything_lives_and_goes_without_a_trace() {
    let (bench, folder) = (Bench::start().await, Folder::new());
    let before = bench.inventory();
    let stack = with(&folder, full());
    let report = bench.settle(&stack).await;
    let outputs = &report.outputs[&full().address()];
    assert_eq!(outputs["url"], json!("https://app.example.jp"));
    assert!(outputs["version-id"].as_str().unwrap().len() == 36);
    let made = script(&bench);
    let names: Vec<_> = made["bindings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["name"].clone())
        .collect();
    assert_eq!(names, ["FILES", "CACHE", "STAGE", "TOKEN", "AI"].map(Value::from));
    assert_eq!(made["tags"], json!(["fleetflow:owner=creo/dev/worker.api"]));
    let at = format!(
        "/accounts/{}/workers/scripts/api/content/v2",
        Sandbox::CLOUDFLARE_ACCOUNT
    );
    let url = format!("{}{at}", bench.sandbox.cloudflare_url());
    let request = bench.http.get(url).bearer_auth(Sandbox::CLOUDFLARE_TOKEN);
    let code = request.send().await.unwrap().text().await.unwrap();
    assert!(
        code.contains("lib/hello.txt") && code.contains("= {\"a\": 1}"),
        "{code}"
    );
    assert!(
        !code.contains("node_modules") && !code.contains("README"),
        "{code}"
    );
    bench.calls();
    bench.plan(&stack).await;
    let calls = bench.calls();
    // Scripts, settings, schedules, domains, routes; buckets, namespaces: the zones are known by now.
    assert_eq!(calls.len(), 7, "{calls:?}");
    down(&bench, &stack).await;
    assert_eq!(bench.inventory(), before);
}

/// A change of the declaration, the fields that a plan then tells, and whether code is sent.
type Edit = (fn(&mut Worker), &'static str, usize);

const EDITS: &[Edit] = &[
    (
        |w| w.compatibility_date = Some("2026-02-28".into()),
        "compatibility_date",
        1,
    ),
    (
        |w| w.compatibility_flags.push("nodejs_als".into()),
        "compatibility_flags",
        1,
    ),
    (
        |w| w.bindings[2] = Binding::var("STAGE", "prod"),
        "bindings[2].value",
        1,
    ),
    (|w| drop(w.bindings.remove(3)), "bindings", 1),
    (|w| w.cron.push("0 0 * * *".into()), "cron", 0),
    (|w| w.cron.clear(), "cron", 0),
    (|w| w.route.push("*.example.com/x/*".into()), "route", 0),
    (|w| drop(w.route.remove(0)), "route", 0),
    (
        |w| w.custom_domain[0] = "site.example.jp".into(),
        "custom_domain[0]",
        0,
    ),
    (|w| w.custom_domain.clear(), "custom_domain", 0),
    (
        |w| w.observability.as_mut().unwrap().head_sampling_rate = Some(0.1),
        "observability.head_sampling_rate",
        0,
    ),
    (
        |w| w.observability.as_mut().unwrap().enabled = false,
        "observability.enabled",
        0,
    ),
    (|w| w.compatibility_flags.clear(), "compatibility_flags", 1),
    (|w| w.compatibility_date = None, "compatibility_date", 1),
    (|w| w.bindings.clear(), "bindings", 1),
];

#[tokio::test]
async fn each_field_changes_alone_and_only_code_is_uploaded_again() {
    let (bench, folder) = (Bench::start().await, Folder::new());
    let mut wanted = full();
    bench.settle(&with(&folder, wanted.clone())).await;
    for (edit, field, sent) in EDITS {
        edit(&mut wanted);
        let kept = Declaration::from(KvNamespace::builder().name("creo-cache").build());
        let stack = with(&folder, wanted.clone()).add(kept);
        assert_eq!(
            told(&bench.plan(&stack).await),
            [format!("update worker.api: {field}")]
        );
        bench.calls();
        bench.settle(&stack).await;
        let calls = bench.calls();
        assert_eq!(uploads(&calls), *sent, "{field}: {calls:?}");
    }
    let left = script(&bench);
    assert_eq!((&left["bindings"], &left["schedules"]), (&json!([]), &json!([])));
    let workers = &bench.inventory()["workers"];
    assert_eq!(
        (&workers["domains"], workers["routes"].as_array().unwrap().len()),
        (&json!([]), 1)
    );
}

#[tokio::test]
async fn changed_code_and_changed_secrets_are_seen_and_nothing_else_is_sent() {
    let (bench, folder) = (Bench::start().await, Folder::new());
    let first = with(&folder, full());
    bench.settle(&first).await;
    folder.write("api/node_modules/left/index.js", "other");
    assert!(bench.plan(&first).await.is_empty());
    folder.write("api/lib/hello.txt", "goodbye");
    assert_eq!(
        told(&bench.plan(&first).await),
        ["update worker.api: source_digest"]
    );
    bench.settle(&first).await;
    let rotated = with(&folder, full()).secret("env:TOKEN", "other");
    assert_eq!(
        told(&bench.plan(&rotated).await),
        ["update worker.api: bindings[3].value"]
    );
    bench.settle(&rotated).await;
    let text = serde_json::to_string(
        &bench
            .session
            .store()
            .load()
            .await
            .unwrap()
            .entries()
            .collect::<Vec<_>>(),
    );
    assert!(!text.unwrap().contains("s3cret"));
    // Somebody else deploys other code under our mark.
    let at = format!(
        "/accounts/{}/workers/scripts/api/content",
        Sandbox::CLOUDFLARE_ACCOUNT
    );
    let form = reqwest::multipart::Form::new()
        .text("metadata", json!({"main_module": "index.js"}).to_string())
        .part("index.js", {
            let part = reqwest::multipart::Part::text("export default {}").file_name("index.js");
            part.mime_str("application/javascript+module").unwrap()
        });
    let url = format!("{}{at}", bench.sandbox.cloudflare_url());
    let request = bench
        .http
        .put(url)
        .bearer_auth(Sandbox::CLOUDFLARE_TOKEN)
        .multipart(form);
    assert!(request.send().await.unwrap().status().is_success());
    assert_eq!(
        told(&bench.plan(&rotated).await),
        ["update worker.api: source_digest"]
    );
    bench.settle(&rotated).await;
}

#[tokio::test]
async fn a_flag_that_has_become_usual_is_not_sent_and_no_difference() {
    let (bench, folder) = (Bench::start().await, Folder::new());
    let of = |date: &str| {
        let worker = Worker::builder()
            .name("api")
            .source("api")
            .compatibility_date(date)
            .compatibility_flag("nodejs_compat")
            .compatibility_flag("global_navigator")
            .build();
        stack([worker]).root(folder.path())
    };
    let sent = || {
        let log = bench.sandbox.log();
        let upload = log
            .writes()
            .filter(|entry| entry.path.ends_with("/scripts/api"))
            .last();
        upload.unwrap().body.as_ref().unwrap()["parts"][0]["json"]["compatibility_flags"].clone()
    };
    bench.settle(&of("2026-08-03")).await;
    assert_eq!(sent(), json!(["nodejs_compat", "global_navigator"]));
    bench.settle(&of("2026-08-04")).await;
    assert_eq!(sent(), json!(["global_navigator"]));
}

#[tokio::test]
async fn an_address_at_workers_dev_is_switched() {
    let (bench, folder) = (Bench::start().await, Folder::new());
    let of = |on: bool| {
        let worker = Worker::builder()
            .name("api")
            .source("api/index.js")
            .workers_dev(on)
            .build();
        stack([worker]).root(folder.path())
    };
    let forget = format!("{}/cloudflare/subdomain", bench.sandbox.control_url());
    bench
        .http
        .delete(forget)
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
    let error = bench.converge(&of(true)).await.unwrap_err();
    assert!(
        error.advice().unwrap().contains("choose one in the dashboard"),
        "{error:?}"
    );
    let at = format!("/accounts/{}/workers/subdomain", Sandbox::CLOUDFLARE_ACCOUNT);
    bench.ask("PUT", &at, json!({"subdomain": "creo"})).await;
    let report = bench.settle(&of(true)).await;
    let url = report.outputs.values().next().unwrap()["url"].clone();
    assert_eq!(url, json!("https://api.creo.workers.dev"));
    assert_eq!(
        told(&bench.plan(&of(false)).await),
        ["update worker.api: workers_dev"]
    );
    bench.settle(&of(false)).await;
    assert_eq!(script(&bench)["on_subdomain"], json!(false));
}

#[tokio::test]
async fn others_workers_and_their_addresses_are_left_alone() {
    let (bench, folder) = (Bench::start().await, Folder::new());
    let other = Worker::builder()
        .name("theirs")
        .source("api/index.js")
        .custom_domain("app.example.jp")
        .build();
    let theirs = Stack::new("other", "dev").add(other).root(folder.path());
    let session = super::session(&super::client(&bench.sandbox));
    theirs.clone().session(session).converge().await.unwrap();
    let before = bench.inventory();
    let same = Worker::builder().name("theirs").source("api/index.js").build();
    let error = bench
        .attach(&stack([same]).root(folder.path()))
        .plan()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it belongs to `other/dev/worker.theirs`"),
        "{error}"
    );
    let ours = Worker::builder()
        .name("ours")
        .source("api/index.js")
        .custom_domain("app.example.jp")
        .build();
    let ours = stack([ours]).root(folder.path());
    let error = bench.converge(&ours).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("app.example.jp leads to theirs already"),
        "{error}"
    );
    bench.destroy(&ours).await.unwrap();
    assert_eq!(bench.inventory(), before);
}

#[tokio::test]
async fn workers_that_are_bound_to_each_other_come_and_go_in_order() {
    let (bench, folder) = (Bench::start().await, Folder::new());
    let front = Worker::builder()
        .name("front")
        .source("api/index.js")
        .binding(Binding::Service {
            name: "BACK".into(),
            service: "api".into(),
            entrypoint: None,
        })
        .build();
    let back = Worker::builder().name("api").source("api/index.js").build();
    let stack = stack([front, back]).root(folder.path());
    bench.settle(&stack).await;
    down(&bench, &stack).await;
    assert_eq!(bench.inventory()["workers"]["scripts"], json!([]));
}

#[tokio::test]
async fn source_that_cannot_be_sent_is_told_when_planning() {
    let (bench, folder) = (Bench::start().await, Folder::new());
    folder.write("ts/src/index.ts", "export default {}");
    let of = |source: &str| stack([Worker::builder().name("api").source(source).build()]).root(folder.path());
    let told = |source: &'static str| {
        let stack = bench.attach(&of(source));
        async move { stack.plan().await.unwrap_err() }
    };
    folder.write("ts/broken.ts", "export default {\n  a: }");
    let broken = told("ts/broken.ts").await;
    assert_eq!(broken.kind(), ErrorKind::Invalid);
    assert!(broken.to_string().contains("broken.ts:2:6: "), "{broken}");
    let (folder_name, name) = ("public".to_owned(), "ASSETS".to_owned());
    let assets = Binding::Assets {
        folder: folder_name,
        name,
    };
    let both = Worker::builder().name("api").source("nowhere").binding(assets);
    let stack = bench.attach(&stack([both.build()]).root(folder.path()));
    let error = stack.plan().await.unwrap_err();
    let missing = ["there is neither a file nor a folder", "there is no folder"];
    assert_eq!(error.problems().len(), missing.len(), "{error}");
    for (problem, missing) in error.problems().iter().zip(missing) {
        assert!(problem.message.contains(missing), "{error}");
        assert_eq!(problem.address, Some("worker.api".parse().unwrap()));
    }
}

#[tokio::test]
async fn code_that_is_refused_is_told_with_the_reason() {
    let (bench, folder) = (Bench::start().await, Folder::new());
    let future = Worker::builder()
        .name("api")
        .source("api")
        .compatibility_date("2999-01-01")
        .build();
    let error = bench
        .converge(&stack([future]).root(folder.path()))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("could not upload the Worker: Can't set compatibility date in the future"),
        "{error}"
    );
}

#[tokio::test]
async fn every_lost_answer_ends_in_the_same_world() {
    let folder = Folder::new();
    let undisturbed = Bench::start().await;
    undisturbed.settle(&with(&folder, full())).await;
    let wanted = undisturbed.inventory();
    for when in [Moment::BeforeEffect, Moment::AfterEffect] {
        for (method, path) in [
            ("PUT", "/scripts/api$"),
            ("PUT", "/schedules$"),
            ("PUT", "/domains$"),
            ("POST", "/routes$"),
        ] {
            let bench = Bench::start().await;
            let fault = Fault::drop_connection()
                .method(method)
                .path(path)
                .when(when)
                .times(Times::Nth(1));
            bench.sandbox.add_fault(fault).unwrap();
            bench.settle(&with(&folder, full())).await;
            let made = bench.inventory();
            assert_eq!(made["workers"]["routes"], wanted["workers"]["routes"]);
            assert_eq!(made["workers"]["domains"], wanted["workers"]["domains"]);
            assert_eq!(
                made["workers"]["scripts"][0]["schedules"],
                wanted["workers"]["scripts"][0]["schedules"]
            );
        }
    }
}

#[tokio::test]
async fn a_lost_state_is_found_again_by_the_marks() {
    let (bench, folder) = (Bench::start().await, Folder::new());
    let worker = Worker::builder()
        .name("api")
        .source("api")
        .cron("*/5 * * * *")
        .build();
    let stack = stack([worker]).root(folder.path());
    bench.settle(&stack).await;
    let other = bench.forgetful();
    assert_eq!(told(&other.plan(&stack).await), ["adopt worker.api"]);
    other.settle(&stack).await;
}

#[test]
fn the_part_that_describes_an_upload_is_as_the_description_has_it() {
    let script = crate::cloudflare::script::Script {
        main: "index.js".into(),
        modules: Vec::new(),
    };
    let owner = "creo/dev/worker.api".parse().unwrap();
    let mut worker = full();
    worker.bindings.extend([
        Binding::Json {
            name: "LEVEL".into(),
            value: Input::Value("{\"deep\": [1, true]}".into()),
        },
        Binding::D1 {
            name: "DB".into(),
            database: Input::Value("2e3a".into()),
        },
        Binding::Queue {
            name: "JOBS".into(),
            queue: Input::Value("jobs".into()),
            delivery_delay: Some(3),
        },
        Binding::Service {
            name: "BACK".into(),
            service: "back".into(),
            entrypoint: Some("Entry".into()),
        },
        Binding::assets("public"),
    ]);
    let with = |assets| super::super::worker::With {
        assets: Some(assets),
        migrations: None,
    };
    let assets = json!({"jwt": "token", "config": {"_headers": "/*\n  x-a: b"}});
    let metadata = super::super::worker::metadata(&worker, &script, &owner, &with(&assets));
    super::schema::check_part("workers_ScriptUpdateParams_Metadata", &metadata);
    let without =
        super::super::worker::metadata(&worker, &script, &owner, &super::super::worker::With::default());
    super::schema::check_part("workers_ScriptUpdateParams_Metadata", &without);
    assert_eq!(
        metadata["bindings"].as_array().unwrap().len(),
        worker.bindings.len()
    );
}
