//! The lives that the proofs are about: the example, the file with every node, Stack M, and each kind by itself, made,
//! changed and removed. No test is here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use fleetflow_core::Stack;
use fleetflow_core::docker::KeyPair;
use fleetflow_examples::{creo_memories, stack_m};
use fleetflow_kdl::{FolderFiles, LoadOptions, MemoryFiles};
use fleetflow_sandbox::Sandbox;

use crate::bench::{Declared, Life};

/// The example of the README.
pub(crate) fn example() -> Life {
    let declared: Declared = Arc::new(|| creo_memories::stack(Sandbox::CLOUDFLARE_ACCOUNT));
    Life::new("the example", [declared])
}

/// The file in which every node of the language stands, with an address where it has a placeholder, and with the files
/// that it names.
pub(crate) fn every_node() -> Life {
    let declared: Declared = Arc::new(|| loaded(&EVERY_NODE.path().join("shop/flow.kdl"), &FolderFiles));
    Life::new("every-node.kdl", [declared])
}

/// Stack M as it is.
pub(crate) fn full_stack_m() -> Life {
    Life::new("Stack M", [Arc::new(stack_m::stack) as Declared])
}

/// Stack M with less of each: the same kinds that hang together in the same way.
pub(crate) fn small_stack_m() -> Life {
    Life::new("Stack M, small", [Arc::new(stack_m::small) as Declared])
}

/// A swarm of two servers that a third one joins, so that there are more managers, while its service is rolled to the next image.
pub(crate) fn swarm() -> Life {
    let declared = |servers: usize, image: &'static str| -> Declared {
        Arc::new(move || {
            let server = |number| {
                format!(
                    r#"server "node-{number}" {{ plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; deploy-services "shop" }}"#
                )
            };
            let servers: Vec<String> = (1..=servers).map(server).collect();
            written(&format!(
                r#"{}
                service-group "shop" mode="swarm" {{ service "web" {{ image "{image}"; replicas 2 }} }}"#,
                servers.join("\n")
            ))
        })
    };
    Life::new("a swarm", [declared(2, "busybox:1"), declared(3, "busybox:2")])
}

/// Each kind by itself: made, changed, removed.
pub(crate) fn kinds() -> Vec<Life> {
    let text = |body: &'static str| -> Declared { Arc::new(move || written(body)) };
    KINDS
        .iter()
        .map(|(name, first, second)| Life::new(name, [text(first), text(second)]))
        .collect()
}

/// What is declared of each kind, at first and after a change. `KEY-A` and `KEY-B` stand for public keys.
const KINDS: &[(&str, &str, &str)] = &[
    (
        "server",
        r#"server "web" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; ssh-key "KEY-A"; description "a" }"#,
        r#"server "web" { plan core=2 memory=4; disk size=20 os="ubuntu-24.04"; ssh-key "KEY-A"; description "b" }"#,
    ),
    (
        "ssh-key",
        r#"ssh-key "ops" "KEY-A" description="a""#,
        r#"ssh-key "ops" "KEY-B" description="b""#,
    ),
    (
        "packet-filter",
        r#"packet-filter "web" { rule "tcp" "443"; rule "ip" action="deny" }"#,
        r#"packet-filter "web" description="b" { rule "tcp" "80"; rule "ip" action="deny" }"#,
    ),
    (
        "switch",
        r#"switch "inner" description="a""#,
        r#"switch "inner" description="b" tags="x""#,
    ),
    (
        "startup-script",
        r##"startup-script "swap" "#!/bin/sh\ntrue\n""##,
        r##"startup-script "swap" "#!/bin/sh\nfalse\n""##,
    ),
    (
        "container, network, volume",
        r#"service "db" { image "busybox:1"; volume "data:/data"; port 8000; env { A "1" } }"#,
        r#"service "db" { image "busybox:2"; volume "data:/data"; volume "more:/more"; port 8000; env { A "2" } }"#,
    ),
    (
        "r2-bucket",
        r#"r2-bucket "files" { location "APAC"; custom-domain "files.example.com" }"#,
        r#"r2-bucket "files" { location "APAC"; custom-domain "files.example.com"; cors { allowed-origins "https://example.com"; allowed-methods "GET" } }"#,
    ),
    (
        "dns-record",
        r#"dns "example.com" { record "a" type="A" value="192.0.2.1"; record "b" type="A" value="192.0.2.2"; record "t" type="TXT" value="x" }"#,
        r#"dns "example.com" { record "a" type="A" value="192.0.2.9"; record "c" type="A" value="192.0.2.3"; record "t" type="TXT" value="x" }"#,
    ),
    (
        "worker, with a namespace",
        r#"worker "gate" { source "./worker.js"; compatibility-date "2026-01-31"; route "gate.example.com/*"; bindings { kv "CACHE" namespace="gate-cache"; var "V" "a" } }"#,
        r#"worker "gate" { source "./worker.js"; compatibility-date "2026-01-31"; route "gate.example.com/x/*"; bindings { kv "CACHE" namespace="gate-cache"; var "V" "b" }; cron "*/5 * * * *" }"#,
    ),
    (
        "kv-namespace",
        r#"kv-namespace "cache""#,
        r#"kv-namespace "cache-2""#,
    ),
    (
        "pages",
        r#"pages "site" { source "./site" }"#,
        r#"pages "site" { source "./site"; custom-domain "www.example.com"; env { A "1" } }"#,
    ),
];

pub(crate) fn written(body: &str) -> Stack {
    written_of("proof", body)
}

/// What a project of this name declares.
pub(crate) fn written_of(project: &str, body: &str) -> Stack {
    static KEYS: LazyLock<[String; 2]> =
        LazyLock::new(|| ["a", "b"].map(|who| KeyPair::generate(who).expect("a key").public().to_owned()));
    let body = body.replace("KEY-A", &KEYS[0]).replace("KEY-B", &KEYS[1]);
    let text = format!(
        "project \"{project}\"\nproviders {{ sakura-cloud {{ zone \"tk1a\" }} }}\nstage \"s\" {{\n{body}\n}}\n"
    );
    // Beside the files that Stack M is made of.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("stack-m/flow.kdl");
    let files = MemoryFiles::new().with(path.display().to_string(), text);
    loaded(&path, &files)
}

fn loaded(path: &Path, files: &dyn fleetflow_kdl::Files) -> Stack {
    let account = ("CF_ACCOUNT_ID".to_owned(), Sandbox::CLOUDFLARE_ACCOUNT.to_owned());
    let options = LoadOptions::new(path, files)
        .environment(BTreeMap::from([account]))
        .home(EVERY_NODE.path());
    fleetflow_kdl::load(&options)
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
        .stack
}

/// The key to all servers.
pub(crate) static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate("me").expect("a key"));

/// A folder with the file, and with everything that it names.
static EVERY_NODE: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let examples = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let fixture = examples.join("../fleetflow-kdl/tests/fixtures/every-node.kdl");
    let text = fs::read_to_string(fixture).expect("the file");
    let placeholder = "value \"xxx.xxx.xxx.xxx\"";
    assert!(text.contains(placeholder), "the one mistake of the file");
    let text = text.replace(placeholder, "value server.creo-dev-01.ip");
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in [
        ("shop/flow.kdl", text.as_str()),
        (".ssh/id_ed25519.pub", KEY.public()),
        (
            "shop/workers/api-gateway/index.js",
            "export default { fetch() { return new Response(\"ok\") } }\n",
        ),
        (
            "shop/apps/creo-mcp-server/Dockerfile",
            "FROM busybox:1\nCMD [\"sleep\", \"infinity\"]\n",
        ),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
    folder
});
