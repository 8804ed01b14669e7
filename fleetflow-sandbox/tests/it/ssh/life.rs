//! When a server answers SSH, and what outlives it.

use std::time::Duration;

use fleetflow_sandbox::{Clock, Options, Timings};
use reqwest::Method;
use serde_json::json;

use super::client::{self, INSTALL, dial, key, log_in, opens, ping, port};
use crate::sakura::support::Api;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_server_answers_only_while_it_is_up() {
    let api = Api::with(Options {
        clock: Clock::manual("2026-05-01T00:00:00Z".parse().unwrap()),
        timings: Timings {
            boot: 10 * SECOND,
            startup_script: 20 * SECOND,
            ..Timings::INSTANT
        },
        ..Options::default()
    })
    .await;
    let server = client::server(&api, "web", &key(1), Some(INSTALL)).await;
    let (id, port) = (server["ID"].clone(), port(&api, &server));
    assert!(dial(port).await.is_err(), "it boots still");
    api.advance(10 * SECOND);
    let handle = log_in(port, "ubuntu", &key(1)).await;
    let socket = || handle.channel_open_direct_streamlocal("/var/run/docker.sock");
    assert!(socket().await.is_err(), "the script runs still");
    api.advance(20 * SECOND);
    assert!(ping(socket().await.unwrap()).await.starts_with("HTTP/1.1 200 OK"));

    let power = format!("server/{id}/power");
    let off = api.call(Method::DELETE, &power, Some(json!({ "Force": true })));
    assert_eq!(off.await.status, 202);
    tokio::time::timeout(5 * SECOND, async {
        while !handle.is_closed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the connection of a server that is switched off ends");
    assert!(dial(port).await.is_err(), "it is off");
    assert_eq!(api.put(&power, json!({})).await.status, 200);
    api.advance(10 * SECOND);
    assert!(opens(port, "ubuntu", &key(1)).await);
}

#[tokio::test]
async fn host_keys_and_endpoints_survive_a_restart_of_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        timings: Timings::INSTANT,
        world: Some(folder.path().join("world.json")),
        ..Options::default()
    };
    let api = Api::with(options.clone()).await;
    let server = client::server(&api, "web", &key(1), Some(INSTALL)).await;
    let other = client::server(&api, "other", &key(1), None).await;
    let (_, first) = dial(port(&api, &server)).await.unwrap();
    let (_, different) = dial(port(&api, &other)).await.unwrap();
    assert_ne!(first.host_key(), different.host_key());
    let handle = log_in(port(&api, &server), "ubuntu", &key(1)).await;
    drop(handle);
    std::sync::Arc::into_inner(api.sandbox)
        .unwrap()
        .shutdown()
        .await
        .unwrap();

    let again = Api::with(options).await;
    let (_, second) = dial(port(&again, &server)).await.unwrap();
    assert_eq!(first.host_key(), second.host_key());
    let handle = log_in(port(&again, &server), "ubuntu", &key(1)).await;
    let socket = handle
        .channel_open_direct_streamlocal("/var/run/docker.sock")
        .await
        .unwrap();
    assert!(ping(socket).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn another_engine_can_stand_in() {
    let real = Api::instant().await;
    let api = Api::with(Options {
        timings: Timings::INSTANT,
        real_engine: Some(real.sandbox.docker_host()),
        ..Options::default()
    })
    .await;
    let server = client::server(&api, "web", &key(1), Some(INSTALL)).await;
    let handle = log_in(port(&api, &server), "ubuntu", &key(1)).await;
    let socket = handle
        .channel_open_direct_streamlocal("/var/run/docker.sock")
        .await
        .unwrap();
    assert!(ping(socket).await.starts_with("HTTP/1.1 200 OK"));
    let asked: Vec<_> = real
        .sandbox
        .log()
        .entries()
        .iter()
        .map(|entry| entry.path.clone())
        .collect();
    assert_eq!(asked, ["/_ping"]);
}
