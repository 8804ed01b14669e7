//! `import` of every kind that can be looked after: by its id, from under a state that has forgotten it.

use std::collections::BTreeSet;
use std::fs;

use fleetflow_core::catalog;

use crate::support::Project;

const FILE: &str = r##"
project "shop"
providers { sakura-cloud { zone "tk1a" } }
stage "dev" {
    ssh-key "admin" { public-key "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3wkkv5YmtBJyWxnX1eYIIXQRd4E5hFnT2fP3bKkHwd a" }
    switch "lan"
    packet-filter "web" { rule "tcp" port="80" }
    startup-script "motd" { content "#!/bin/sh\necho hi\n" }
    server "web" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04" }
    r2-bucket "files"
    kv-namespace "cache"
    worker "api" { source "api.js" }
    pages "site" { source "site" }
    dns "example.jp" { record "www" type="A" value="192.0.2.1" }
    deploy-services "shop"
}
service-group "shop" { service "front" { image "nginx:1.27"; volume "data:/data" } }
"##;

/// Kinds of which nothing stands in a cloud by itself, or that only a swarm of engines has.
const NOT_HERE: [&str; 7] = [
    "scale",
    "service-group",
    "deploy-services",
    "dns",
    "swarm-node",
    "swarm-network",
    "swarm-service",
];

#[test]
fn every_kind_is_imported_by_its_id() {
    let project = Project::new(FILE);
    fs::write(
        project.root().join("api.js"),
        "export default { fetch() { return new Response(\"x\") } }\n",
    )
    .unwrap();
    fs::create_dir(project.root().join("site")).unwrap();
    fs::write(project.root().join("site/index.html"), "hello\n").unwrap();
    project.sandbox(&["up", "--yes"]);
    let list = project.sandbox(&["state", "list"]);
    let made: Vec<(&str, &str)> = list
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(address, id)| (address, id.trim()))
        .collect();
    let kinds: BTreeSet<_> = made
        .iter()
        .filter_map(|(address, _)| address.split('.').next())
        .collect();
    let all = catalog::kinds().iter().map(|kind| kind.name());
    let expected: BTreeSet<_> = all.filter(|kind| !NOT_HERE.contains(kind)).collect();
    assert_eq!(kinds, expected);

    for (address, _) in &made {
        project.sandbox(&["state", "forget", address, "--yes"]);
    }
    let early = project.in_sandbox(&["import", made[0].0, made[0].1, "--yes"]);
    assert_eq!(early.code, Some(1), "{early:#?}");
    assert!(
        early.err.contains("container.local/shop/front needs it") && early.err.contains("import it first"),
        "{early:#?}"
    );
    // What others need comes first: a container stands on its network and its volume.
    for (address, id) in made.iter().rev() {
        let wrong = project.in_sandbox(&["import", address, "113999999999", "--yes"]);
        assert_ne!(wrong.code, Some(0), "{wrong:#?}");
        assert!(wrong.err.contains(address), "{wrong:#?}");
        let out = project.sandbox(&["import", address, id, "--yes"]);
        assert!(out.contains(&format!("=    {address}  adopt")), "{out}");
    }
    assert_eq!(
        project.sandbox(&["plan"]),
        "No changes. Stage \"dev\" is as declared.\n"
    );
    assert_eq!(project.sandbox(&["state", "list"]), list);
    let (address, id) = made[0];
    let again = project.sandbox(&["import", address, id, "--yes"]);
    assert_eq!(again, "It is looked after already.\n");
    let other = project.in_sandbox(&["import", address, "113999999999", "--yes"]);
    assert_eq!(other.code, Some(1), "{other:#?}");
    assert!(
        other.err.contains(&format!("as {id} and not as 113999999999")),
        "{other:#?}"
    );
}
