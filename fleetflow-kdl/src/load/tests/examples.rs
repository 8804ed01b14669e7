//! The two example files, word for word. What they mean in the clouds is tested elsewhere.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const COMPLETE: &str = include_str!("../../../tests/fixtures/complete.kdl");
const EVERY_NODE: &str = include_str!("../../../tests/fixtures/every-node.kdl");

fn with_account(text: &str) -> MemoryFiles {
    files(text).with("shop/.env", "CF_ACCOUNT_ID=0123456789abcdef0123456789abcdef")
}

#[test]
fn the_fixtures_are_the_shared_examples_word_for_word() {
    let shared = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/examples");
    for (name, ours) in [("complete.kdl", COMPLETE), ("every-node.kdl", EVERY_NODE)] {
        // The folder exists only where the design documents are checked out beside the project.
        if let Ok(theirs) = std::fs::read_to_string(shared.join(name)) {
            assert_eq!(ours, theirs, "{name}");
        }
    }
}

#[test]
fn the_complete_example_loads_as_it_is() {
    let loaded = loads(&with_account(COMPLETE));
    assert_eq!((loaded.stack.project(), loaded.stack.stage()), ("shop", "dev"));
    assert!(loaded.warnings.is_none());
    let providers = loaded.stack.provider_settings();
    assert_eq!(
        providers.sakura_cloud.as_ref().unwrap().zone.as_deref(),
        Some("tk1a")
    );
    let account = providers.cloudflare.as_ref().unwrap().account_id.as_deref();
    assert_eq!(account, Some("0123456789abcdef0123456789abcdef"));
    assert_eq!(
        by_address(&loaded.stack),
        json!({
            "server.creo-dev-01": {
                "name": "creo-dev-01", "plan": {"core": 4, "memory": 4},
                "disks": [{"size": 100, "os": "ubuntu-24.04"}], "deploy_services": ["creo-stack"],
            },
            "r2-bucket.creo-attachments": {
                "name": "creo-attachments", "custom_domains": [{"name": "cdn.creo-memories.com"}],
            },
            "dns.creo-memories.com": {
                "zone": "creo-memories.com",
                "records": [{"name": "api", "type": "A", "values": [{"$ref": "server.creo-dev-01.ip"}], "proxied": true}],
            },
            "service-group.creo-stack": {
                "name": "creo-stack",
                "services": [
                    {"name": "surrealdb", "image": "surrealdb/surrealdb:v1.5.4", "ports": [8000]},
                    {"name": "qdrant", "image": "qdrant/qdrant:latest", "ports": [6333]},
                    {"name": "mcp-server", "build": {"context": "./apps/creo-mcp-server"}, "ports": [3000]},
                ],
            },
        })
    );
}

#[test]
fn the_other_example_has_exactly_one_mistake() {
    let files = with_account(EVERY_NODE);
    let options = LoadOptions::new(PATH, &files).home("/home/me");
    let found = load_with(&options, &ExampleCatalog::new()).unwrap_err();
    assert_eq!(lines(&found), ["81:15 `xxx.xxx.xxx.xxx` is not an IPv4 address"]);
    let span = found.iter().next().unwrap().span.unwrap();
    assert_eq!(found.sources().text(span), "\"xxx.xxx.xxx.xxx\"");
}

#[test]
fn both_examples_survive_formatting() {
    for text in [COMPLETE, EVERY_NODE] {
        let formatted = crate::format(text).unwrap();
        assert_eq!(
            formatted.trim_end(),
            text.trim_end()
                .replace("proxied=true", "proxied=#true")
                .replace("proxied true", "proxied #true")
        );
    }
}

fn mutation() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "{",
        "}",
        "\"",
        "=",
        "true",
        "null",
        "\n",
        ";",
        "/-",
        "//",
        "/*",
        "\\",
        "${",
        "}${var.x}",
        "env=",
        "secret=#true",
        "server.a.ip",
        "日本",
        "#",
        "\u{FEFF}",
        "1e999",
        "-1",
        "99999999999999999999999",
        "stage \"x\" {",
        "service \"a\" {}",
        "include \"flow.kdl\"\n",
        "protect",
        "provider 1",
        "deploy-services \"nope\"",
        " ",
    ]);
    let text = prop::sample::select(vec![COMPLETE, EVERY_NODE]);
    (
        text,
        prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, fragment), 1..5),
    )
        .prop_map(|(text, edits)| {
            let mut text = text.to_owned();
            for (at, length, fragment) in edits {
                let mut start = at.index(text.len() + 1);
                while !text.is_char_boundary(start) {
                    start -= 1;
                }
                let end = text[start..]
                    .char_indices()
                    .map(|(at, _)| start + at)
                    .nth(length)
                    .unwrap_or(text.len());
                text.replace_range(start..end, fragment);
            }
            text
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_examples_are_reported_at_places_inside_the_file(text in mutation()) {
        let files = files(&text);
        let options = LoadOptions::new(PATH, &files);
        let warnings = match load_with(&options, &ExampleCatalog::new()) {
            Ok(loaded) => loaded.warnings,
            Err(found) => Some(found),
        };
        for diagnostic in warnings.iter().flat_map(Diagnostics::iter) {
            let places = diagnostic.span.into_iter().chain(diagnostic.related.iter().map(|(span, _)| *span));
            for span in places {
                let file = warnings.as_ref().unwrap().sources().file(span.file).expect("a file of this load");
                prop_assert!(file.text().get(span.range()).is_some(), "{diagnostic:?}");
            }
        }
    }
}
