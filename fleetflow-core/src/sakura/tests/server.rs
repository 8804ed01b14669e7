//! The life of a server: made in two calls, seen as it is, changed in place, given a new id, removed.

use serde_json::json;

use super::{Bench, stage};
use crate::model::Stack;
use crate::plan::{Action, Level};
use crate::prelude::*;

fn web(plan: Plan) -> Server {
    Server::builder()
        .name("web")
        .plan(plan)
        .disk(Disk::new(100, "ubuntu-24.04"))
        .tag("production")
        .description("the shop")
        .build()
}

fn one(server: Server) -> Stack {
    stage().add(server)
}

#[tokio::test]
async fn a_server_with_one_disk_is_two_writes_and_then_there_is_nothing_to_do() {
    let bench = Bench::new().await;
    let empty = bench.inventory();
    let report = bench.converge(&one(web(Plan::new(4, 4)))).await.unwrap();
    assert_eq!(bench.writes(), ["POST /server", "POST /disk"]);
    let outputs = &report.outputs[&"server.web".parse().unwrap()];
    assert_eq!(outputs["hostname"], "web");
    assert_eq!(
        outputs["docker"],
        format!("ssh://ubuntu@{}:22", outputs["ip"].as_str().unwrap())
    );
    assert!(outputs.contains_key("gateway") && outputs["zone"] == "tk1a");
    bench.settle(&one(web(Plan::new(4, 4)))).await;
    assert_eq!(bench.reads(), 2, "a plan is one call a zone: {:#?}", bench.log());
    assert!(bench.writes().is_empty());
    let there = bench.inventory();
    assert_eq!(there["servers"][0]["power"], "up");
    assert_eq!(there["disks"][0]["config"]["ssh_keys"], json!([super::KEY]));
    bench.destroy().await.unwrap();
    assert_eq!(bench.inventory(), empty);
    assert_eq!(bench.writes(), ["DELETE /server/ID/power", "DELETE /server/ID"]);
}

#[tokio::test]
async fn what_changes_in_place_does_so_while_it_runs() {
    let bench = Bench::new().await;
    bench.settle(&one(web(Plan::new(4, 4)))).await;
    bench.writes();
    let named = Server::builder()
        .name("web")
        .plan(Plan::new(4, 4))
        .disk(Disk::new(100, "ubuntu-24.04"))
        .tag("production")
        .tag("front")
        .build();
    let plan = bench.plan(&one(named.clone())).await;
    let fields: Vec<_> = plan.steps[0]
        .changes
        .iter()
        .map(|change| change.path.to_string())
        .collect();
    assert_eq!(fields, ["description", "tags"]);
    assert!(plan.steps[0].disruption.is_none());
    bench.settle(&one(named)).await;
    assert_eq!(bench.writes(), ["PUT /server/ID"]);
}

#[tokio::test]
async fn another_plan_is_a_new_id_and_the_old_one_is_remembered_in_a_tag() {
    let bench = Bench::new().await;
    let before = bench.settle(&one(web(Plan::new(4, 4)))).await;
    bench.writes();
    let grown = one(web(Plan::new(8, 16)));
    let plan = bench.plan(&grown).await;
    assert_eq!(plan.steps[0].disruption.effects, ["reboot", "new server id"]);
    let after = bench.settle(&grown).await;
    assert_eq!(
        bench.writes(),
        [
            "PUT /server/ID",
            "DELETE /server/ID/power",
            "PUT /server/ID/plan",
            "PUT /server/ID/power"
        ]
    );
    let address = "server.web".parse().unwrap();
    assert_ne!(before.outputs[&address]["id"], after.outputs[&address]["id"]);
    assert_eq!(before.outputs[&address]["ip"], after.outputs[&address]["ip"]);
    let tags = bench.inventory()["servers"][0]["tags"].clone();
    assert!(
        tags.as_array().unwrap().contains(&json!("@previous-id")),
        "{tags}"
    );
}

#[tokio::test]
async fn host_name_and_keys_are_written_into_the_disk_while_it_is_off() {
    let bench = Bench::new().await;
    bench.settle(&one(web(Plan::new(4, 4)))).await;
    bench.writes();
    let named = Server::builder()
        .name("web")
        .plan(Plan::new(4, 4))
        .disk(Disk::new(100, "ubuntu-24.04"))
        .tag("production")
        .description("the shop")
        .hostname("www.example.jp")
        .build();
    let plan = bench.plan(&one(named.clone())).await;
    assert_eq!(plan.steps[0].disruption.level, Level::Reboot);
    let report = bench.settle(&one(named)).await;
    assert_eq!(
        report.outputs[&"server.web".parse().unwrap()]["hostname"],
        "www.example.jp"
    );
    assert_eq!(
        bench.writes(),
        [
            "DELETE /server/ID/power",
            "PUT /disk/ID/config",
            "PUT /server/ID/power"
        ]
    );
    assert_eq!(
        bench.inventory()["disks"][0]["config"]["host_name"],
        "www.example.jp"
    );
}

#[tokio::test]
async fn a_stranger_of_the_same_name_is_told_and_left_alone() {
    let bench = Bench::new().await;
    let other = Stack::new("other", "dev").providers(super::stage().provider_settings().clone());
    let theirs = Bench {
        sandbox: bench.sandbox,
        ..Bench::new().await
    };
    theirs.converge(&other.add(web(Plan::new(1, 1)))).await.unwrap();
    let bench = Bench {
        sandbox: theirs.sandbox,
        ..Bench::new().await
    };
    let before = bench.inventory();
    let refusal = bench
        .converge(&one(web(Plan::new(4, 4))))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refusal.contains("it belongs to `other/dev/server.web`"),
        "{refusal}"
    );
    assert_eq!(bench.inventory(), before);
}

#[tokio::test]
async fn a_lost_state_is_found_again_by_the_mark() {
    let bench = Bench::new().await;
    bench.settle(&one(web(Plan::new(4, 4)))).await;
    bench.writes();
    let bench = Bench {
        sandbox: bench.sandbox,
        ..Bench::new().await
    };
    let report = bench.settle(&one(web(Plan::new(4, 4)))).await;
    assert_eq!(report.count(Action::Adopt), 1);
    assert!(bench.writes().is_empty());
}

#[tokio::test]
async fn several_disks_are_ordered_one_by_one_and_the_first_is_booted_from() {
    let bench = Bench::new().await;
    let server = Server::builder()
        .name("db")
        .plan(Plan::new(2, 4))
        .disk(Disk::new(20, "debian-12"))
        .disk(Disk::blank(250).hdd().named("data"))
        .build();
    bench.settle(&one(server)).await;
    assert_eq!(
        bench.writes(),
        ["POST /server", "POST /disk", "POST /disk", "PUT /server/ID/power"]
    );
    assert_eq!(bench.inventory()["servers"][0]["disks"], json!(["db", "data"]));
}

#[tokio::test]
async fn a_cloud_image_is_told_everything_at_its_first_start() {
    let bench = Bench::new().await;
    let server = Server::builder()
        .name("web")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "ubuntu-24.04-cloudimg"))
        .docker(true)
        .startup_script("#!/bin/sh\necho hello\n")
        .build();
    bench.settle(&one(server)).await;
    let log = bench.log();
    let start = log.writes().find(|entry| entry.path.ends_with("/power")).unwrap();
    let body = start.body.as_ref().unwrap().to_string();
    assert!(body.contains("CloudInit"), "{body}");
    assert_eq!(
        bench.writes(),
        ["POST /server", "POST /disk", "PUT /server/ID/power"]
    );
    assert_eq!(
        bench.inventory()["disks"][0]["config"]["ssh_keys"],
        json!([super::KEY])
    );
}

#[tokio::test]
async fn docker_comes_with_a_script_that_is_gone_afterwards_and_its_loss_disturbs_nobody() {
    let bench = Bench::new().await;
    let server = |docker: bool| {
        let disk = Disk::new(20, "almalinux-9");
        Server::builder()
            .name("web")
            .plan(Plan::new(1, 1))
            .disk(disk)
            .docker(docker)
            .build()
    };
    bench.settle(&one(server(true))).await;
    let log = bench.log();
    let script = log.writes().find(|entry| entry.path.ends_with("/note")).unwrap();
    let script = script.body.as_ref().unwrap().to_string();
    assert!(
        script.contains("docker-ce") && script.contains("fleetflow=shop/dev/server.web"),
        "{script}"
    );
    assert_eq!(
        bench.writes(),
        ["POST /server", "POST /note", "POST /disk", "DELETE /note/ID"]
    );
    let plan = bench.plan(&one(server(false))).await;
    assert!(plan.steps[0].disruption.is_none(), "{plan:#?}");
    bench.settle(&one(server(false))).await;
    assert!(bench.writes().is_empty());
    let plan = bench.plan(&one(server(true))).await;
    assert_eq!(plan.steps[0].disruption.level, Level::Reboot);
    bench.settle(&one(server(true))).await;
    assert_eq!(
        bench.writes(),
        [
            "DELETE /server/ID/power",
            "POST /note",
            "PUT /disk/ID/config",
            "DELETE /note/ID",
            "PUT /server/ID/power"
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_edited_is_told_before_anything_is_made() {
    let bench = Bench::new().await;
    let zone = bench.sakura();
    let call = crate::sakura::client::Call::get("tk1a", "archive", "find Windows");
    let filter = json!({ "Tags.Name": [["os-windows"]] });
    let windows: Vec<crate::sakura::wire::Reference> = zone.list(call, "Archives", filter).await.unwrap();
    let server = |key: bool| {
        let disk = Disk::from_archive(100, windows[0].id.to_string());
        let server = Server::builder().name("win").plan(Plan::new(4, 4)).disk(disk);
        if key {
            server.ssh_key(super::KEY).build()
        } else {
            server.build()
        }
    };
    let error = bench.converge(&one(server(true))).await.unwrap_err().to_string();
    assert!(error.contains("cannot write ssh-key into the image"), "{error}");
    assert!(bench.writes().is_empty());
    bench.settle(&one(server(false))).await;
    assert_eq!(bench.writes(), ["POST /server", "POST /disk"]);
}

#[tokio::test]
async fn the_status_says_power_plan_and_load() {
    let bench = Bench::new().await;
    bench.settle(&one(web(Plan::new(4, 4)))).await;
    let stack = bench.attach(&one(web(Plan::new(4, 4))));
    let status = async || {
        let seen = stack.with_loads(stack.observe().await.unwrap()).await.unwrap();
        serde_json::Value::from(seen.found.resources[0].status.clone())
    };
    // The clock of these runs stands long before the emulated cloud measured anything.
    let now = status().await;
    assert_eq!(
        (&now["power"], &now["plan"]),
        (&json!("up"), &json!("4 core 4 GiB"))
    );
    assert_eq!(now["cpu"], "not measured yet");
    bench.switch_off("web").await;
    let off = status().await;
    assert_eq!((&off["power"], off.get("cpu")), (&json!("down"), None));
}

#[tokio::test]
async fn a_server_that_somebody_switched_off_is_started_again_and_called_so() {
    let bench = Bench::new().await;
    bench.settle(&one(web(Plan::new(4, 4)))).await;
    bench.switch_off("web").await;
    bench.writes();
    let plan = bench.plan(&one(web(Plan::new(4, 4)))).await;
    let step = &plan.steps[0];
    assert_eq!(step.action, Action::Update);
    assert_eq!(step.reason.as_deref(), Some("it is powered off; it is started"));
    bench.settle(&one(web(Plan::new(4, 4)))).await;
    assert_eq!(bench.writes(), ["PUT /server/ID/power"]);
}
