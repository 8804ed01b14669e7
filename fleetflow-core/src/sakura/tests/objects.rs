//! Keys, scripts, switches and packet filters: their lives, and what servers have to do with them.

use serde_json::json;

use super::{Bench, KEY, stage};
use crate::model::{Address, Stack};
use crate::plan::Action;
use crate::prelude::*;
use crate::state::{self, Holder};

/// What changes, as `switch.backend tags`.
fn changes(plan: &crate::plan::Plan) -> Vec<String> {
    let of = |step: &crate::plan::Step| {
        let changes = step.changes.iter();
        changes
            .map(|change| format!("{} {}", step.address, change.path))
            .collect::<Vec<_>>()
    };
    let mut all: Vec<_> = plan.steps.iter().flat_map(of).collect();
    all.sort();
    all
}

fn filter() -> PacketFilter {
    PacketFilter::builder()
        .name("public")
        .description("what the shop needs")
        .rule(PacketRule::allow(Protocol::Tcp).ports("443").from("192.0.2.0/24"))
        .rule(PacketRule::allow(Protocol::Icmp))
        .rule(PacketRule::deny(Protocol::Ip).description("all the rest"))
        .build()
}

fn objects() -> Stack {
    stage()
        .add(
            SshKey::builder()
                .name("ops")
                .public_key(KEY)
                .description("operators")
                .build(),
        )
        .add(
            StartupScript::builder()
                .name("swap")
                .content("#!/bin/sh\nswapon /swap\n")
                .tag("a")
                .build(),
        )
        .add(
            Switch::builder()
                .name("backend")
                .description("private")
                .tag("b")
                .build(),
        )
        .add(filter())
}

#[tokio::test]
async fn objects_are_made_seen_changed_and_removed() {
    let bench = Bench::new().await;
    let empty = bench.inventory();
    let report = bench.settle(&objects()).await;
    let mut writes = bench.writes();
    writes.sort();
    assert_eq!(
        writes,
        ["POST /note", "POST /packetfilter", "POST /sshkey", "POST /switch"]
    );
    let key = &report.outputs[&"ssh-key.ops".parse().unwrap()];
    assert_eq!(key["fingerprint"].as_str().unwrap().len(), 47);

    let changed = stage()
        .add(SshKey::builder().name("ops").public_key(KEY).build())
        .add(
            StartupScript::builder()
                .name("swap")
                .content("#!/bin/sh\nswapoff -a\n")
                .build(),
        )
        .add(Switch::builder().name("backend").tag("c").build())
        .add(
            PacketFilter::builder()
                .name("public")
                .rule(PacketRule::deny(Protocol::Ip))
                .build(),
        );
    let plan = bench.plan(&changed).await;
    let changes = changes(&plan);
    assert_eq!(
        changes,
        [
            "packet-filter.public description",
            "packet-filter.public rule",
            "ssh-key.ops description",
            "startup-script.swap content",
            "startup-script.swap tags",
            "switch.backend description",
            "switch.backend tags[0]",
        ]
    );
    bench.settle(&changed).await;
    let mut writes = bench.writes();
    writes.sort();
    assert_eq!(
        writes,
        [
            "PUT /note/ID",
            "PUT /packetfilter/ID",
            "PUT /sshkey/ID",
            "PUT /switch/ID"
        ]
    );
    bench.destroy().await.unwrap();
    assert_eq!(bench.inventory(), empty);
}

#[tokio::test]
async fn objects_are_found_again_without_a_state() {
    let bench = Bench::new().await;
    bench.settle(&objects()).await;
    bench.writes();
    let bench = Bench {
        sandbox: bench.sandbox,
        ..Bench::new().await
    };
    let report = bench.settle(&objects()).await;
    assert_eq!(report.count(Action::Adopt), 4);
    assert!(bench.writes().is_empty());
}

fn server(filter: bool, switch: bool) -> Server {
    let server = Server::builder()
        .name("web")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"));
    match (filter, switch) {
        (true, true) => server.packet_filter("public").switch("backend").build(),
        (true, false) => server.packet_filter("public").build(),
        (false, true) => server.switch("backend").build(),
        (false, false) => server.build(),
    }
}

#[tokio::test]
async fn a_server_stands_behind_its_filter_and_on_its_switch_from_the_beginning() {
    let bench = Bench::new().await;
    let empty = bench.inventory();
    let connected = objects().add(server(true, true));
    bench.settle(&connected).await;
    let interfaces = bench.inventory()["servers"][0]["interfaces"].clone();
    assert_eq!(interfaces[0]["packet_filter"], "public");
    assert_eq!(interfaces[1]["link"], json!({"switch": "backend"}));
    let order: Vec<_> = bench
        .writes()
        .into_iter()
        .filter(|write| !write.contains("note") && !write.contains("sshkey"))
        .collect();
    assert_eq!(
        order[2..],
        [
            "POST /server",
            "PUT /interface/ID/to/packetfilter/ID",
            "POST /disk"
        ]
    );

    let alone = objects().add(server(false, false));
    bench.settle(&alone).await;
    assert_eq!(
        bench.writes(),
        [
            "DELETE /interface/ID/to/packetfilter",
            "DELETE /server/ID/power",
            "DELETE /interface/ID/to/switch",
            "DELETE /interface/ID",
            "PUT /server/ID/power"
        ]
    );
    bench.settle(&connected).await;
    let again = bench.inventory()["servers"][0]["interfaces"].clone();
    assert_eq!(again, interfaces);
    bench.destroy().await.unwrap();
    assert_eq!(bench.inventory(), empty);
}

#[tokio::test]
async fn another_key_is_another_object_and_a_strangers_one_stays() {
    let bench = Bench::new().await;
    bench.settle(&objects()).await;
    let other = KEY.replace("L0Q9", "L0Q8");
    let stack = stage().add(SshKey::builder().name("ops").public_key(other.clone()).build());
    let plan = bench.plan(&stack).await;
    assert!(plan.steps.iter().any(|step| step.action == Action::Replace));
    bench.settle(&stack).await;
    assert_eq!(bench.inventory()["ssh_keys"][0]["public_key"], other);
    let before = bench.inventory();
    let stranger = Bench {
        sandbox: bench.sandbox,
        ..Bench::new().await
    };
    let theirs = Stack::new("other", "dev").providers(stage().provider_settings().clone());
    let key = SshKey::builder().name("ops").public_key(KEY).build();
    let refusal = stranger.converge(&theirs.add(key)).await.unwrap_err().to_string();
    assert!(
        refusal.contains("it belongs to `shop/dev/ssh-key.ops`"),
        "{refusal}"
    );
    assert_eq!(stranger.inventory(), before);
}

#[tokio::test]
async fn another_comment_of_a_key_is_nobodys_change() {
    let bench = Bench::new().await;
    let of = |comment: &str| {
        let key = format!(
            "{} {comment}",
            KEY.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
        );
        stage().add(SshKey::builder().name("ops").public_key(key).build())
    };
    bench.settle(&of("old@laptop")).await;
    let plan = bench.plan(&of("new@laptop")).await;
    assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:#?}");
}

#[tokio::test]
async fn what_was_let_go_is_taken_over_under_another_name() {
    let bench = Bench::new().await;
    let named = |name: &str| Switch::builder().name(name).build();
    let old = Address::new("switch", "old");
    let made = bench.settle(&stage().add(named("old"))).await;
    let id = made.outputs[&old]["id"].as_str().unwrap().to_owned();
    let renamed = stage().add(named("new").adopt_id(&id));
    let both = bench.plan(&renamed).await;
    assert_eq!(
        (both.count(Action::Create), both.count(Action::Delete)),
        (1, 1),
        "it is still ours"
    );
    let holder = Holder {
        who: "somebody".to_owned(),
        operation: "state forget".to_owned(),
        since: String::new(),
    };
    state::forget(&bench.journal, holder, &old).await.unwrap();
    let report = bench.converge(&renamed).await.unwrap();
    assert_eq!(report.count(Action::Adopt), 1);
    let there = bench.inventory();
    assert_eq!(there["switches"].as_array().map(Vec::len), Some(1));
    assert_eq!(there["switches"][0]["name"], "new");
    bench.settle(&stage().add(named("new"))).await;
}

#[tokio::test]
async fn a_changed_file_is_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("web.pub", KEY);
    write("start.sh", "#!/bin/sh\necho one\n");
    let stack = || {
        let web = Server::builder()
            .name("web")
            .plan(Plan::new(1, 1))
            .disk(Disk::new(20, "debian-12"))
            .ssh_key("web.pub")
            .startup_script("start.sh")
            .build();
        let key = SshKey::builder().name("ops").public_key("web.pub").build();
        let script = StartupScript::builder().name("start").content("start.sh").build();
        stage().root(folder.path()).add(web).add(key).add(script)
    };
    let bench = Bench::new().await;
    bench.settle(&stack()).await;
    assert_eq!(
        bench.inventory()["notes"].as_array().unwrap().len(),
        1,
        "the server's own script is gone again"
    );
    write("web.pub", &KEY.replace("L0Q9", "L0Q8"));
    write("start.sh", "#!/bin/sh\necho two\n");
    let plan = bench.plan(&stack()).await;
    let changes = changes(&plan);
    assert_eq!(
        changes,
        [
            "server.web key_digest",
            "server.web script_digest",
            "ssh-key.ops key_digest",
            "startup-script.start content_digest"
        ]
    );
    bench.settle(&stack()).await;
    std::fs::remove_file(folder.path().join("web.pub")).unwrap();
    let missing = bench.attach(&stack()).plan().await.unwrap_err().to_string();
    assert!(missing.contains("`web.pub` cannot be read"), "{missing}");
}
