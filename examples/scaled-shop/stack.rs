//! The stack of `flow.kdl` beside this file, written in Rust. It contacts nobody.

use std::path::PathBuf;

use fleetflow_core::model::{CloudflareSettings, Providers, SakuraSettings};
use fleetflow_core::prelude::*;

/// The folder that the paths of the stack start from.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scaled-shop")
}

/// Everything that the stage `dev` shall consist of, in the Cloudflare account `account`.
pub fn stack(account: &str) -> Stack {
    let web = Server::builder()
        .name("web")
        .plan(Plan::new(2, 4))
        .disk(Disk::new(40, "debian-12"))
        .packet_filter("web")
        .tag("shop")
        .tag("front")
        .deploy_services("shop")
        .build();
    let scale = Scale::builder()
        .server("web")
        .min(2)
        .max(5)
        .cpu_threshold(75)
        .cooldown_down(900)
        .metrics(Metrics::Docker)
        .build();
    let dns = Dns::builder()
        .zone("creo-memories.com")
        .record(Record::a("www", web.ip()).proxied(true))
        .record(Record::mx("@", 10, "mx.example.com"))
        .record(Record::txt("@", "v=spf1 mx -all"))
        .build();
    Stack::new("scaled-shop", "dev")
        .root(folder())
        .providers(providers(account))
        .add(web)
        .add(scale)
        .add(filter())
        .add(KvNamespace::builder().name("shop-sessions").build())
        .add(dns)
        .add(services())
}

fn providers(account: &str) -> Providers {
    Providers {
        sakura_cloud: Some(SakuraSettings {
            zone: Some("tk1a".to_owned()),
            ..SakuraSettings::default()
        }),
        cloudflare: Some(CloudflareSettings {
            account_id: Some(account.to_owned()),
            ..CloudflareSettings::default()
        }),
        ..Providers::default()
    }
}

fn filter() -> PacketFilter {
    PacketFilter::builder()
        .name("web")
        .rule(PacketRule::allow(Protocol::Tcp).ports("22"))
        .rule(PacketRule::allow(Protocol::Tcp).ports("80"))
        .rule(PacketRule::allow(Protocol::Tcp).ports("443"))
        .rule(PacketRule::allow(Protocol::Icmp))
        .rule(PacketRule::deny(Protocol::Ip))
        .build()
}

fn services() -> ServiceGroup {
    let cache = Service::builder()
        .name("cache")
        .image("redis:7")
        .memory("256m")
        .build();
    let health = HealthCheck::builder().http("/healthz").port(8080).build();
    let front = Service::builder()
        .name("front")
        .image("nginx:1")
        .port(Port::new(80, 8080))
        .env("CACHE", "redis://cache:6379")
        .env("WORKERS", "4")
        .volume(Mount::volume("uploads", "/srv/uploads"))
        .depends_on("cache")
        .health_check(health)
        .stop_grace_period("30s")
        .build();
    ServiceGroup::builder()
        .name("shop")
        .service(cache)
        .service(front)
        .build()
}
