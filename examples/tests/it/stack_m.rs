//! Stack M as a file: written from what its parts have in common, and the same stack as the one in Rust.

use std::fmt::Write as _;
use std::path::Path;

use fleetflow_core::model::Declaration;
use fleetflow_examples::stack_m;

/// `FLEETFLOW_REGENERATE=1 cargo test -p fleetflow-examples stack_m` writes it.
#[test]
fn stack_m_is_the_same_in_kdl() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stack-m");
    let file = folder.join("flow.kdl");
    if std::env::var_os("FLEETFLOW_REGENERATE").is_some() {
        std::fs::write(&file, text()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text(), "regenerate it");
    let specs = |stack: &fleetflow_core::Stack| -> Vec<Declaration> {
        let mut declared = stack.declarations().to_vec();
        declared.sort_by_cached_key(|declared| declared.address.to_string());
        declared.iter().map(super::canonical).collect()
    };
    let (file, rust) = (super::load(&folder), stack_m::stack());
    assert_eq!(
        (file.project(), file.stage(), file.provider_settings()),
        (rust.project(), rust.stage(), rust.provider_settings())
    );
    assert_eq!(specs(&file), specs(&rust));
}

fn text() -> String {
    let mut text = String::from(
        "// Stack M: the stack that budgets are measured with, also in stack.rs and stack.py. A test writes this file.\n\
         project \"m\"\n\nproviders {\n    sakura-cloud { zone \"tk1a\" }\n}\n\n\
         service-group \"m-stack\" {\n\
         \x20   service \"database\" image=\"surrealdb/surrealdb:v1.5.4\" port=8000\n\
         \x20   service \"vectors\" image=\"qdrant/qdrant:latest\" port=6333\n}\n\nstage \"prod\" {\n",
    );
    for zone in ["creo-memories.com", "example.com", "example.jp"] {
        let _ = writeln!(text, "    dns \"{zone}\" {{");
        for number in 0..400_u32 {
            let address =
                std::net::Ipv4Addr::from(u32::from(std::net::Ipv4Addr::new(198, 51, 100, 0)) + number % 256);
            let proxied = number.is_multiple_of(2);
            let _ = writeln!(
                text,
                "        record \"host-{number}\" type=\"A\" value=\"{address}\" proxied=#{proxied}"
            );
        }
        text.push_str("    }\n");
    }
    let mut add = |count: u32, line: &str| {
        for number in 1..=count {
            let _ = writeln!(text, "    {}", line.replace("{}", &number.to_string()));
        }
    };
    add(
        6,
        "server \"m-{}\" { plan core=2 memory=4; disk size=40 os=\"ubuntu-24.04\"; deploy-services \"m-stack\" }",
    );
    add(6, "r2-bucket \"m-bucket-{}\"");
    add(
        5,
        "worker \"m-worker-{}\" source=\"./worker.js\" compatibility-date=\"2026-01-31\"",
    );
    add(2, "pages \"m-site-{}\" source=\"./site\"");
    add(3, "kv-namespace \"m-cache-{}\"");
    text.push_str("}\n");
    text
}
