//! `graph`: what it draws of the example, before and after a change.

use serde_json::Value;

use super::support::Project;

#[test]
fn the_example_is_drawn_and_a_plan_marks_what_changes() {
    let project = Project::example();
    let graph = |arguments: &[&str]| project.sandbox(&[&["graph"], arguments].concat());
    let edges = |document: &Value| -> Vec<String> {
        let edge = |edge: &Value| {
            format!(
                "{} -> {}",
                edge["from"].as_str().unwrap(),
                edge["to"].as_str().unwrap()
            )
        };
        document["edges"].as_array().unwrap().iter().map(edge).collect()
    };
    let changes = |document: &Value| -> Vec<String> {
        let nodes = document["nodes"].as_array().unwrap().iter();
        let changed = nodes.filter_map(|node| {
            Some(format!(
                "{} {}",
                node["change"].as_str()?,
                node["address"].as_str()?
            ))
        });
        changed.collect()
    };

    let before: Value = serde_json::from_str(&graph(&["--json"])).unwrap();
    assert_eq!(
        edges(&before),
        [
            "server.creo-dev-01 -> service-group.creo-stack",
            "dns.creo-memories.com -> server.creo-dev-01",
        ]
    );
    assert_eq!(changes(&before), Vec::<String>::new());

    project.sandbox(&["up", "--yes"]);
    project.edit("core=4", "core=2");
    let planned: Value = serde_json::from_str(&graph(&["--json", "--plan"])).unwrap();
    assert_eq!(changes(&planned), ["update server.creo-dev-01"]);
    let picture = graph(&["--plan"]);
    assert!(
        picture.starts_with("<svg") && picture.contains(">~</text>"),
        "{picture}"
    );
    assert!(picture.contains("2 core, 4 GiB"), "{picture}");
    let mermaid = graph(&["--format", "mermaid", "--plan"]);
    assert!(
        mermaid.contains("subgraph") && mermaid.contains("~ creo-dev-01"),
        "{mermaid}"
    );
    let dot = graph(&["--format", "dot"]);
    assert!(
        dot.starts_with("digraph \"shop/dev\"") && dot.contains("->"),
        "{dot}"
    );
}
