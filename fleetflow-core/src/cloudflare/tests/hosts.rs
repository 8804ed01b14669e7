//! Hosts of routes and custom domains beside the records of their zones.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::json;

use super::{Bench, stack, told};
use crate::cloudflare::dns::Record;
use crate::cloudflare::{Dns, Pages, R2Bucket, Worker};
use crate::model::{Declaration, Stack};

const ANYWHERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("api.js"), "export default {}").unwrap();
    std::fs::create_dir(folder.path().join("dist")).unwrap();
    std::fs::write(folder.path().join("dist/index.html"), "page").unwrap();
    folder
}

fn routed(patterns: &[&str]) -> Worker {
    let mut worker = Worker::builder().name("api").source("api.js").build();
    worker.route = patterns.iter().map(|&pattern| pattern.into()).collect();
    worker
}

fn zone(records: impl IntoIterator<Item = Record>) -> Dns {
    let zone = Dns::builder().zone("example.com");
    zone.record(Record::txt("@", "x")).records(records).build()
}

/// The routes that a plan says are not reached.
async fn unreached(bench: &Bench, stack: &Stack) -> Vec<String> {
    let plan = bench.plan(stack).await;
    let notes = plan
        .notes
        .iter()
        .filter(|note| note.contains("is not reached, because"));
    notes
        .map(|note| note.split('`').nth(1).unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_route_whose_host_has_no_proxied_record_is_told() {
    let (bench, folder) = (Bench::start().await, folder());
    let zone_id = bench.zone_id("example.com").await;
    let foreign = json!({"type": "A", "name": "theirs.example.com", "content": "192.0.2.9", "proxied": true});
    let records = format!("/zones/{zone_id}/dns_records");
    bench.ask("POST", &records, foreign).await;
    let direct = json!({"type": "A", "name": "direct.example.com", "content": "192.0.2.9"});
    bench.ask("POST", &records, direct).await;
    bench.calls();

    let patterns = [
        "none.example.com/*",
        "theirs.example.com/*",
        "direct.example.com/*",
        "ours.example.com/*",
        "past.example.com/*",
        "a.wild.example.com/*",
        "past.wild.example.com/*",
        "*.sub.example.com/*",
        "*.none.example.com/*",
    ];
    let declared = zone([
        Record::a("ours", ANYWHERE).proxied(true),
        Record::a("past", ANYWHERE),
        Record::a("*.wild", ANYWHERE).proxied(true),
        Record::a("past.wild", ANYWHERE),
        Record::aaaa("x.sub", Ipv6Addr::LOCALHOST).proxied(true),
    ]);
    let of = |worker: Worker, zone: Dns| {
        stack([Declaration::from(worker), Declaration::from(zone)]).root(folder.path())
    };
    let all = of(routed(&patterns), declared.clone());
    let missing = [
        "none.example.com/*",
        "direct.example.com/*",
        "past.example.com/*",
        "past.wild.example.com/*",
        "*.none.example.com/*",
    ];
    assert_eq!(unreached(&bench, &all).await, missing);
    bench.settle(&all).await;
    assert_eq!(
        unreached(&bench, &all).await,
        missing,
        "what is there is no other than what was declared"
    );
    // Nobody is asked for it: without the routes, a plan takes just as many calls about records and zones.
    bench.calls();
    bench.plan(&all).await;
    let calls = bench.calls();
    let asked = |path: &str| calls.iter().filter(|call| call.contains(path)).count();
    assert_eq!((asked("dns_records"), asked("/zones?")), (1, 0), "{calls:?}");
    // A record that this run removes does not count.
    let without = of(routed(&["ours.example.com/*"]), zone([]));
    assert_eq!(unreached(&bench, &without).await, ["ours.example.com/*"]);
    // A custom domain brings its record with it.
    let mut both = routed(&["app.example.com/*"]);
    both.custom_domain = vec!["app.example.com".into()];
    assert!(unreached(&bench, &of(both, declared)).await.is_empty());
}

#[tokio::test]
async fn the_record_that_leads_nowhere_but_to_a_worker_is_an_ordinary_one() {
    let (bench, folder) = (Bench::start().await, folder());
    let nowhere: Ipv6Addr = "100::".parse().unwrap();
    let of = |ttl_of_text: u32| {
        let text = Record::txt("api", "x").ttl(ttl_of_text);
        let records = [Record::aaaa("api", nowhere).proxied(true), text];
        stack([
            Declaration::from(routed(&["api.example.com/*"])),
            Declaration::from(zone(records)),
        ])
        .root(folder.path())
    };
    bench.settle(&of(300)).await;
    assert!(unreached(&bench, &of(300)).await.is_empty());
    // Somebody without a state knows it by its mark.
    let adopted = told(&bench.forgetful().plan(&of(300)).await);
    assert!(
        adopted.contains(&"adopt dns-record.example.com/api/AAAA".to_owned()),
        "{adopted:?}"
    );
    assert_eq!(
        told(&bench.plan(&of(600)).await),
        ["update dns-record.example.com/api/TXT: ttl"]
    );
    bench.destroy(&of(300)).await.unwrap();
    assert_eq!(bench.records(), Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn a_custom_domain_where_others_have_a_record_is_told() {
    let (bench, folder) = (Bench::start().await, folder());
    let zone_id = bench.zone_id("example.com").await;
    let foreign = json!({"type": "A", "name": "app.example.com", "content": "192.0.2.9"});
    let records = format!("/zones/{zone_id}/dns_records");
    bench.ask("POST", &records, foreign).await;
    let mut worker = routed(&[]);
    worker.custom_domain = vec!["app.example.com".into()];
    let stack = stack([Declaration::from(worker), Declaration::from(zone([]))]).root(folder.path());
    let taken = "worker.api: app.example.com cannot become its custom domain while somebody else's A record";
    bench.calls();
    let plan = bench.plan(&stack).await;
    let calls = bench.calls();
    let asked = calls.iter().filter(|call| call.ends_with("/zones")).count();
    assert!(asked <= 1, "no more than without the custom domain: {calls:?}");
    assert!(
        plan.notes.iter().any(|note| note.contains(taken)),
        "{:?}",
        plan.notes
    );
}

fn worker(name: &str, host: &str) -> Declaration {
    let worker = Worker::builder().name(name).source("api.js");
    worker.custom_domain(host).build().into()
}

fn bucket(host: &str) -> Declaration {
    let bucket = R2Bucket::builder().name("creo-assets");
    bucket.custom_domain(host).build().into()
}

fn site(host: &str) -> Declaration {
    let site = Pages::builder().name("site").source("dist");
    site.custom_domain(host).build().into()
}

/// Two declarations, and what is wrong with them beside each other.
fn pairs() -> Vec<([Declaration; 2], Option<&'static str>)> {
    let records = |record: Record| Declaration::from(zone([record]));
    let (app, cdn, www) = ("app.example.com", "cdn.example.com", "www.example.com");
    let bucket_alias = Record::cname("cdn", "creo-assets.r2.cloudflarestorage.com");
    let elsewhere = Record::cname("cdn", "elsewhere.example.net");
    vec![
        (
            [worker("a", app), worker("b", "App.Example.com.")],
            Some("`app.example.com` is a custom domain of worker.a already"),
        ),
        (
            [bucket(app), worker("a", app)],
            Some("`app.example.com` is a custom domain of worker.a already"),
        ),
        (
            [site(www), bucket(www)],
            Some("`www.example.com` is a custom domain of r2-bucket.creo-assets already"),
        ),
        (
            [worker("a", app), records(Record::a("app", ANYWHERE))],
            Some("`app.example.com` has a record of type A in the same stack"),
        ),
        (
            [bucket(cdn), records(elsewhere)],
            Some("`cdn.example.com` has a record of type CNAME in the same stack"),
        ),
        ([bucket(cdn), records(bucket_alias)], None),
        ([worker("a", "example.com"), records(Record::txt("@", "y"))], None),
        ([site(www), records(Record::cname("www", "site.pages.dev"))], None),
        ([worker("a", app), worker("b", "b.example.com")], None),
    ]
}

#[test]
fn hosts_that_two_things_would_answer_are_mistakes() {
    for (declarations, said) in pairs() {
        let problems = stack(declarations).check();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        match (said, told.as_slice()) {
            (Some(said), [only]) => assert!(only.contains(said), "{only}"),
            (None, []) => {}
            _ => panic!("{said:?}: {told:?}"),
        }
    }
}
