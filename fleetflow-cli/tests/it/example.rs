//! The example of the README, from nothing to nothing, through all three clouds: what it makes, that a second run changes
//! nothing, that each change is exactly that change, and that nothing is left.

use crate::support::Project;

const UNCHANGED: &str = "No changes. Stage \"dev\" is as declared.\n";

/// The lines of a plan that stand for steps, each cut into words.
fn steps(plan: &str) -> Vec<Vec<&str>> {
    let signs = ["+ ", "~ ", "-/+ ", "- ", "= ", ". "];
    plan.lines()
        .filter(|line| signs.iter().any(|sign| line.starts_with(sign)))
        .map(|line| line.split_whitespace().collect())
        .collect()
}

#[test]
fn it_converges_and_a_second_run_changes_nothing_and_nothing_is_left_of_it() {
    let project = Project::example();
    project.sandbox(&["plan", "dev"]);
    assert_eq!(project.writes(), []);
    let before = project.inventory();
    let out = project.sandbox(&["up", "--stage", "dev", "--yes"]);
    assert!(
        out.contains("Plan: 7 to create, 0 to change, 0 to replace, 0 to delete."),
        "{out}"
    );
    assert!(out.contains(": 7 created.\n"), "{out}");

    assert_eq!(project.sandbox(&["plan", "--stage", "dev"]), UNCHANGED);
    assert_eq!(project.writes(), []);
    let reads = project.requests().len();
    assert!(reads <= 12, "a plan without changes took {reads} requests");
    assert_eq!(project.sandbox(&["up", "--stage", "dev", "--yes"]), UNCHANGED);
    assert_eq!(project.writes(), []);

    let status = project.sandbox(&["status", "dev", "--detailed-exitcode"]);
    for part in [
        "creo-dev-01/creo-stack/mcp-server",
        "creo-dev-01/creo-stack/surrealdb",
        "creo-attachments",
        "creo-memories.com/api/A",
        "203.0.113.",
        "all well; as declared.",
    ] {
        assert!(status.contains(part), "{part} is missing: {status}");
    }

    project.sandbox(&["down", "--stage", "dev", "--yes"]);
    assert_eq!(project.inventory(), before);
    assert_eq!(project.sandbox(&["state", "list"]), "");
}

#[test]
fn each_change_is_exactly_that_change() {
    let project = Project::example();
    project.sandbox(&["up", "dev", "--yes"]);
    project.edit("core=4 memory=4", "core=8 memory=8");
    project.edit("port 6333", "port 6334");
    project.edit("record \"api\"", "record \"api2\"");
    let plan = project.sandbox(&["plan", "dev"]);
    assert_eq!(project.writes(), []);
    let mut found: Vec<_> = steps(&plan)
        .into_iter()
        .map(|words| (words[0].to_owned(), words[1].to_owned()))
        .collect();
    found.sort();
    let expected = [
        ("+", "dns-record.creo-memories.com/api2/A"),
        ("-", "dns-record.creo-memories.com/api/A"),
        ("~", "container.creo-dev-01/creo-stack/qdrant"),
        ("~", "server.creo-dev-01"),
    ];
    assert_eq!(
        found,
        expected.map(|(sign, address)| (sign.to_owned(), address.to_owned())),
        "{plan}"
    );
    let line = |address: &str| {
        plan.lines()
            .find(|line| line.contains(&format!("  {address}  ")))
            .unwrap()
    };
    assert!(
        line("server.creo-dev-01").contains("disruption: reboot, new server id"),
        "{plan}"
    );
    assert!(
        line("container.creo-dev-01/creo-stack/qdrant").contains("disruption: restart"),
        "{plan}"
    );
    project.edit("os=\"ubuntu-24.04\"", "os=\"ubuntu-22.04\"");
    let anew = project.sandbox(&["plan", "dev"]);
    assert_eq!(
        anew.matches("  made anew with server.creo-dev-01  ").count(),
        4,
        "the network and three containers: {anew}"
    );
    project.edit("os=\"ubuntu-22.04\"", "os=\"ubuntu-24.04\"");
    let out = project.sandbox(&["up", "dev", "--yes"]);
    assert!(out.contains(": 1 created, 2 changed, 1 deleted.\n"), "{out}");
    assert_eq!(project.sandbox(&["plan", "dev"]), UNCHANGED);
}

#[test]
fn a_removed_node_is_removed_and_a_removed_service_too() {
    let project = Project::example();
    project.sandbox(&["up", "dev", "--yes"]);
    project.edit("    r2-bucket \"creo-attachments\" {\n        provider \"cloudflare\"\n        custom-domain \"cdn.creo-memories.com\"\n    }\n", "");
    project.edit(
        "    service \"qdrant\" {\n        image \"qdrant/qdrant:latest\"\n        port 6333\n    }\n",
        "",
    );
    let plan = project.sandbox(&["plan", "dev"]);
    let mut found: Vec<_> = steps(&plan)
        .into_iter()
        .map(|words| words[..2].join(" "))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "- container.creo-dev-01/creo-stack/qdrant",
            "- r2-bucket.creo-attachments"
        ],
        "{plan}"
    );
    project.sandbox(&["up", "dev", "--yes"]);
    assert_eq!(project.sandbox(&["plan", "dev"]), UNCHANGED);
    let inventory = project.inventory();
    assert_eq!(
        inventory["cloudflare"]["r2"],
        serde_json::json!([]),
        "{inventory}"
    );
    let containers = inventory["docker"]["tk1a/creo-dev-01"]["containers"]
        .as_array()
        .unwrap();
    let names: Vec<_> = containers
        .iter()
        .map(|container| container["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["shop-dev-creo-stack-mcp-server", "shop-dev-creo-stack-surrealdb"]
    );
}
