//! How many replicas a declared scale stands for, and what it refuses.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::prelude::*;

fn server(name: &str) -> Server {
    Server::builder()
        .name(name)
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .zone("is1a")
        .build()
}

fn names(existing: &[(&str, u32)]) -> Vec<String> {
    let stack = Stack::new("shop", "dev")
        .add(server("web"))
        .add(Scale::builder().server("web").min(2).max(4).build());
    let existing: BTreeMap<_, _> = existing
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect();
    replicas(&Expansion::new(&stack, &existing), "web")
}

fn problems(scale: Scale) -> Vec<String> {
    let stack = Stack::new("shop", "dev")
        .add(server("web"))
        .add(server("web-3"))
        .add(scale);
    stack.check().iter().map(ToString::to_string).collect()
}

#[test]
fn the_count_that_exists_is_held_between_the_bounds() {
    assert_eq!(names(&[]), ["web", "web-2"]);
    assert_eq!(names(&[("web", 3)]), ["web", "web-2", "web-3"]);
    assert_eq!(names(&[("web", 9)]).len(), 4);
}

#[test]
fn a_server_that_nobody_scales_is_one() {
    let stack = Stack::new("shop", "dev").add(server("web"));
    let existing = BTreeMap::from([("web".to_owned(), 3)]);
    assert_eq!(replicas(&Expansion::new(&stack, &existing), "web"), ["web"]);
}

#[test]
fn bounds_and_targets_must_make_sense() {
    let scale = Scale::builder()
        .server("web")
        .min(3)
        .max(2)
        .cpu_threshold(80)
        .target(80)
        .build();
    assert_eq!(
        problems(scale),
        [
            "scale.web: min: the fewest replicas (3) are more than the most (2) (swap `min` and `max`)",
            "scale.web: target: a target of 80 % is not below the threshold of 80 % \
             (aim lower, or the count would go up and down without end)",
        ]
    );
}

#[test]
fn the_load_of_containers_is_read_where_there_is_an_engine() {
    let scale = || Scale::builder().server("web").min(1).max(2);
    let measured = scale().cpu_threshold(80).metrics(Metrics::Docker).build();
    let without_engine = "scale.web: metrics: `server.web` runs no container engine that could be asked \
                          (give it `deploy-services` or `docker #true`, or remove `metrics`)";
    assert_eq!(problems(measured.clone()), [without_engine]);
    let engine = Server::builder()
        .name("web")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .zone("is1a")
        .docker(true)
        .build();
    assert_eq!(Stack::new("shop", "dev").add(engine).add(measured).check(), []);
    let idle = problems(scale().metrics(Metrics::Docker).build());
    assert!(
        idle[0].contains("it says nothing without a `cpu-threshold`"),
        "{idle:?}"
    );
}

#[test]
fn the_server_must_be_declared_and_its_replicas_need_free_names() {
    let unknown = problems(Scale::builder().server("wep").min(1).max(2).build());
    assert_eq!(
        unknown,
        ["scale.wep: server: there is no server `wep` (did you mean `web`?)"]
    );
    let clash = problems(Scale::builder().server("web").min(1).max(3).build());
    assert_eq!(
        clash,
        [
            "scale.web: max: a replica would have the name of the declared `server.web-3` \
          (rename that server, or allow fewer replicas)"
        ]
    );
}

#[test]
fn the_target_is_three_quarters_of_the_threshold_unless_it_is_named() {
    let scale = Scale::builder()
        .server("web")
        .min(1)
        .max(2)
        .cpu_threshold(80)
        .build();
    assert_eq!(scale.aim(), Some(60));
    assert_eq!(scale.cooldowns().1.as_secs(), 300);
}

#[test]
fn fields_about_the_load_need_a_threshold_and_cooldowns_may_differ() {
    let idle = Scale::builder()
        .server("web")
        .min(1)
        .max(2)
        .cooldown_down(900)
        .build();
    assert_eq!(
        problems(idle),
        [
            "scale.web: cooldown_down: it says nothing without a `cpu-threshold`: only people change the count then \
             (add a `cpu-threshold`, or remove it)"
        ]
    );
    let both = Scale::builder()
        .server("web")
        .min(1)
        .max(2)
        .cpu_threshold(80)
        .cooldown(120)
        .cooldown_down(900)
        .build();
    let (up, down) = both.cooldowns();
    assert_eq!((up.as_secs(), down.as_secs()), (120, 900));
}

fn shop() -> Stack {
    let web = Server::builder()
        .name("web")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .zone("is1a")
        .deploy_services("shop")
        .build();
    let zone = Dns::builder()
        .zone("example.jp")
        .record(Record::a("www", web.ip()).ttl(120))
        .record(Record::a("db", std::net::Ipv4Addr::new(192, 0, 2, 1)))
        .build();
    let api = Service::builder().name("api").image("nginx:1").build();
    Stack::new("shop", "dev")
        .add(web)
        .add(zone)
        .add(ServiceGroup::builder().name("shop").service(api).build())
        .add(
            Scale::builder()
                .server("web")
                .min(1)
                .max(4)
                .cpu_threshold(80)
                .build(),
        )
}

fn expanded_to(count: u32, absent: &[&str]) -> Vec<Declaration> {
    let counts = BTreeMap::from([("web".to_owned(), count)]);
    let absent = absent.iter().map(|name| (*name).to_owned()).collect();
    crate::model::expand(&shop(), &counts, &absent).unwrap()
}

fn records(declared: &[Declaration]) -> Vec<(String, String)> {
    let records = declared
        .iter()
        .filter(|declared| declared.address.kind() == "dns-record");
    let behind = |record: &Declaration| {
        let services: Vec<_> = record.depends_on.iter().map(ToString::to_string).collect();
        services.join(" ")
    };
    records
        .map(|record| (record.address.name().to_owned(), behind(record)))
        .collect()
}

#[test]
fn a_name_leads_to_a_replica_only_when_its_services_are_healthy() {
    let pair = |name: &str, behind: &str| (name.to_owned(), behind.to_owned());
    let all = expanded_to(3, &[]);
    assert_eq!(
        records(&all),
        [
            pair("example.jp/www/A", "container.web/shop/api"),
            pair("example.jp/db/A", ""),
            pair("example.jp/www/A#2", "container.web-2/shop/api"),
            pair("example.jp/www/A#3", "container.web-3/shop/api"),
        ]
    );
    let replica_of: Vec<_> = all
        .iter()
        .filter_map(|declared| declared.replica_of.as_ref())
        .collect();
    assert_eq!(replica_of.len(), 2, "the first one is not a replica of anything");
}

#[test]
fn one_that_is_left_out_takes_nothing_from_the_others() {
    let names = |declared: &[Declaration]| -> BTreeSet<String> {
        declared
            .iter()
            .map(|declared| declared.address.to_string())
            .collect()
    };
    let (all, without) = (expanded_to(3, &[]), expanded_to(3, &["web-2"]));
    let gone: Vec<_> = names(&all).difference(&names(&without)).cloned().collect();
    assert_eq!(
        gone,
        [
            "container.web-2/shop/api",
            "dns-record.example.jp/www/A#2",
            "network.web-2/shop",
            "server.web-2",
        ]
    );
    assert!(
        without.iter().all(|declared| all.contains(declared)),
        "the rest is as it was"
    );
}
