//! Six servers in two zones at once, at a pace as real clients keep it: what the sandbox's log says about when which
//! call came. Nothing is refused here.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fleetflow_sandbox::{Entry, Timings};
use jiff::Timestamp;

use super::{Bench, KEY, REAL, call, stage};
use crate::converge::Event;
use crate::model::Stack;
use crate::prelude::*;
use crate::sakura::Sakura;

/// Requests a second: what one of the official tools allows at most (API doc "Retries, timeouts, rate limit").
const RATE: usize = 10;
const COPY: Duration = Duration::from_secs(3);
const BOOT: Duration = Duration::from_secs(2);
/// What a busy machine and the pause between two looks may add.
const SLACK: Duration = Duration::from_secs(4);
const ZONES: [&str; 2] = ["tk1a", "is1b"];

fn servers(count: usize) -> Stack {
    let server = |number: usize| {
        Server::builder()
            .name(format!("web-{number}"))
            .zone(ZONES[number * 2 / 6])
            .plan(Plan::new(1, 1))
            .disk(Disk::new(20, "debian-12"))
            .build()
    };
    (0..count).fold(stage(), |stack, number| stack.add(server(number)))
}

/// What was asked of the cloud to make so many servers, and what users were told meanwhile.
async fn make(count: usize) -> (Vec<Entry>, Vec<String>) {
    let bench = Bench::with(Timings {
        disk_copy: COPY,
        boot: BOOT,
        ..Timings::default()
    })
    .await;
    let sakura = Sakura::builder("sandbox".into(), "sandbox".into())
        .root(bench.sandbox.sakura_root_url())
        .deploy_key(KEY)
        .rate_limit(RATE)
        .transport(REAL.with(Clone::clone))
        .build()
        .unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = told.clone();
    let stack = bench.attach_client(&servers(count), sakura, move |event| {
        if let Event::Waiting { what, .. } = event {
            hears.lock().unwrap().push(what);
        }
    });
    stack.converge().await.unwrap();
    let log = bench.log().entries().to_vec();
    let told = told.lock().unwrap().clone();
    (log, told)
}

fn is(entry: &Entry, method: &str, path: &str) -> bool {
    entry.method == method && call(entry) == path
}

fn count(log: &[Entry], zone: &str, method: &str, path: &str) -> usize {
    let inside = format!("/{zone}/");
    log.iter()
        .filter(|entry| entry.path.contains(&inside) && is(entry, method, path))
        .count()
}

fn last(log: &[Entry], method: &str, path: &str) -> Timestamp {
    let entry = log.iter().rfind(|entry| is(entry, method, path));
    entry.unwrap().time
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// The most calls that there were in a second.
fn busiest(log: &[Entry]) -> usize {
    let within = |from: &Entry| {
        let near = |entry: &&Entry| (0.0..1.0).contains(&seconds(from.time, entry.time));
        log.iter().filter(near).count()
    };
    log.iter().map(within).max().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_servers_in_two_zones_take_as_long_as_the_slowest_of_them() {
    let ((alone, _), (log, told)) = tokio::join!(make(1), make(6));
    let began = log.iter().find(|entry| entry.is_write()).unwrap().time;
    let ordered = last(&log, "POST", "disk");
    let ended = log.last().unwrap().time;
    let (ordering, whole) = (seconds(began, ordered), seconds(began, ended));
    println!(
        "six servers: {} calls, ordered in {ordering:.2} s, up after {whole:.2} s; one: {} calls",
        log.len(),
        alone.len()
    );
    // Every order was given while the first disk was still being copied; after the last one there is one copy and one
    // start to wait for, and not six.
    assert!(ordering < COPY.as_secs_f64(), "{log:#?}");
    let slowest = (COPY + BOOT + SLACK).as_secs_f64();
    assert!(whole - ordering < slowest, "{whole} {log:#?}");
    // It bursts once, and keeps to its pace from then on.
    assert!(busiest(&log) <= 2 * RATE, "{} {log:#?}", busiest(&log));

    assert_eq!(log.iter().filter(|entry| entry.is_write()).count(), 12);
    for zone in ZONES {
        assert_eq!(count(&log, zone, "POST", "server"), 3);
        assert_eq!(count(&log, zone, "POST", "disk"), 3);
        for asked_once in ["product/server", "product/disk", "archive"] {
            assert_eq!(count(&log, zone, "GET", asked_once), 1, "{zone} {asked_once}");
        }
        // Three that wait ask hardly more than one that does: they share their looks, but for the first of each.
        for list in ["disk", "server"] {
            let (three, one) = (count(&log, zone, "GET", list), count(&alone, "tk1a", "GET", list));
            println!("{zone}: {three} looks at its {list}s for three servers, {one} for one");
            assert!(
                three <= one + 2 * 3,
                "{zone} {list}: {three} for three, {one} for one"
            );
        }
    }
    assert!(told.iter().any(|what| what.starts_with("disk copy ")), "{told:?}");
    assert!(told.iter().any(|what| what == "booting"), "{told:?}");
}
