//! Disks of servers that exist: grown by copying, added, renamed, unplugged; and nothing lost unasked.

use serde_json::json;

use super::{Bench, stage};
use crate::clouds::Clouds;
use crate::converge::{Caller, Session};
use crate::model::Stack;
use crate::plan::{Action, DataGuard, Plan as Planned};
use crate::prelude::*;

fn with(disks: impl IntoIterator<Item = Disk>) -> Stack {
    let mut server = Server::builder().name("db").plan(Plan::new(1, 1));
    for disk in disks {
        server = server.disk(disk);
    }
    stage().add(server.build())
}

fn boot(size: u32) -> Disk {
    Disk::new(size, "debian-12")
}

fn data(size: u32) -> Disk {
    Disk::blank(size).named("data")
}

fn effects(plan: &Planned) -> Vec<&str> {
    let step = &plan.steps[0];
    assert_eq!(step.action, Action::Update, "{plan:#?}");
    step.disruption.effects.iter().map(String::as_str).collect()
}

impl Bench {
    /// Where `disk` is on the emulated server, and what was written into it.
    fn disk_of(&self, at: usize) -> serde_json::Value {
        let there = self.inventory();
        let name = &there["servers"][0]["disks"][at];
        let disks = there["disks"].as_array().unwrap();
        disks.iter().find(|disk| disk["name"] == *name).unwrap().clone()
    }
}

#[tokio::test]
async fn a_boot_disk_grows_by_copying_and_the_server_keeps_everything_else() {
    let bench = Bench::new().await;
    let before = bench.settle(&with([boot(20), data(40)])).await;
    let config = bench.disk_of(0)["config"].clone();
    assert_eq!(config["ssh_keys"], json!([super::KEY]));
    bench.writes();
    let grown = with([boot(100), data(40)]);
    let plan = bench.plan(&grown).await;
    assert_eq!(effects(&plan), ["reboot", "data is copied, about 3 minutes"]);
    assert_eq!(plan.steps[0].changes[0].path.to_string(), "disk[0].size");
    let after = bench.settle(&grown).await;
    assert_eq!(
        bench.writes(),
        [
            "DELETE /server/ID/power",
            "POST /disk",
            "PUT /disk/ID/resize-partition",
            "DELETE /disk/ID/to/server",
            "DELETE /disk/ID/to/server",
            "PUT /disk/ID/to/server/ID",
            "PUT /disk/ID/to/server/ID",
            "PUT /server/ID/power",
            "DELETE /disk/ID",
        ],
        "the old disk goes last"
    );
    let address = "server.db".parse().unwrap();
    assert_eq!(before.outputs[&address], after.outputs[&address]);
    let there = bench.inventory();
    assert_eq!(there["servers"][0]["disks"], json!(["db", "data"]));
    assert_eq!(there["disks"].as_array().unwrap().len(), 2);
    let disk = bench.disk_of(0);
    assert_eq!((&disk["size_mb"], &disk["config"]), (&json!(102_400), &config));
    bench.destroy().await.unwrap();
    assert_eq!(bench.inventory(), Bench::new().await.inventory());
}

#[tokio::test]
async fn a_disk_is_added_renamed_and_removed_only_when_data_may_be_lost() {
    let bench = Bench::new().await;
    bench.settle(&with([boot(20)])).await;
    bench.writes();
    let two = with([boot(20), data(40)]);
    let plan = bench.plan(&two).await;
    assert_eq!(effects(&plan), ["reboot"]);
    assert!(plan.drift.is_empty(), "{:?}", plan.drift);
    bench.settle(&two).await;
    let added = [
        "DELETE /server/ID/power",
        "POST /disk",
        "PUT /disk/ID/to/server/ID",
        "PUT /server/ID/power",
    ];
    assert_eq!(bench.writes(), added);

    let renamed = with([boot(20), data(40).named("archive")]);
    let plan = bench.plan(&renamed).await;
    assert!(effects(&plan).is_empty());
    assert_eq!(plan.steps[0].changes[0].path.to_string(), "disk[1].name");
    bench.settle(&renamed).await;
    assert_eq!(bench.writes(), ["PUT /disk/ID"]);

    let careful = Session::new(
        Clouds::none().sakura(bench.sakura()),
        bench.journal.clone(),
        Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned()),
    )
    .settle(std::time::Duration::ZERO)
    .data(DataGuard::Refuse);
    let refusal = with([boot(20)])
        .session(careful)
        .plan()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refusal.contains("changing it would lose the data on a disk for good"),
        "{refusal}"
    );
    let plan = bench.plan(&with([boot(20)])).await;
    assert_eq!(effects(&plan), ["reboot", "data loss"]);
    bench.settle(&with([boot(20)])).await;
    assert_eq!(
        bench.writes(),
        [
            "PUT /disk/ID",
            "DELETE /server/ID/power",
            "DELETE /disk/ID/to/server",
            "PUT /server/ID/power",
            "DELETE /disk/ID"
        ]
    );
}

#[tokio::test]
async fn another_kind_of_disk_and_its_encryption_are_copies_and_a_smaller_disk_is_another_server() {
    let bench = Bench::new().await;
    bench.settle(&with([boot(20), data(100).hdd()])).await;
    let better = with([boot(20), data(100).encrypted()]);
    let plan = bench.plan(&better).await;
    assert_eq!(effects(&plan), ["reboot", "data is copied"]);
    bench.settle(&better).await;
    let disk = bench.disk_of(1);
    assert_eq!(
        (&disk["plan"], &disk["encryption"], &disk["is_blank"]),
        (&json!(4), &json!("aes256_xts"), &json!(false))
    );
    for deep in [
        with([boot(20), data(40).encrypted()]),
        with([Disk::new(20, "debian-11"), data(100).encrypted()]),
    ] {
        assert_eq!(bench.plan(&deep).await.steps[0].action, Action::Replace);
    }
}

#[tokio::test]
async fn a_key_of_ones_own_encrypts_from_the_beginning_and_another_one_is_a_copy() {
    let bench = Bench::new().await;
    let key = |key: &str| with([boot(20).encrypted_with(key), data(40)]);
    bench.settle(&key("113000000999")).await;
    let disk = bench.disk_of(0);
    assert_eq!(
        (&disk["encryption"], &disk["kms_key"]),
        (&json!("aes256_xts"), &json!(113_000_000_999_u64))
    );
    let other = key("113000000998");
    let plan = bench.plan(&other).await;
    assert_eq!(effects(&plan), ["reboot", "data is copied"]);
    assert_eq!(plan.steps[0].changes[0].path.to_string(), "disk[0].kms_key");
    bench.settle(&other).await;
    assert_eq!(bench.disk_of(0)["kms_key"], json!(113_000_000_998_u64));
    let wrong: Disk =
        serde_json::from_value(json!({ "size": 20, "os": "debian-12", "kms_key": "mine" })).unwrap();
    let problems = with([wrong]).check();
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert!(
        told[0].contains("`mine` is not an id") && told[1].contains("encrypts nothing"),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_is_not_sold_is_told_while_the_server_still_runs() {
    let bench = Bench::new().await;
    bench.settle(&with([boot(20)])).await;
    bench.writes();
    let error = bench.converge(&with([boot(30)])).await.unwrap_err().to_string();
    assert!(error.contains("tk1a has no ssd of 30 GiB"), "{error}");
    assert_eq!(bench.writes(), [""; 0]);
}
