//! Traps of the API that no other test is about: see the table in `pitfalls`.

use fleetflow_sandbox::{Fault, Sandbox, Times};
use serde_json::{Value, json};

use super::{Bench, client_with, stack, told};
use crate::cloudflare::dns::Record;
use crate::cloudflare::r2_bucket::{Cors, CorsMethod, CustomDomain, Jurisdiction, R2Location, TlsVersion};
use crate::cloudflare::worker::Binding;
use crate::cloudflare::{Dns, Pages, R2Bucket, Worker};
use crate::error::ErrorKind;
use crate::model::{Input, Stack};

fn at(rest: &str) -> String {
    format!("/accounts/{}{rest}", Sandbox::CLOUDFLARE_ACCOUNT)
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let place = folder.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }
    folder
}

fn cors() -> Cors {
    Cors::builder().origin("*").method(CorsMethod::Get).build()
}

fn domain() -> CustomDomain {
    CustomDomain::builder()
        .domain("cdn.example.com")
        .min_tls(TlsVersion::Tls12)
        .zone("example.com")
        .build()
}

#[tokio::test]
async fn a_location_that_was_followed_is_neither_a_change_nor_a_note() {
    let bench = Bench::start().await;
    let bucket = R2Bucket::builder().name("creo-assets").location(R2Location::Weur);
    let stack = stack([bucket.build()]);
    bench.settle(&stack).await;
    assert_eq!(bench.buckets()[0]["location"], "WEUR");
    assert_eq!(bench.plan(&stack).await.notes, Vec::<String>::new());
    assert_eq!(
        told(&bench.forgetful().plan(&adopted(&stack)).await),
        ["adopt r2-bucket.creo-assets"]
    );
}

fn adopted(stack: &Stack) -> Stack {
    use crate::model::Declare as _;
    let bucket = stack.declarations()[0].clone();
    super::stack([bucket.adopt()])
}

#[tokio::test]
async fn a_jurisdiction_goes_with_every_call() {
    let bench = Bench::start().await;
    let theirs = json!({"name": "creo-assets"});
    bench.ask("POST", &at("/r2/buckets"), theirs).await;
    let before = bench.buckets();
    let bucket = R2Bucket::builder()
        .name("creo-assets")
        .jurisdiction(Jurisdiction::Eu)
        .cors(cors())
        .custom_domain(domain())
        .public_dev_url(true)
        .force_destroy(true);
    let of = |origin: &str| {
        let mut bucket = bucket.clone().build();
        bucket.cors[0].allowed_origins = vec![origin.to_owned()];
        bucket.public_dev_url = Some(origin == "*");
        stack([bucket])
    };
    bench.settle(&of("*")).await;
    bench.settle(&of("https://app.example.com")).await;
    bench.destroy(&of("*")).await.unwrap();
    assert_eq!(
        bench.buckets(),
        before,
        "the one of no jurisdiction is another one"
    );
}

#[tokio::test]
async fn an_absent_policy_is_no_absent_bucket() {
    let bench = Bench::start().await;
    let stack = stack([R2Bucket::builder().name("creo-assets").cors(cors()).build()]);
    bench.settle(&stack).await;
    bench
        .ask("DELETE", &at("/r2/buckets/creo-assets/cors"), Value::Null)
        .await;
    assert_eq!(
        told(&bench.plan(&stack).await),
        ["update r2-bucket.creo-assets: cors"]
    );
    bench.settle(&stack).await;
    bench
        .ask("DELETE", &at("/r2/buckets/creo-assets"), Value::Null)
        .await;
    let plan = told(&bench.plan(&stack).await);
    assert!(plan[0].starts_with("create r2-bucket.creo-assets"), "{plan:?}");
}

#[tokio::test]
async fn what_is_not_known_of_a_domain_is_no_difference() {
    let bench = Bench::start().await;
    let stack = stack([R2Bucket::builder()
        .name("creo-assets")
        .custom_domain(domain())
        .build()]);
    bench.settle(&stack).await;
    bench
        .control("PUT", "/certificates", json!({"available": false}))
        .await;
    let plan = bench.plan(&stack).await;
    assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:#?}");
    assert!(
        plan.notes[0].contains("not active yet: ownership unknown"),
        "{:?}",
        plan.notes
    );
    bench
        .control("PUT", "/certificates", json!({"available": true}))
        .await;
    bench.settle(&stack).await;
}

#[tokio::test]
async fn what_lies_beyond_the_first_page_is_seen() {
    let bench = Bench::start().await;
    bench
        .control(
            "PUT",
            "/limits",
            json!({"requests": 100_000, "window_seconds": 1}),
        )
        .await;
    let folder = folder(&[("dist/index.html", "page")]);
    let ours = stack([R2Bucket::builder().name("zz-assets").build()])
        .add(Pages::builder().name("mm-site").source("dist").build())
        .root(folder.path());
    bench.settle(&ours).await;
    for number in 0..1005 {
        let name = format!("files-{number:04}");
        bench.ask("POST", &at("/r2/buckets"), json!({"name": name})).await;
    }
    for number in 0..12 {
        for letter in ["a", "z"] {
            let project = json!({"name": format!("{letter}-{number}"), "production_branch": "main"});
            bench.ask("POST", &at("/pages/projects"), project).await;
        }
    }
    bench.calls();
    assert!(bench.plan(&ours).await.is_empty());
    let calls = bench.calls();
    let lists = |path: &str| calls.iter().filter(|call| call.ends_with(path)).count();
    assert_eq!((lists("/r2/buckets"), lists("/pages/projects")), (2, 3));
}

#[tokio::test]
async fn what_nobody_declares_of_a_record_stays() {
    let bench = Bench::start().await;
    let of = |ttl: u32| {
        let record = Record::txt("www", "x").ttl(ttl);
        stack([Dns::builder().zone("example.com").record(record).build()])
    };
    bench.settle(&of(300)).await;
    let records = format!("/zones/{}/dns_records", bench.zone_id("example.com").await);
    let id = bench.ask("GET", &records, Value::Null).await[0]["id"].clone();
    let one = format!("{records}/{}", id.as_str().unwrap());
    bench.ask("PATCH", &one, json!({"tags": ["team:web"]})).await;
    bench.settle(&of(600)).await;
    let read = bench.ask("GET", &one, Value::Null).await;
    assert_eq!((&read["ttl"], &read["tags"]), (&json!(600), &json!(["team:web"])));
}

#[tokio::test]
async fn an_upload_names_its_modules_and_a_day() {
    let code = "import { a } from './lib/a.js';\nimport text from './t.txt';\nexport default { fetch() { return new Response(text + a) } }";
    let folder = folder(&[
        ("api/index.js", code),
        ("api/lib/a.js", "export const a = 1;"),
        ("api/t.txt", "t"),
    ]);
    let bench = Bench::start().await;
    let stack = stack([Worker::builder().name("api").source("api").build()]).root(folder.path());
    bench.settle(&stack).await;
    let log = bench.sandbox.log();
    let mut uploads = log.writes().filter(|entry| entry.path.ends_with("/scripts/api"));
    let upload = uploads.next().unwrap();
    assert_eq!(upload.query.as_deref(), Some("bindings_inherit=strict"));
    let parts = upload.body.as_ref().unwrap()["parts"].as_array().unwrap().clone();
    let metadata = &parts[0];
    assert_eq!(
        (
            &metadata["name"],
            &metadata["filename"],
            &metadata["content_type"]
        ),
        (&json!("metadata"), &Value::Null, &Value::Null)
    );
    assert_eq!(metadata["json"]["main_module"], "index.js");
    assert_eq!(metadata["json"]["compatibility_date"], "2025-09-15");
    let modules: Vec<_> = parts[1..]
        .iter()
        .map(|part| (&part["name"], &part["filename"], &part["content_type"]))
        .collect();
    let module = json!("application/javascript+module");
    let (index, lib, text, plain) = (
        json!("index.js"),
        json!("lib/a.js"),
        json!("t.txt"),
        json!("text/plain"),
    );
    assert_eq!(
        modules,
        [
            (&index, &index, &module),
            (&lib, &lib, &module),
            (&text, &text, &plain)
        ]
    );
    // Nobody reads the code back: what comes is no JSON.
    bench.plan(&stack).await;
    let log = bench.sandbox.log();
    let read = log
        .entries()
        .iter()
        .filter(|entry| entry.method == "GET" && entry.path.ends_with("/scripts/api"));
    assert_eq!(read.count(), 0);
}

#[tokio::test]
async fn a_secret_that_cannot_be_deleted_yet_goes_with_the_next_run() {
    let bench = Bench::start().await;
    let folder = folder(&[("api.js", "export default {}")]);
    let of = |secret: bool| {
        let mut worker = Worker::builder().name("api").source("api.js").build();
        if secret {
            let value = Input::secret("env:TOKEN");
            worker.bindings.push(Binding::secret("TOKEN", value));
        }
        stack([worker]).root(folder.path()).secret("env:TOKEN", "s3cret")
    };
    bench.settle(&of(true)).await;
    let refusal = Fault::answer(400).code("10215").method("DELETE");
    let refusal = refusal.path("/secrets/TOKEN$").times(Times::First(1));
    bench.sandbox.add_fault(refusal).unwrap();
    let reviewed = bench.attach(&of(false));
    let report = reviewed.converge_reviewed(async |plan| Ok(plan)).await.unwrap();
    let error = &report.failed[0].1;
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let advice = error.advice().unwrap();
    assert!(advice.contains("a version that is not deployed"), "{error:?}");
    let bindings = || bench.inventory()["workers"]["scripts"][0]["bindings"].clone();
    assert_eq!(bindings()[0]["name"], "TOKEN");
    bench.settle(&of(false)).await;
    assert_eq!(bindings(), json!([]));
}

#[tokio::test]
async fn a_secret_that_shall_be_json_and_is_not_is_refused_and_not_told() {
    let bench = Bench::start().await;
    let folder = folder(&[("api.js", "export default {}")]);
    let of = |value: &str| {
        let mut worker = Worker::builder().name("api").source("api.js").build();
        worker.bindings.push(Binding::Json {
            name: "FLAGS".into(),
            value: Input::secret("env:FLAGS"),
        });
        stack([worker]).root(folder.path()).secret("env:FLAGS", value)
    };
    let report = bench
        .attach(&of("{s3cret}"))
        .converge_reviewed(async |plan| Ok(plan))
        .await;
    let told = format!("{:?}", report.unwrap().failed);
    assert!(told.contains("the JSON variable `FLAGS` is not JSON"), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
    assert_eq!(bench.inventory()["workers"]["scripts"], json!([]));
    bench.settle(&of("{\"beta\": true}")).await;
    let bindings = &bench.inventory()["workers"]["scripts"][0]["bindings"];
    assert_eq!(bindings[0]["json"], json!({"beta": true}));
}

#[tokio::test]
async fn a_token_for_uploads_that_expired_is_renewed() {
    let bench = Bench::start().await;
    let folder = folder(&[("dist/index.html", "page")]);
    let expired = Fault::answer(401).code("8000013").path("/pages/assets/upload$");
    bench.sandbox.add_fault(expired.times(Times::First(1))).unwrap();
    let site = Pages::builder().name("creo-site").source("dist").build();
    bench.settle(&stack([site]).root(folder.path())).await;
    let asked = |path: &str| {
        let log = bench.sandbox.log();
        let entries = log.entries().iter();
        entries.filter(|entry| entry.path.ends_with(path)).count()
    };
    assert_eq!((asked("/upload-token"), asked("/pages/assets/upload")), (2, 2));
}

#[tokio::test]
async fn a_site_without_files_and_changed_settings_are_published() {
    let bench = Bench::start().await;
    let folder = folder(&[("dist/_redirects", "/* https://www.example.com/:splat 301")]);
    let of = |stage: &str| {
        let site = Pages::builder().name("creo-site").source("dist");
        stack([site.env("STAGE", stage).build()]).root(folder.path())
    };
    let manifests = || {
        let log = bench.sandbox.log();
        let forms = log.writes().filter(|entry| entry.path.ends_with("/deployments"));
        let part = |name: &str, body: &Value| {
            let parts = body["parts"].as_array().unwrap();
            parts.iter().find(|part| part["name"] == name).cloned()
        };
        let told = forms.map(|entry| {
            let body = entry.body.as_ref().unwrap();
            let manifest = part("manifest", body).unwrap();
            (manifest["json"].clone(), part("_redirects", body).is_some())
        });
        told.collect::<Vec<_>>()
    };
    bench.settle(&of("dev")).await;
    assert_eq!(manifests(), [(json!({}), true)]);
    // What is configured does not reach the site by itself.
    bench.settle(&of("prod")).await;
    assert_eq!(manifests().len(), 2);
}

#[tokio::test]
async fn a_base_with_a_slash_at_its_end_is_the_same() {
    let bench = Bench::start().await;
    let base = format!("{}/", bench.sandbox.cloudflare_url());
    let client = client_with(&bench.sandbox, Sandbox::CLOUDFLARE_TOKEN);
    let client = client.base(base).build().unwrap();
    client.account().await.unwrap();
    client.zone("example.com").await.unwrap();
    let log = bench.sandbox.log();
    assert!(log.entries().iter().all(|entry| !entry.path.contains("//")));
    let lists = log
        .entries()
        .iter()
        .filter(|entry| entry.path.ends_with("/zones"));
    let account = format!("account.id={}", Sandbox::CLOUDFLARE_ACCOUNT);
    for list in lists {
        assert!(list.query.as_ref().unwrap().contains(&account), "{list:?}");
    }
}

#[test]
fn a_name_of_another_declared_zone_is_a_mistake() {
    let zones = |name: &str| {
        let one = Dns::builder().zone("example.com").record(Record::txt(name, "x"));
        let other = Dns::builder().zone("example.org").record(Record::txt("@", "x"));
        stack([one.build(), other.build()]).check()
    };
    for name in ["www.example.org", "Example.org", "*.dev.example.org"] {
        let problems = zones(name);
        let [only] = problems.as_slice() else {
            panic!("{name}: {problems:?}")
        };
        assert!(
            only.to_string().contains("is in the zone `example.org`"),
            "{only}"
        );
    }
    for name in ["www", "www.example.net", "www.example.org.example.com"] {
        assert!(zones(name).is_empty(), "{name}");
    }
}
