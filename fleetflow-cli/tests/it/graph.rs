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

/// Many boxes: what needs others stands above them, names that begin alike are told apart, and the colours are plain ones,
/// which every program that draws SVG knows.
#[test]
fn a_large_stage_is_drawn_in_layers_and_for_every_viewer() {
    let number = |index: usize| {
        format!(
            "worker \"w-{index}\" {{ source \"w.js\"; bindings {{ kv \"CACHE\" namespace=\"n-{index}\" }} }}\n\
             kv-namespace \"n-{index}\"\nr2-bucket \"a-bucket-with-a-long-name-{index}\"\n"
        )
    };
    let project = Project::new(&(0..10).map(number).collect::<String>());
    let picture = project.flow(&["graph"]).succeeded(&["graph"]).out;
    let at = |title: &str| {
        let title = picture.find(&format!("\"><title>{title}</title>")).unwrap();
        let place = picture[..title].rsplit("translate(").next().unwrap();
        let height = place.split([' ', ')']).nth(1).unwrap();
        height.parse::<f64>().unwrap()
    };
    for index in 0..10 {
        let (worker, store) = (
            at(&format!("worker.w-{index}")),
            at(&format!("kv-namespace.n-{index}")),
        );
        let alone = at(&format!("r2-bucket.a-bucket-with-a-long-name-{index}"));
        assert!(worker < store && store < alone, "{worker} {store} {alone}");
        assert!(picture.contains(&format!("…g-name-{index}</text>")), "{picture}");
    }
    assert!(
        !picture.contains("var(") && picture.contains("class=\"page\""),
        "{picture}"
    );
}
