//! The frame around the emulated APIs: control paths, faults, the log, the world file.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use fleetflow_sandbox::{Clock, Cloud, Error, Fault, Moment, Options, Outcome, Sandbox, Times, Timings};
use serde_json::{Value, json};

async fn start() -> Sandbox {
    let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
    let options = Options {
        clock,
        timings: Timings::INSTANT,
        ..Options::default()
    };
    Sandbox::start(options).await.unwrap()
}

async fn with_world(path: &std::path::Path) -> Result<Sandbox, Error> {
    Sandbox::start(Options {
        world: Some(path.to_owned()),
        ..Options::default()
    })
    .await
}

/// The account's KV namespaces, or a new one of this name.
async fn namespaces(sandbox: &Sandbox, new: Option<&str>) -> reqwest::Result<(u16, Value)> {
    let account = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    let url = format!(
        "{}/accounts/{account}/storage/kv/namespaces",
        sandbox.cloudflare_url()
    );
    let client = reqwest::Client::new();
    let request = match new {
        Some(title) => client.post(url).json(&json!({ "title": title })),
        None => client.get(url),
    };
    let response = request.bearer_auth("sandbox-token").send().await?;
    Ok((response.status().as_u16(), response.json().await?))
}

async fn titles(sandbox: &Sandbox) -> Vec<String> {
    let (_, body) = namespaces(sandbox, None).await.unwrap();
    let rows = body["result"].as_array().unwrap();
    rows.iter()
        .map(|row| row["title"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_fault_before_the_effect_changes_nothing_and_speaks_the_clouds_language() {
    let sandbox = start().await;
    let fault = Fault::answer(429)
        .cloud(Cloud::Cloudflare)
        .method("POST")
        .retry_after(7)
        .times(Times::First(1));
    sandbox.add_fault(fault).unwrap();

    let (status, body) = namespaces(&sandbox, Some("a")).await.unwrap();
    assert_eq!((status, &body["errors"][0]["code"]), (429, &json!(10100)));
    assert_eq!(titles(&sandbox).await, Vec::<String>::new());

    assert_eq!(namespaces(&sandbox, Some("a")).await.unwrap().0, 200);
    assert_eq!(titles(&sandbox).await, ["a"]);
}

#[tokio::test]
async fn a_fault_after_the_effect_loses_only_the_answer() {
    let sandbox = start().await;
    let fault = Fault::drop_connection()
        .method("POST")
        .when(Moment::AfterEffect)
        .times(Times::Nth(1));
    sandbox.add_fault(fault).unwrap();

    let error = namespaces(&sandbox, Some("a")).await.unwrap_err();
    assert!(error.is_request() && error.status().is_none(), "{error:?}");
    assert_eq!(titles(&sandbox).await, ["a"]);
    let log = sandbox.log();
    assert_eq!(log.entries()[0].outcome, Outcome::Dropped);
    assert_eq!((log.writes().count(), log.count("GET")), (1, 1));
}

#[tokio::test]
async fn a_dropped_connection_is_closed_without_a_byte() {
    let sandbox = start().await;
    sandbox.add_fault(Fault::drop_connection()).unwrap();
    let address = sandbox.cloudflare_url();
    let address = address
        .trim_start_matches("http://")
        .trim_end_matches("/client/v4")
        .to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .write_all(b"GET /client/v4/zones HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map(|_| answer)
    });
    assert_eq!(answer.await.unwrap().unwrap_or_default(), b"");
}

#[tokio::test]
async fn a_truncated_answer_ends_in_the_middle_of_its_body_and_the_effect_is_there() {
    let sandbox = start().await;
    sandbox.add_fault(Fault::truncate().times(Times::Nth(1))).unwrap();
    let error = namespaces(&sandbox, Some("a")).await.unwrap_err();
    assert!(!error.is_connect(), "{error:?}");
    assert_eq!(sandbox.log().entries()[0].outcome, Outcome::Status(200));
    assert_eq!(titles(&sandbox).await, ["a"]);
}

#[tokio::test]
async fn stale_reads_show_how_it_was_and_writes_take_effect_at_once() {
    let sandbox = start().await;
    namespaces(&sandbox, Some("before")).await.unwrap();
    sandbox.add_fault(Fault::stale(30)).unwrap();
    sandbox.clock().advance(Duration::from_secs(5));
    assert_eq!(namespaces(&sandbox, Some("a")).await.unwrap().0, 200);
    assert_eq!(titles(&sandbox).await, ["before"]);
    sandbox.clock().advance(Duration::from_secs(20));
    assert_eq!(namespaces(&sandbox, Some("b")).await.unwrap().0, 200);
    assert_eq!(
        namespaces(&sandbox, Some("a")).await.unwrap().0,
        400,
        "a write sees how it is"
    );
    sandbox.clock().advance(Duration::from_secs(10));
    assert_eq!(titles(&sandbox).await, ["before", "a"]);
    sandbox.clock().advance(Duration::from_secs(20));
    assert_eq!(titles(&sandbox).await, ["before", "a", "b"]);
    sandbox.faults().clear();
    assert_eq!(titles(&sandbox).await, ["before", "a", "b"]);
}

#[tokio::test]
async fn faults_can_be_limited_to_a_time_and_a_share() {
    let sandbox = start().await;
    sandbox
        .add_fault(Fault::answer(503).times(Times::ForSeconds(60)))
        .unwrap();
    assert_eq!(namespaces(&sandbox, None).await.unwrap().0, 503);
    sandbox.clock().advance(Duration::from_mins(1));
    assert_eq!(namespaces(&sandbox, None).await.unwrap().0, 200);

    sandbox.faults().clear();
    sandbox
        .add_fault(Fault::answer(503).times(Times::Rate { share: 0.5, seed: 3 }))
        .unwrap();
    let mut failures = 0;
    for _ in 0..40 {
        failures += usize::from(namespaces(&sandbox, None).await.unwrap().0 == 503);
    }
    assert!((8..32).contains(&failures), "{failures} of 40");
}

#[tokio::test]
async fn control_paths_are_exempt_from_faults_latency_and_log() {
    let options = Options {
        latency: Duration::from_millis(150),
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let client = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", sandbox.control_url());
    let fault = json!({ "path": "^/", "effect": { "answer": { "status": 500 } }, "times": { "nth": 1 } });
    assert_eq!(
        client
            .post(url("/faults"))
            .json(&fault)
            .send()
            .await
            .unwrap()
            .status(),
        201
    );
    let listed: Value = client
        .get(url("/faults"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(listed[0]["times"], json!({ "nth": 1 }));

    let began = Instant::now();
    assert_eq!(namespaces(&sandbox, None).await.unwrap().0, 500);
    assert!(began.elapsed() >= Duration::from_millis(150));
    let log: Value = client
        .get(url("/log"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(log["entries"].as_array().unwrap().len(), 1);
    assert_eq!(client.delete(url("/log")).send().await.unwrap().status(), 204);
    assert!(sandbox.log().is_empty());
    assert_eq!(client.delete(url("/faults")).send().await.unwrap().status(), 204);
    assert!(sandbox.faults().list().is_empty());
}

#[tokio::test]
async fn rules_that_cannot_work_are_refused() {
    let sandbox = start().await;
    for fault in [
        Fault::answer(200),
        Fault::answer(500).path("("),
        Fault::answer(500).times(Times::Rate { share: 2.0, seed: 0 }),
    ] {
        let error = sandbox.add_fault(fault).unwrap_err().to_string();
        assert!(error.starts_with("cannot set a fault"), "{error}");
    }
    assert!(sandbox.faults().list().is_empty());
}

#[tokio::test]
async fn the_clock_is_moved_over_http_only_if_it_is_manual() {
    let sandbox = start().await;
    let wall = Sandbox::start(Options::default()).await.unwrap();
    let client = reqwest::Client::new();
    for (sandbox, status) in [(&sandbox, 200), (&wall, 409)] {
        let url = format!("{}/clock/advance", sandbox.control_url());
        let response = client
            .post(url)
            .json(&json!({ "seconds": 90 }))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status);
    }
    assert_eq!(sandbox.clock().now().to_string(), "2026-01-02T03:05:35Z");
}

#[tokio::test]
async fn what_was_answered_survives_without_a_shutdown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inner/world.json");
    let sandbox = with_world(&path).await.unwrap();
    namespaces(&sandbox, Some("kept")).await.unwrap();
    let inventory = sandbox.inventory();
    // Dropped, not shut down: nothing runs at the end that could save what the answer had not.
    drop(sandbox);

    let again = with_world(&path).await.unwrap();
    assert_eq!(again.inventory(), inventory);
    assert_eq!(titles(&again).await, ["kept"]);
    let log = std::fs::read_to_string(path.with_file_name("requests.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 2);
    assert!(
        log.lines()
            .all(|line| serde_json::from_str::<fleetflow_sandbox::Entry>(line).is_ok())
    );
    again.shutdown().await.unwrap();
    with_world(&path).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.json");
    let sandbox = with_world(&path).await.unwrap();
    namespaces(&sandbox, Some("a")).await.unwrap();
    for file in [path.clone(), path.with_file_name("requests.jsonl")] {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_world_has_one_owner_and_a_broken_one_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.json");
    let first = with_world(&path).await.unwrap();
    let error = with_world(&path).await.unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    drop(first);
    std::fs::write(&path, "{").unwrap();
    let error = with_world(&path).await.unwrap_err();
    assert!(matches!(error, Error::WorldFormat { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{");
}
