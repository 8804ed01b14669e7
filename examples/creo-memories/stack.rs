//! The stack of `flow.kdl` beside this file, written in Rust. It contacts nobody.

use std::path::PathBuf;

use fleetflow_core::model::{CloudflareSettings, Providers, SakuraSettings};
use fleetflow_core::prelude::*;

/// The folder that the paths of the stack start from.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("creo-memories")
}

/// Everything that the stage `dev` shall consist of, in the Cloudflare account `account`.
pub fn stack(account: &str) -> Stack {
    let server = Server::builder()
        .name("creo-dev-01")
        .plan(Plan::new(4, 4))
        .disk(Disk::new(100, "ubuntu-24.04"))
        .deploy_services("creo-stack")
        .build();
    let api = Record::a("api", server.ip()).proxied(true);
    Stack::new("creo-memories", "dev")
        .root(folder())
        .providers(providers(account))
        .add(server)
        .add(bucket())
        .add(Dns::builder().zone("creo-memories.com").record(api).build())
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

fn bucket() -> R2Bucket {
    R2Bucket::builder()
        .name("creo-attachments")
        .custom_domain("cdn.creo-memories.com")
        .build()
}

fn services() -> ServiceGroup {
    let database = Service::builder()
        .name("surrealdb")
        .image("surrealdb/surrealdb:v1.5.4")
        .port(8000)
        .build();
    let vectors = Service::builder()
        .name("qdrant")
        .image("qdrant/qdrant:latest")
        .port(6333)
        .build();
    let server = Service::builder()
        .name("mcp-server")
        .build_from("./apps/creo-mcp-server")
        .port(3000)
        .build();
    ServiceGroup::builder()
        .name("creo-stack")
        .services([database, vectors, server])
        .build()
}
