//! Buckets: every field, custom domains that take time, objects in the way, lost answers.

use std::time::Duration;

use fleetflow_sandbox::{Fault, Moment, Sandbox, Times, Timings};
use serde_json::{Value, json};

use super::{Bench, stack, told};
use crate::cloudflare::dns::Record;
use crate::cloudflare::r2_bucket::{
    Cors, CorsMethod, CustomDomain, Jurisdiction, LifecycleRule, R2Location, StorageClass, TlsVersion,
};
use crate::cloudflare::{Dns, R2Bucket, Worker};
use crate::error::ErrorKind;
use crate::model::{Declaration, Declare, Stack};

fn full() -> R2Bucket {
    R2Bucket::builder()
        .name("creo-assets")
        .location(R2Location::Weur)
        .storage_class(StorageClass::InfrequentAccess)
        .cors(cors("https://app.example.com"))
        .custom_domain(
            CustomDomain::builder()
                .domain("CDN.example.com")
                .min_tls(TlsVersion::Tls12)
                .build(),
        )
        .custom_domain("static.example.jp")
        .public_dev_url(true)
        .lifecycle_rule(
            LifecycleRule::builder()
                .id("tmp")
                .prefix("tmp/")
                .delete_after_days(7)
                .build(),
        )
        .lifecycle_rule(
            LifecycleRule::builder()
                .id("old")
                .infrequent_access_on("2027-01-31")
                .abort_uploads_after_days(2)
                .build(),
        )
        .build()
}

fn cors(origin: &str) -> Cors {
    Cors::builder()
        .origin(origin)
        .method(CorsMethod::Get)
        .method(CorsMethod::Put)
        .header("x-requested-by")
        .expose("etag")
        .max_age(3600)
        .build()
}

fn bucket(bench: &Bench) -> Value {
    bench.buckets().remove(0)
}

fn objects(name: &str) -> String {
    format!(
        "/accounts/{}/r2/buckets/{name}/objects",
        Sandbox::CLOUDFLARE_ACCOUNT
    )
}

#[tokio::test]
async fn a_bucket_with_everything_lives_and_goes_without_a_trace() {
    let bench = Bench::start().await;
    let before = bench.inventory();
    let stack = stack([full()]);
    let report = bench.settle(&stack).await;
    let outputs = &report.outputs[&full().address()];
    let endpoint = format!("https://{}.r2.cloudflarestorage.com", Sandbox::CLOUDFLARE_ACCOUNT);
    assert_eq!(outputs["s3-endpoint"], json!(endpoint));
    assert!(outputs["dev-url"].as_str().unwrap().starts_with("https://pub-"));
    let made = bucket(&bench);
    assert_eq!(
        (&made["location"], &made["storage_class"]),
        (&json!("WEUR"), &json!("InfrequentAccess"))
    );
    assert_eq!(
        made["lifecycle"].as_array().unwrap().len(),
        3,
        "the rule of a new bucket stays"
    );
    bench.calls();
    bench.plan(&stack).await;
    assert_eq!(bench.calls().len(), 5, "the list, and what is declared");
    bench.destroy(&stack).await.unwrap();
    assert_eq!(bench.inventory(), before);
}

#[tokio::test]
async fn a_plain_bucket_is_seen_with_one_call() {
    let bench = Bench::start().await;
    let stack = stack([R2Bucket::builder().name("plain").build()]);
    bench.calls();
    bench.settle(&stack).await;
    bench.calls();
    bench.plan(&stack).await;
    assert_eq!(bench.calls().len(), 1);
}

/// A change of the declaration, and the field that a plan then tells.
type Edit = (fn(&mut R2Bucket), &'static str);

const EDITS: &[Edit] = &[
    (
        |b| b.storage_class = Some(StorageClass::Standard),
        "storage_class",
    ),
    (
        |b| b.cors[0].allowed_origins = vec!["*".into()],
        "cors[0].allowed_origins[0]",
    ),
    (|b| b.cors.push(cors("https://b.example.com")), "cors"),
    (|b| b.cors.clear(), "cors"),
    (
        |b| b.custom_domain[0].min_tls = Some(TlsVersion::Tls13),
        "custom_domain[0].min_tls",
    ),
    (|b| b.custom_domain[0].min_tls = None, "custom_domain[0].min_tls"),
    (
        |b| b.custom_domain[0].domain = "img.example.com".into(),
        "custom_domain[0].domain",
    ),
    (|b| drop(b.custom_domain.remove(0)), "custom_domain"),
    (|b| b.public_dev_url = Some(false), "public_dev_url"),
    (|b| b.public_dev_url = None, ""),
    (
        |b| b.lifecycle.as_mut().unwrap().rule[0].delete_after_days = Some(8),
        "lifecycle.rule[0].delete_after_days",
    ),
    (
        |b| drop(b.lifecycle.as_mut().unwrap().rule.remove(0)),
        "lifecycle.rule",
    ),
    (|b| b.lifecycle = None, "lifecycle"),
    (
        |b| b.storage_class = Some(StorageClass::InfrequentAccess),
        "storage_class",
    ),
    (|b| b.storage_class = None, "storage_class"),
    (|b| b.custom_domain.clear(), "custom_domain"),
    (|b| b.force_destroy = true, "force_destroy"),
];

#[tokio::test]
async fn each_field_changes_alone_and_is_reset_when_it_is_removed() {
    let bench = Bench::start().await;
    let mut wanted = full();
    bench.settle(&stack([wanted.clone()])).await;
    for (edit, field) in EDITS {
        edit(&mut wanted);
        let stack = stack([wanted.clone()]);
        let fields: Vec<_> = told(&bench.plan(&stack).await);
        match *field {
            // It was off already.
            "" => assert!(fields.len() <= 1, "{fields:?}"),
            field => assert_eq!(fields, [format!("update r2-bucket.creo-assets: {field}")]),
        }
        bench.settle(&stack).await;
    }
    let left = bucket(&bench);
    assert_eq!(
        (&left["cors"], &left["domains"], &left["public"]),
        (&json!(null), &json!([]), &json!(false))
    );
    assert_eq!(
        (&left["storage_class"], &left["location"]),
        (&json!("Standard"), &json!("WEUR"))
    );
    assert_eq!(
        left["lifecycle"].as_array().unwrap().len(),
        1,
        "only the rule of a new bucket is left"
    );
}

#[tokio::test]
async fn what_is_not_declared_is_left_alone() {
    let bench = Bench::start().await;
    let plain = stack([R2Bucket::builder().name("creo-assets").build()]);
    bench.settle(&plain).await;
    let at = format!("/accounts/{}/r2/buckets/creo-assets", Sandbox::CLOUDFLARE_ACCOUNT);
    let rules = json!({"rules": [{"allowed": {"origins": ["*"], "methods": ["GET"]}}]});
    bench.ask("PUT", &format!("{at}/cors"), rules).await;
    bench
        .ask("PUT", &format!("{at}/domains/managed"), json!({"enabled": true}))
        .await;
    let changed = bucket(&bench);
    bench.settle(&plain).await;
    assert_eq!(bucket(&bench), changed);
}

/// An address that answers nobody is no output, and what needs it says so before anything is done.
#[tokio::test]
async fn the_url_at_r2_dev_is_an_output_while_it_answers() {
    let bench = Bench::start().await;
    let of = |public: Option<bool>| R2Bucket {
        public_dev_url: public,
        ..R2Bucket::builder().name("creo-assets").build()
    };
    let mut urls = Vec::new();
    for public in [None, Some(true), Some(false), Some(true), None] {
        let bucket = of(public);
        let outputs =
            |report: &crate::converge::Report| report.outputs[&bucket.address()].get("dev-url").cloned();
        let made = outputs(&bench.settle(&stack([bucket.clone()])).await);
        let seen = outputs(&bench.settle(&stack([bucket.clone()])).await);
        assert_eq!(made.is_some(), public == Some(true), "{public:?}: {made:?}");
        assert_eq!(seen, made, "{public:?}");
        urls.extend(made);
    }
    assert_eq!(urls[0], urls[1], "a bucket keeps it for life");
}

#[tokio::test]
async fn a_reference_to_the_url_at_r2_dev_needs_it_to_be_on() {
    let bench = Bench::start().await;
    let of = |public: Option<bool>| {
        let bucket = R2Bucket {
            public_dev_url: public,
            ..R2Bucket::builder().name("creo-assets").build()
        };
        let record = Record::txt("url", bucket.dev_url());
        let zone = Dns::builder().zone("example.com").record(record).build();
        Stack::new("shop", "dev").add(bucket).add(zone)
    };
    for public in [None, Some(false)] {
        let told = of(public).check();
        let wanted = "`dns.example.com` refers to `dev-url`, and `public-dev-url` is not on";
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            (told[0].message.as_str(), told[0].path.to_string().as_str()),
            (wanted, "public_dev_url")
        );
    }
    let report = bench.settle(&of(Some(true))).await;
    let url = &report.outputs[&"r2-bucket.creo-assets".parse().unwrap()]["dev-url"];
    assert!(bench.inventory().to_string().contains(url.as_str().unwrap()));
}

#[tokio::test]
async fn a_location_is_a_wish_and_a_jurisdiction_another_bucket() {
    let bench = Bench::start().await;
    let of = |bucket: R2Bucket| stack([bucket]);
    bench
        .settle(&of(R2Bucket::builder()
            .name("creo-assets")
            .location(R2Location::Weur)
            .build()))
        .await;
    let moved = of(R2Bucket::builder()
        .name("creo-assets")
        .location(R2Location::Apac)
        .build());
    let plan = bench.plan(&moved).await;
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("lies in WEUR and stays there")),
        "{:?}",
        plan.notes
    );
    bench.settle(&moved).await;
    assert_eq!(bucket(&bench)["location"], json!("WEUR"));
    let lawful = of(R2Bucket::builder()
        .name("creo-assets")
        .jurisdiction(Jurisdiction::Eu)
        .build());
    assert_eq!(
        told(&bench.plan(&lawful).await),
        ["replace r2-bucket.creo-assets: jurisdiction, location"]
    );
    let report = bench.settle(&lawful).await;
    let endpoint = report.outputs.values().next().unwrap()["s3-endpoint"]
        .as_str()
        .unwrap();
    assert!(endpoint.contains(".eu.r2.cloudflarestorage.com"), "{endpoint}");
    assert_eq!(bench.buckets().len(), 1);
    bench.destroy(&lawful).await.unwrap();
}

#[tokio::test]
async fn a_full_bucket_is_deleted_only_where_its_objects_may_go() {
    let bench = Bench::start().await;
    let of = |force: bool| {
        stack([R2Bucket::builder()
            .name("creo-assets")
            .force_destroy(force)
            .build()])
    };
    bench.settle(&of(false)).await;
    for key in ["a", "b c/d", "日本"] {
        let path = format!(
            "{}/{}",
            objects("creo-assets"),
            crate::cloudflare::call::encoded(key)
        );
        bench.ask("PUT", &path, json!({})).await;
    }
    let error = bench.destroy(&of(false)).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the bucket `creo-assets` holds 3 objects"),
        "{error}"
    );
    assert!(error.advice().unwrap().contains("force-destroy"), "{error:?}");
    bench.settle(&of(true)).await;
    bench.destroy(&of(true)).await.unwrap();
    assert!(bench.buckets().is_empty());
}

#[tokio::test]
async fn a_custom_domain_is_waited_for() {
    let timings = Timings {
        domain_activation: Duration::from_millis(200),
        ..Timings::INSTANT
    };
    let bench = Bench::with(timings).await;
    let waits = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = waits.clone();
    let watched = bench.session.clone().watcher(move |event| {
        if let crate::converge::Event::Waiting { what, .. } = event {
            seen.lock().unwrap().push(what);
        }
    });
    let stack = stack([R2Bucket::builder()
        .name("creo-assets")
        .custom_domain("cdn.example.com")
        .build()]);
    stack.clone().session(watched).converge().await.unwrap();
    let waits = waits.lock().unwrap().clone();
    assert!(
        waits
            .iter()
            .any(|what| what.contains("waiting for the custom domain cdn.example.com")),
        "{waits:?}"
    );
    assert!(bench.plan(&stack).await.notes.is_empty());
}

#[tokio::test]
async fn somebody_elses_bucket_is_not_taken_by_its_name() {
    let bench = Bench::start().await;
    let at = format!("/accounts/{}/r2/buckets", Sandbox::CLOUDFLARE_ACCOUNT);
    bench.ask("POST", &at, json!({"name": "creo-assets"})).await;
    let plain = R2Bucket::builder().name("creo-assets").build();
    let error = bench.attach(&stack([plain.clone()])).plan().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error
            .to_string()
            .contains("flow import r2-bucket.creo-assets creo-assets"),
        "{error}"
    );
    bench.settle(&stack([plain.adopt()])).await;
}

#[tokio::test]
async fn a_host_in_use_is_told() {
    let bench = Bench::start().await;
    let records = format!("/zones/{}/dns_records", bench.zone_id("example.com").await);
    for host in ["cdn.example.com", "app.example.com"] {
        let theirs = json!({"type": "A", "name": host, "content": "192.0.2.77", "ttl": 1});
        bench.ask("POST", &records, theirs).await;
    }
    let before = bench.records();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("api.js"), "export default {}").unwrap();
    let bucket = R2Bucket::builder().name("creo-assets");
    let worker = Worker::builder().name("api").source("api.js");
    let stack = stack([
        Declaration::from(bucket.custom_domain("cdn.example.com").build()),
        Declaration::from(worker.custom_domain("app.example.com").build()),
    ])
    .root(folder.path());
    let report = bench
        .attach(&stack)
        .converge_reviewed(async |plan| Ok(plan))
        .await
        .unwrap();
    assert_eq!(report.failed.len(), 2, "{report:?}");
    for (address, error) in &report.failed {
        let host = if address.kind() == "worker" { "app" } else { "cdn" };
        let said = format!("something else stands at {host}.example.com");
        let advice = error.advice().unwrap_or_default();
        assert!(advice.contains(&said), "{error:?}");
    }
    // Nothing of others was overwritten, nor was that asked for.
    assert_eq!(bench.records(), before);
    let theirs = bench.ask("GET", &records, Value::Null).await;
    for record in theirs.as_array().unwrap() {
        let id = record["id"].as_str().unwrap();
        bench.ask("DELETE", &format!("{records}/{id}"), Value::Null).await;
    }
    bench.settle(&stack).await;
}

#[tokio::test]
async fn every_lost_answer_ends_in_the_same_world() {
    let undisturbed = Bench::start().await;
    undisturbed.calls();
    undisturbed.settle(&stack([full()])).await;
    let (wanted, writes) = (
        undisturbed.inventory(),
        undisturbed.sandbox.log().writes().count(),
    );
    assert!(writes >= 6, "{writes}");
    for when in [Moment::BeforeEffect, Moment::AfterEffect] {
        for write in 1..=writes as u64 {
            for method in ["POST", "PUT"] {
                let bench = Bench::start().await;
                let fault = Fault::drop_connection()
                    .method(method)
                    .when(when)
                    .times(Times::Nth(write));
                bench.sandbox.add_fault(fault).unwrap();
                bench.settle(&stack([full()])).await;
                assert_eq!(bench.inventory(), wanted, "{method} {write} {when:?}");
            }
        }
    }
}
