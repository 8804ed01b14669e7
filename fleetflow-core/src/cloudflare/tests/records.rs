//! Records of zones: every type and field, batches, strangers, lost answers, guards.

use std::net::Ipv4Addr;

use fleetflow_sandbox::{Fault, Moment, Times};
use serde_json::{Value, json};

use super::{Bench, count, stack, told};
use crate::cloudflare::dns::{CaaTag, Latitude, Location, Longitude, Record};
use crate::cloudflare::{Dns, R2Bucket};
use crate::error::ErrorKind;
use crate::model::Declare;
use crate::plan::{Action, DeletionGuard};

fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 0, 2, last)
}

fn zone(records: impl IntoIterator<Item = Record>) -> Dns {
    Dns::builder().zone("example.com").records(records).build()
}

fn every_type() -> Vec<Record> {
    let place = Location {
        lat_degrees: 35,
        lat_minutes: 40,
        lat_seconds: 12.5,
        lat_direction: Latitude::N,
        long_degrees: 139,
        long_minutes: 45,
        long_seconds: 0.0,
        long_direction: Longitude::E,
        altitude: 40.0,
        size: 1.0,
        precision_horz: 10_000.0,
        precision_vert: 10.0,
    };
    vec![
        Record::a("www", ip(1)).proxied(true),
        Record::aaaa("v6", std::net::Ipv6Addr::LOCALHOST).ttl(300),
        Record::cname("Alias", "WWW.example.com."),
        Record::mx("@", 10, "mail.example.com"),
        Record::txt("@", "v=spf1 -all").comment("mail"),
        Record::txt("long", format!("a \"quoted\" {}", "word ".repeat(120))),
        Record::ns("sub", "ns1.example.net"),
        Record::ptr("1", "host.example.com"),
        Record::srv("_sip._tcp", 10, 5, 5060, "sip.example.com"),
        Record::caa("@", CaaTag::Issue, "letsencrypt.org"),
        Record::tlsa("_443._tcp", 3, 1, 1, "ab".repeat(32)),
        Record::https("svc", 1, ".").params("alpn=\"h3,h2\""),
        Record::svcb("_dns", 1, "dns.example.com"),
        Record::sshfp("host", 4, 2, "cd".repeat(32)),
        Record::uri("_ftp._tcp", 10, 1, "ftp://ftp.example.com/public"),
        Record::loc("here", place),
        Record::a("日本", ip(9)),
    ]
}

#[tokio::test]
async fn every_type_is_made_in_one_write_and_stays_as_it_is() {
    let bench = Bench::start().await;
    let before = bench.inventory();
    let stack = stack([zone(every_type())]);
    let report = bench.converge(&stack).await.unwrap();
    assert_eq!(report.count(Action::Create), 17);
    let calls = bench.calls();
    assert_eq!(
        calls.iter().filter(|call| call.starts_with("POST")).count(),
        1,
        "{calls:?}"
    );
    let plan = bench.plan(&stack).await;
    assert!(plan.is_empty(), "{:#?}", plan.steps);
    assert_eq!(bench.calls().len(), 1, "the records: the zone is known by now");
    bench.destroy(&stack).await.unwrap();
    assert_eq!(bench.inventory(), before);
}

#[tokio::test]
async fn each_changed_field_is_changed_alone_and_in_place() {
    let bench = Bench::start().await;
    bench.settle(&stack([zone(every_type())])).await;
    let changed: Vec<(usize, Record, &str)> = vec![
        (0, Record::a("www", ip(2)).proxied(true), "www/A: value"),
        (0, Record::a("www", ip(2)), "www/A: proxied"),
        (0, Record::a("www", ip(2)).ttl(120), "www/A: ttl"),
        (3, Record::mx("@", 20, "mail.example.com"), "@/MX: priority"),
        (
            4,
            Record::txt("@", "v=spf1 -all").comment("post"),
            "@/TXT: comment",
        ),
        (5, Record::txt("long", "short"), "long/TXT: value"),
        (
            8,
            Record::srv("_sip._tcp", 10, 5, 5061, "sip.example.com"),
            "_sip._tcp/SRV: port",
        ),
        (
            9,
            Record::caa("@", CaaTag::Issue, "letsencrypt.org").flags(128),
            "@/CAA: flags",
        ),
        (11, Record::https("svc", 1, "."), "svc/HTTPS: params"),
        (
            14,
            Record::uri("_ftp._tcp", 10, 2, "ftp://ftp.example.com/public"),
            "_ftp._tcp/URI: weight",
        ),
    ];
    let mut records = every_type();
    for (index, record, expected) in changed {
        records[index] = record;
        let stack = stack([zone(records.clone())]);
        let plan = bench.plan(&stack).await;
        assert_eq!(told(&plan), [format!("update dns-record.example.com/{expected}")]);
        let id = plan.steps[0].existing.as_ref().unwrap().id.clone();
        bench.settle(&stack).await;
        let observed = bench.attach(&stack).observe().await.unwrap();
        assert_eq!(observed.at(&plan.steps[0].address).unwrap().id, id);
    }
}

#[tokio::test]
async fn an_alias_and_an_address_change_places_in_one_write() {
    let bench = Bench::start().await;
    let of = |record| stack([zone([record, Record::txt("@", "stays")])]);
    bench.settle(&of(Record::a("www", ip(1)))).await;
    for record in [
        Record::cname("www", "elsewhere.example.net"),
        Record::a("www", ip(2)),
    ] {
        bench.calls();
        bench.converge(&of(record.clone())).await.unwrap();
        let calls = bench.calls();
        assert_eq!(
            calls.iter().filter(|call| call.starts_with("POST")).count(),
            1,
            "{calls:?}"
        );
        assert!(bench.plan(&of(record)).await.is_empty());
    }
}

#[tokio::test]
async fn values_move_up_and_change_places() {
    let bench = Bench::start().await;
    let of = |lasts: &[u8]| stack([zone(lasts.iter().map(|last| Record::a("many", ip(*last))))]);
    bench.settle(&of(&[1, 2, 3])).await;
    for lasts in [&[2, 3][..], &[3, 2], &[2, 3, 4], &[4, 2, 3]] {
        bench.settle(&of(lasts)).await;
        let records = bench.records().len();
        assert_eq!(records, lasts.len());
    }
}

#[tokio::test]
async fn many_records_take_few_writes() {
    let bench = Bench::start().await;
    let records = (0..1200).map(|number| Record::txt(format!("n{number}"), format!("text {number}")));
    let free = Dns::builder().zone("example.jp").records(records).build();
    let stack = stack([free]);
    bench.calls();
    bench.settle(&stack).await;
    let calls = bench.calls();
    let writes = calls.iter().filter(|call| !call.starts_with("GET")).count();
    assert_eq!(writes, 6, "{calls:?}");
    assert!(calls.len() <= 6 + 6, "{calls:?}");
    bench.destroy(&stack).await.unwrap();
    let calls = bench.calls();
    assert_eq!(calls.iter().filter(|call| call.starts_with("POST")).count(), 6);
    assert!(bench.records().is_empty());
}

#[tokio::test]
async fn strangers_are_counted_and_left_alone() {
    let bench = Bench::start().await;
    let records = format!("/zones/{}/dns_records", bench.zone_id("example.com").await);
    let theirs = json!({"type": "A", "name": "theirs.example.com", "content": "192.0.2.77", "ttl": 1});
    bench.ask("POST", &records, theirs).await;
    let before = bench.inventory();
    let stack_of = |record| stack([zone([record])]);
    let ours = stack_of(Record::a("theirs", ip(1)));
    bench.settle(&ours).await;
    assert_eq!(bench.plan(&ours).await.foreign, 1);
    bench.destroy(&ours).await.unwrap();
    assert_eq!(bench.inventory(), before);

    for same in [
        Record::a("theirs", ip(77)),
        Record::cname("theirs", "x.example.net"),
    ] {
        let error = bench.attach(&stack_of(same)).plan().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains("FleetFlow did not make it"), "{error}");
    }
    let adopted = stack([zone([Record::a("theirs", ip(77))]).adopt()]);
    let plan = bench.plan(&adopted).await;
    assert_eq!(told(&plan), ["adopt dns-record.example.com/theirs/A: comment"]);
    bench.settle(&adopted).await;
    assert_eq!(bench.plan(&adopted).await.foreign, 0);
}

#[tokio::test]
async fn an_authoritative_zone_loses_what_is_not_declared_but_never_most_of_it() {
    let bench = Bench::start().await;
    let records = format!("/zones/{}/dns_records", bench.zone_id("example.com").await);
    for number in 0..12 {
        let theirs =
            json!({"type": "TXT", "name": format!("t{number}.example.com"), "content": "\"x\"", "ttl": 1});
        bench.ask("POST", &records, theirs).await;
    }
    let of = |count: u8| {
        let declared = (0..count).map(|number| Record::txt(format!("t{number}"), "x"));
        let zone = Dns::builder().zone("example.com").records(declared);
        stack([zone.authoritative(true).build()])
    };
    let refused = bench.attach(&of(2)).plan().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Guarded);
    assert!(
        refused
            .to_string()
            .contains("10 of the 12 dns-records of example.com"),
        "{refused}"
    );
    let few = of(9);
    let plan = bench.plan(&few).await;
    assert_eq!(
        (count(&plan, Action::Delete), count(&plan, Action::Adopt)),
        (3, 9)
    );
    bench.calls();
    bench.settle(&few).await;
    assert_eq!(
        bench
            .calls()
            .iter()
            .filter(|call| call.starts_with("POST"))
            .count(),
        1
    );
    let allowed = bench.session.clone().deletions(DeletionGuard::Allow);
    of(1).session(allowed).converge().await.unwrap();
    assert_eq!(bench.records().len(), 1);
}

#[tokio::test]
async fn one_wrong_record_does_not_fail_the_others() {
    let bench = Bench::start().await;
    let mut records: Vec<_> = (0..20)
        .map(|number| Record::txt(format!("n{number}"), "x"))
        .collect();
    // Only the server knows that the proxy cannot reach a private address.
    records.push(Record::a("wrong", Ipv4Addr::new(10, 0, 0, 1)).proxied(true));
    let error = bench.converge(&stack([zone(records.clone())])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Partial);
    let text = error.to_string();
    assert!(
        text.contains("dns-record.example.com/wrong/A: could not make an A record"),
        "{text}"
    );
    assert!(text.contains("code 9003"), "{text}");
    assert_eq!(bench.records().len(), 20);
    records.pop();
    bench.settle(&stack([zone(records)])).await;
}

#[tokio::test]
async fn a_lost_answer_makes_nothing_twice() {
    for when in [Moment::BeforeEffect, Moment::AfterEffect] {
        let bench = Bench::start().await;
        bench
            .settle(&stack([zone([
                Record::a("old", ip(1)),
                Record::txt("gone", "x"),
            ])]))
            .await;
        let fault = Fault::drop_connection()
            .path("/batch$")
            .when(when)
            .times(Times::Nth(1));
        bench.sandbox.add_fault(fault).unwrap();
        let changed = stack([zone([Record::a("old", ip(2)), Record::txt("new", "y")])]);
        bench.settle(&changed).await;
        assert_eq!(bench.records().len(), 2);
    }
}

#[tokio::test]
async fn a_lost_state_is_found_again_by_the_marks_and_twins_are_removed() {
    let bench = Bench::start().await;
    let stack = stack([zone([Record::a("www", ip(1)), Record::txt("@", "x")])]);
    bench.settle(&stack).await;
    let other = bench.forgetful();
    let plan = other.plan(&stack).await;
    assert_eq!(count(&plan, Action::Adopt), 2);
    other.settle(&stack).await;
    let mut twin = bench.records()[0]["record"].clone();
    twin["content"] = json!("192.0.2.99");
    for member in ["data", "priority", "settings", "private_routing"] {
        twin.as_object_mut().unwrap().remove(member);
    }
    let records = format!("/zones/{}/dns_records", bench.zone_id("example.com").await);
    bench.ask("POST", &records, twin).await;
    bench.settle(&stack).await;
    assert_eq!(bench.records().len(), 2);
}

#[tokio::test]
async fn what_others_changed_is_seen_as_drift_and_set_right() {
    let bench = Bench::start().await;
    let stack = stack([zone([Record::a("www", ip(1))])]);
    bench.settle(&stack).await;
    let records = format!("/zones/{}/dns_records", bench.zone_id("example.com").await);
    let id = bench.ask("GET", &records, Value::Null).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let change = json!({"content": "192.0.2.9", "comment": "", "tags": ["team:web"]});
    bench.ask("PATCH", &format!("{records}/{id}"), change).await;
    let plan = bench.plan(&stack).await;
    assert_eq!(
        told(&plan),
        ["update dns-record.example.com/www/A: comment, value"]
    );
    assert_eq!(plan.drift.len(), 1);
    bench.settle(&stack).await;
    let record = bench.records()[0]["record"].clone();
    assert_eq!(
        record["tags"],
        json!(["team:web"]),
        "what is not declared is left alone"
    );
    bench.ask("DELETE", &format!("{records}/{id}"), Value::Null).await;
    assert!(bench.plan(&stack).await.drift[0].gone);
    bench.settle(&stack).await;
}

#[tokio::test]
async fn a_bucket_and_its_zone_share_a_host_in_peace() {
    let bench = Bench::start().await;
    let before = bench.inventory();
    let bucket = R2Bucket::builder()
        .name("creo-assets")
        .custom_domain("cdn.example.com")
        .build();
    let alias = Record::cname("cdn", "creo-assets.r2.cloudflarestorage.com");
    let both = stack([
        crate::model::Declaration::from(bucket),
        crate::model::Declaration::from(zone([alias, Record::txt("@", "x")])),
    ]);
    bench.settle(&both).await;
    let plan = bench.plan(&both).await;
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("cdn.example.com: no CNAME record is made")),
        "{:?}",
        plan.notes
    );
    assert_eq!(plan.foreign, 0);
    let clash = stack([zone([Record::a("cdn", ip(1)), Record::txt("@", "x")])]);
    let error = bench.attach(&clash).plan().await.unwrap_err().to_string();
    assert!(
        error.contains("the custom domain of the R2 bucket creo-assets"),
        "{error}"
    );
    bench.destroy(&both).await.unwrap();
    assert_eq!(bench.inventory(), before);
}

#[tokio::test]
async fn a_zone_that_is_not_there_is_told() {
    let bench = Bench::start().await;
    let missing = Dns::builder()
        .zone("example.net")
        .record(Record::txt("@", "x"))
        .build();
    let error = bench
        .attach(&stack([missing]))
        .plan()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("there is no dns `example.net`"), "{error}");
}

#[tokio::test]
async fn outputs_of_a_zone_are_known() {
    let bench = Bench::start().await;
    let zone = zone([Record::txt("@", "x")]);
    let address = zone.address();
    let report = bench.settle(&stack([zone])).await;
    let outputs = &report.outputs[&address];
    assert_eq!(outputs["zone-id"], json!(bench.zone_id("example.com").await));
    assert_eq!(
        outputs["name-servers"],
        json!("adam.ns.cloudflare.com,eve.ns.cloudflare.com")
    );
}
