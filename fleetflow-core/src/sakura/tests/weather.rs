//! Bad weather: lost answers, storms of refusals, copies and configurations that fail, and slow things waited for.

use fleetflow_sandbox::{Cloud, Fault, Moment, Times};

use super::{Bench, stage};
use crate::error::ErrorKind;
use crate::prelude::*;

fn web() -> Server {
    Server::builder()
        .name("web")
        .plan(Plan::new(4, 4))
        .disk(Disk::new(100, "ubuntu-24.04"))
        .docker(true)
        .build()
}

#[tokio::test]
async fn whichever_answer_is_lost_the_run_ends_as_if_none_was() {
    let undisturbed = Bench::new().await;
    undisturbed.settle(&stage().add(web())).await;
    for method in ["POST", "PUT", "DELETE"] {
        for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
            for nth in 1..=3 {
                let bench = Bench::new().await;
                let lost = Fault::drop_connection()
                    .cloud(Cloud::Sakura)
                    .method(method)
                    .when(moment);
                bench.sandbox.add_fault(lost.times(Times::Nth(nth))).unwrap();
                let place = format!("{method} {nth} {moment:?}");
                bench
                    .converge(&stage().add(web()))
                    .await
                    .unwrap_or_else(|error| panic!("{place}: {error:?}"));
                bench.sandbox.faults().clear();
                assert_eq!(bench.inventory(), undisturbed.inventory(), "{place}");
                assert!(bench.plan(&stage().add(web())).await.is_empty(), "{place}");
            }
        }
    }
}

#[tokio::test]
async fn a_storm_of_refusals_is_sat_out_and_a_permanent_one_is_told_at_once() {
    let bench = Bench::new().await;
    let storm = Fault::answer(503)
        .code("too_many_request")
        .cloud(Cloud::Sakura)
        .times(Times::Rate { share: 0.3, seed: 7 });
    bench.sandbox.add_fault(storm).unwrap();
    bench.converge(&stage().add(web())).await.unwrap();
    bench.sandbox.faults().clear();
    bench.sandbox.clear_log().unwrap();
    let down = Fault::answer(503)
        .code("server_could_not_stop")
        .method("DELETE")
        .path("/power$");
    bench.sandbox.add_fault(down).unwrap();
    let error = bench.destroy().await.unwrap_err().to_string();
    assert!(error.contains("[code server_could_not_stop, request "), "{error}");
    assert_eq!(bench.writes(), ["DELETE /server/ID/power"]);
}

#[tokio::test]
async fn a_failed_copy_is_told_at_once_and_the_next_run_makes_the_disk_anew() {
    let bench = Bench::new().await;
    let client = reqwest::Client::new();
    let url = format!("{}/sakura/failing-copies", bench.sandbox.control_url());
    let set = client
        .post(url)
        .header("content-type", "application/json")
        .body(r#"{"count":1}"#)
        .send()
        .await
        .unwrap();
    assert!(set.status().is_success(), "{set:?}");
    let error = bench.converge(&stage().add(web())).await.unwrap_err();
    assert!(error.to_string().contains("the copy to the disk"), "{error}");
    assert!(error.advice().unwrap().contains("made anew"), "{error:?}");
    bench.settle(&stage().add(web())).await;
    let undisturbed = Bench::new().await;
    undisturbed.settle(&stage().add(web())).await;
    assert_eq!(bench.inventory(), undisturbed.inventory());
}

#[tokio::test]
async fn a_failed_configuration_is_told_at_once_and_repeated_when_it_is_mended() {
    let bench = Bench::new().await;
    let server = |script: &str| {
        Server::builder()
            .name("web")
            .plan(Plan::new(1, 1))
            .disk(Disk::new(20, "debian-12"))
            .startup_script(script)
            .build()
    };
    let unfilled = stage().add(server(
        "#!/bin/sh\n# @sacloud-text required name \"Name\"\necho @@@name@@@\n",
    ));
    let error = bench.converge(&unfilled).await.unwrap_err();
    assert!(error.to_string().contains("could not be configured"), "{error}");
    assert!(
        error.advice().unwrap().contains("asks for a variable"),
        "{error:?}"
    );
    let again = bench.converge(&unfilled).await.unwrap_err();
    assert!(
        again.to_string().contains("could not be configured"),
        "it is not forgotten: {again}"
    );
    bench
        .settle(&stage().add(server("#!/bin/sh\necho mended\n")))
        .await;
    let there = bench.inventory();
    assert_eq!(there["servers"][0]["power"], "up");
    assert_eq!(
        there["disks"][0]["config"]["scripts"].as_array().unwrap().len(),
        1
    );
    assert!(there["notes"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_had_is_told_before_anything_is_made() {
    let bench = Bench::new().await;
    let refused = async |server: Server| {
        let error = bench.converge(&stage().add(server)).await.unwrap_err();
        assert_eq!(bench.writes(), [""; 0]);
        format!("{error} ({})", error.advice().unwrap_or_default())
    };
    let server = |plan, disk| Server::builder().name("web").plan(plan).disk(disk);
    let plan = refused(server(Plan::new(4, 7), Disk::new(20, "debian-12")).build()).await;
    assert!(
        plan.contains("tk1a has no server of 4 core 7 GiB (with 4 cores there are "),
        "{plan}"
    );
    let size = refused(server(Plan::new(1, 1), Disk::new(30, "debian-12")).build()).await;
    assert!(
        size.contains("tk1a has no ssd of 30 GiB (there are 20, 40, "),
        "{size}"
    );
    let archive = refused(server(Plan::new(1, 1), Disk::from_archive(20, "999")).build()).await;
    assert!(archive.contains("look for it in tk1a"), "{archive}");
}

#[tokio::test]
async fn a_wrong_key_is_one_clear_error() {
    let bench = Bench::new().await;
    let right = bench.sakura();
    assert!(!right.account().await.unwrap().id.is_empty());
    let wrong = crate::sakura::Sakura::builder("sandbox".into(), "wrong".into())
        .root(bench.sandbox.sakura_root_url())
        .build()
        .unwrap();
    let error = wrong.account().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(error.advice(), Some("check the access token and its secret"));
}

#[tokio::test]
async fn each_name_of_linux_is_one_archive_in_each_zone() {
    let bench = Bench::new().await;
    let sakura = bench.sakura();
    let names = crate::sakura::os::all();
    for os in names.iter().filter(|os| !os.is_licensed() && os.is_edited()) {
        let mut ids = std::collections::BTreeSet::new();
        for zone in ["tk1a", "is1b"] {
            let archive = sakura.public_archive(zone, os.name, os.filter()).await.unwrap();
            assert_eq!(archive.is_editable(), Some(true), "{}", os.name);
            ids.insert(archive.id);
        }
        assert_eq!(ids.len(), 2, "{}: an archive is of one zone", os.name);
    }
    let lacking = crate::sakura::os::find("windows-2016").unwrap();
    let error = sakura
        .public_archive("tk1a", lacking.name, lacking.filter())
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("tk1a has no archive of `windows-2016` now"),
        "{error}"
    );
}
