//! Stack M: the stack that budgets are measured with. 3 zones with 400 records each, 6 buckets, 5 Workers, 2 sites,
//! 3 namespaces, 6 servers, and 12 services on them. It contacts nobody.

use std::path::PathBuf;

use fleetflow_core::model::{Providers, SakuraSettings};
use fleetflow_core::prelude::*;

/// The zones; the emulated Cloudflare has them.
const ZONES: [&str; 3] = ["creo-memories.com", "example.com", "example.jp"];

/// How many there are of what is in it.
struct Size {
    records: usize,
    servers: usize,
    buckets: usize,
    workers: usize,
    sites: usize,
    namespaces: usize,
}

/// The whole stack.
pub fn stack() -> Stack {
    of(&Size {
        records: 400,
        servers: 6,
        buckets: 6,
        workers: 5,
        sites: 2,
        namespaces: 3,
    })
}

/// The same with two or three of what the whole stack has many of: for proofs that try everything.
pub fn small() -> Stack {
    of(&Size {
        records: 3,
        servers: 2,
        buckets: 2,
        workers: 2,
        sites: 1,
        namespaces: 1,
    })
}

fn of(size: &Size) -> Stack {
    let empty = Stack::new("m", "prod")
        .root(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("stack-m"))
        .providers(providers());
    let stack = ZONES
        .iter()
        .fold(empty, |stack, zone| stack.add(records(zone, size.records)))
        .add(services());
    let stack = (1..=size.servers).fold(stack, |stack, number| stack.add(server(number)));
    let stack = (1..=size.buckets).fold(stack, |stack, number| stack.add(bucket(number)));
    let stack = (1..=size.workers).fold(stack, |stack, number| stack.add(worker(number)));
    let stack = (1..=size.sites).fold(stack, |stack, number| stack.add(site(number)));
    (1..=size.namespaces).fold(stack, |stack, number| {
        stack.add(KvNamespace::builder().name(format!("m-cache-{number}")).build())
    })
}

/// `zone` with `count` records.
pub fn records(zone: &str, count: usize) -> Dns {
    let record = |number: usize| {
        let address = std::net::Ipv4Addr::from(0xC633_6400 + u32::try_from(number % 256).unwrap_or_default());
        Record::a(format!("host-{number}"), address).proxied(number.is_multiple_of(2))
    };
    Dns::builder().zone(zone).records((0..count).map(record)).build()
}

fn providers() -> Providers {
    Providers {
        sakura_cloud: Some(SakuraSettings {
            zone: Some("tk1a".to_owned()),
            ..SakuraSettings::default()
        }),
        ..Providers::default()
    }
}

fn server(number: usize) -> Server {
    Server::builder()
        .name(format!("m-{number}"))
        .plan(Plan::new(2, 4))
        .disk(Disk::new(40, "ubuntu-24.04"))
        .deploy_services("m-stack")
        .build()
}

fn services() -> ServiceGroup {
    let service =
        |name: &str, image: &str, port: u16| Service::builder().name(name).image(image).port(port).build();
    ServiceGroup::builder()
        .name("m-stack")
        .services([
            service("database", "surrealdb/surrealdb:v1.5.4", 8000),
            service("vectors", "qdrant/qdrant:latest", 6333),
        ])
        .build()
}

fn bucket(number: usize) -> R2Bucket {
    R2Bucket::builder().name(format!("m-bucket-{number}")).build()
}

fn worker(number: usize) -> Worker {
    Worker::builder()
        .name(format!("m-worker-{number}"))
        .source("./worker.js")
        .compatibility_date("2026-01-31")
        .build()
}

fn site(number: usize) -> Pages {
    Pages::builder()
        .name(format!("m-site-{number}"))
        .source("./site")
        .build()
}
