//! What a plan says about yen, by the emulated price list: 900 a core, 700 a GiB of memory, 20 a GiB of disk, 2,000 a
//! switch, 3,000 for Windows.

use fleetflow_sandbox::Fault;
use serde_json::json;

use super::{Bench, stage};
use crate::model::Stack;
use crate::plan::Cost;
use crate::prelude::*;
use crate::sakura::client::Call;
use crate::sakura::wire::Reference;

fn shop(core: u32, gib: u32, switch: bool) -> Stack {
    let web = Server::builder()
        .name("web")
        .plan(Plan::new(core, 4))
        .disk(Disk::new(gib, "debian-12"));
    let stack = stage().add(web.build());
    match switch {
        true => stack.add(Switch::builder().name("backend").build()),
        false => stack,
    }
}

async fn cost(bench: &Bench, stack: &Stack) -> Option<(u64, u64)> {
    let plan = bench.plan(stack).await;
    plan.cost.map(
        |Cost {
             currency,
             adds,
             removes,
             ..
         }| {
            assert_eq!(currency, "JPY");
            (adds, removes)
        },
    )
}

#[tokio::test]
async fn a_plan_says_what_it_adds_and_removes_a_month() {
    let bench = Bench::new().await;
    let server = 4 * 900 + 4 * 700 + 20 * 20;
    assert_eq!(cost(&bench, &shop(4, 20, true)).await, Some((server + 2000, 0)));
    bench.settle(&shop(4, 20, true)).await;
    assert_eq!(cost(&bench, &shop(4, 20, true)).await, None);
    let changed = shop(2, 100, false);
    assert_eq!(cost(&bench, &changed).await, Some((0, 2 * 900 - 80 * 20 + 2000)));
    let plan = bench.plan(&changed).await;
    let only = plan.targeting(&["server.web".parse().unwrap()].into());
    assert_eq!(only.cost.unwrap().removes, 200);
    bench.settle(&changed).await;
    let removal = bench.attach(&stage()).plan_destroy().await.unwrap();
    assert_eq!(removal.cost.unwrap().removes, server - 200);
}

#[tokio::test]
async fn a_licence_is_part_of_the_price_and_what_the_list_lacks_is_told() {
    let bench = Bench::new().await;
    let call = Call::get("tk1a", "archive", "find Windows");
    let filter = json!({ "Tags.Name": [["os-windows"]] });
    let windows: Vec<Reference> = bench.sakura().list(call, "Archives", filter).await.unwrap();
    let server = |disk| {
        Server::builder()
            .name("win")
            .plan(Plan::new(4, 4))
            .disk(disk)
            .build()
    };
    let licensed = stage().add(server(Disk::from_archive(100, windows[0].id.to_string())));
    let hardware = 4 * 900 + 4 * 700 + 100 * 20;
    assert_eq!(cost(&bench, &licensed).await, Some((hardware + 3000, 0)));
    bench.settle(&licensed).await;
    let removal = bench.attach(&stage()).plan_destroy().await.unwrap();
    assert_eq!(removal.cost.unwrap().removes, hardware + 3000);
    // The list has no disks of 30 GiB.
    let plan = bench.plan(&shop(4, 30, false)).await;
    assert!(
        plan.notes
            .iter()
            .any(|note| note.starts_with("what server.web costs is not known")),
        "{:?}",
        plan.notes
    );
}

#[tokio::test]
async fn a_price_list_that_cannot_be_read_is_told_and_stops_nobody() {
    let bench = Bench::new().await;
    bench
        .sandbox
        .add_fault(Fault::answer(403).code("forbidden").path("/public/price$"))
        .unwrap();
    let plan = bench.plan(&shop(4, 20, false)).await;
    assert!(plan.cost.is_none() && plan.steps.len() == 1);
    assert!(
        plan.notes[0].starts_with("what a server costs is not known: "),
        "{:?}",
        plan.notes
    );
    assert!(
        plan.notes[0].contains("code forbidden, request "),
        "{:?}",
        plan.notes
    );
}
