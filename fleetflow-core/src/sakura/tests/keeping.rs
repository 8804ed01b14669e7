//! What stays as it is: a server that somebody else gave another plan, what is protected, a password that rests nowhere.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Bench, stage};
use crate::converge::Event;
use crate::error::{Error, ErrorKind};
use crate::model::{Declaration, Input, Stack};
use crate::plan::{Action, Level};
use crate::prelude::*;
use crate::sakura::Id;
use crate::sakura::client::Call;
use crate::sakura::server::wire::Machine;
use crate::sakura::wire::Reference;

const ZONE: &str = "tk1a";

fn web(plan: Plan, tags: usize) -> Server {
    let server = Server::builder()
        .name("web")
        .plan(plan)
        .disk(Disk::new(20, "debian-12"));
    let mut server = server.tag("a0");
    for number in 1..tags {
        server = server.tag(format!("a{number}"));
    }
    server.build()
}

async fn the_server(bench: &Bench) -> Machine {
    let call = Call::get(ZONE, "server", "find the server");
    let found: Result<Vec<Machine>, Error> = bench.sakura().list(call, "Servers", Value::Null).await;
    found.unwrap().remove(0)
}

/// Does what the official tools do for another plan (API doc "Plan change"); `keeps` says which tags they leave.
async fn replan(bench: &Bench, (core, gib): (u32, u32), keeps: impl Fn(&str) -> bool) -> Id {
    let sakura = bench.sakura();
    let was = the_server(bench).await;
    bench.switch_off("web").await;
    let call = Call::put(ZONE, format!("server/{}/plan", was.id), "change the plan");
    let plan = json!({ "CPU": core, "MemoryMB": gib * 1024, "Commitment": "standard" });
    let now: Reference = sakura.one(call.body(plan), "Server").await.unwrap();
    let previous = format!("@previous-id={}", was.id);
    let tags = was.tags.iter().filter(|tag| keeps(tag)).cloned();
    let tags: Vec<_> = tags.chain([previous]).collect();
    let call = Call::put(ZONE, format!("server/{}", now.id), "change the tags");
    let tags = json!({ "Server": { "Tags": tags } });
    sakura.done(call.body(tags)).await.unwrap();
    let call = Call::put(ZONE, format!("server/{}/power", now.id), "start the server");
    sakura.done(call).await.unwrap();
    bench.writes();
    now.id
}

#[tokio::test]
async fn a_plan_that_somebody_else_changed_is_drift_and_not_a_loss() {
    let bench = Bench::new().await;
    let small = stage().add(web(Plan::new(1, 1), 1));
    bench.settle(&small).await;
    let id = replan(&bench, (2, 4), |_| true).await;
    let plan = bench.plan(&small).await;
    let step = &plan.steps[0];
    assert_eq!((plan.steps.len(), step.action), (1, Action::Update), "{plan:#?}");
    assert_eq!(step.existing.as_ref().unwrap().id, id.to_string());
    assert!(plan.drift.iter().all(|drift| !drift.gone) && !plan.drift.is_empty());
    let big = stage().add(web(Plan::new(2, 4), 1));
    let report = bench.settle(&big).await;
    assert_eq!(bench.writes(), [""; 0], "who declares it has nothing to do");
    assert_eq!(
        report.outputs[&"server.web".parse().unwrap()]["id"],
        id.to_string()
    );
    bench.settle(&small).await;
    assert_ne!(the_server(&bench).await.id, id);
}

#[tokio::test]
async fn a_server_whose_mark_is_lost_is_found_by_its_previous_id_and_by_nothing_else() {
    let bench = Bench::new().await;
    let stack = stage().add(web(Plan::new(2, 4), 1));
    bench.settle(&stage().add(web(Plan::new(1, 1), 1))).await;
    let id = replan(&bench, (2, 4), |tag| !tag.starts_with("fleetflow=")).await;
    let report = bench.settle(&stack).await;
    assert_eq!(
        report.outputs[&"server.web".parse().unwrap()]["id"],
        id.to_string()
    );
    assert_eq!(bench.inventory()["servers"].as_array().unwrap().len(), 1);
    bench.destroy().await.unwrap();
    assert_eq!(bench.inventory()["servers"], json!([]));
}

#[tokio::test]
async fn tags_keep_to_their_limit_through_a_change_of_plan() {
    let bench = Bench::new().await;
    let stack = |plan| stage().add(web(plan, 9));
    bench.settle(&stack(Plan::new(1, 1))).await;
    bench.settle(&stack(Plan::new(2, 4))).await;
    let tags = the_server(&bench).await.tags;
    assert!(
        tags.len() == 10 && !tags.iter().any(|tag| tag.starts_with("@previous-id")),
        "{tags:?}"
    );
    let problems = stage().add(web(Plan::new(1, 1), 10)).check();
    assert!(
        problems[0].to_string().contains("10 tags are too many"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_listen_is_cut_off_after_a_stated_time() {
    let bench = Bench::new().await;
    let sakura = bench.sakura();
    // On a blank disk is no operating system that hears of the power button.
    let blank = json!({ "Disk": { "Name": "blank", "Plan": { "ID": 4 }, "SizeMB": 20480 } });
    let call = Call::post(ZONE, "disk", "make a blank disk").body(blank);
    let blank: Reference = sakura.one(call, "Disk").await.unwrap();
    let deaf = |plan| {
        let disk = Disk::from_disk(20, blank.id.to_string());
        stage().add(Server::builder().name("deaf").plan(plan).disk(disk).build())
    };
    bench.settle(&deaf(Plan::new(1, 1))).await;
    bench.sandbox.clear_log().unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = told.clone();
    let stack = bench.attach_watched(&deaf(Plan::new(2, 4)), move |event| {
        if let Event::Waiting { what, .. } = event {
            hears.lock().unwrap().push(what);
        }
    });
    stack.converge().await.unwrap();
    let log = bench.log();
    let offs = log
        .writes()
        .filter(|entry| entry.method == "DELETE" && entry.path.ends_with("/power"));
    let bodies: Vec<_> = offs.map(|entry| entry.body.clone().unwrap()).collect();
    assert_eq!(bodies, [json!({}), json!({ "Force": true })]);
    let told = told.lock().unwrap();
    for text in ["shutting down; the power is cut after 1 s", "cutting the power"] {
        assert!(told.iter().any(|told| told == text), "{text}: {told:?}");
    }
}

fn db(disks: usize, zone: &str) -> Stack {
    let server = Server::builder()
        .name("db")
        .plan(Plan::new(1, 1))
        .zone(zone)
        .disk(Disk::new(20, "debian-12"));
    let server = match disks {
        1 => server.build(),
        _ => server.disk(Disk::blank(20).named("data")).build(),
    };
    stage().add(Declaration::from(server).protect())
}

#[tokio::test]
async fn what_is_protected_loses_no_disk_and_is_not_replaced() {
    let bench = Bench::new().await;
    bench.settle(&db(2, ZONE)).await;
    bench.writes();
    let before = bench.inventory();
    let anew = db(2, "is1b");
    for (what, stack) in [
        ("the data on a disk", db(1, ZONE)),
        ("zone", anew),
        ("server.db", stage()),
    ] {
        let error = bench.converge(&stack).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Guarded, "{error}");
        let text = error.to_string();
        assert!(text.contains(what) && text.contains("protect"), "{text}");
    }
    assert!(bench.destroy().await.is_err());
    assert_eq!(bench.writes(), [""; 0]);
    assert_eq!(bench.inventory(), before);
}

#[tokio::test]
async fn a_password_reaches_the_disk_and_rests_nowhere_else() {
    let bench = Bench::new().await;
    let stack = |password: &str| {
        let server = Server::builder()
            .name("web")
            .plan(Plan::new(1, 1))
            .disk(Disk::new(20, "debian-12"))
            .password(Input::secret("root"))
            .build();
        stage().add(server).secret("root", password)
    };
    bench.settle(&stack("planted-first-1")).await;
    bench.writes();
    let plan = bench.plan(&stack("planted-second-2")).await;
    assert_eq!(plan.steps[0].changes[0].path.to_string(), "password");
    assert_eq!(plan.steps[0].disruption.level, Level::Reboot);
    let shown = serde_json::to_string(&plan).unwrap();
    bench.settle(&stack("planted-second-2")).await;
    let log = bench.log();
    assert!(
        log.writes().any(|entry| entry.path.ends_with("/config")),
        "{log:#?}"
    );
    let journal = serde_json::to_string(&bench.journal.state()).unwrap();
    let config = bench.inventory()["disks"][0]["config"].clone();
    assert_eq!(
        (&config["has_password"], &config["disables_passwords"]),
        (&json!(true), &json!(false))
    );
    for text in [shown, journal, format!("{log:?}")] {
        assert!(!text.contains("planted-"), "{text}");
    }
}
