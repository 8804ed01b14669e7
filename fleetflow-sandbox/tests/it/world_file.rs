//! The world file under load, and under `kill -9`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fleetflow_sandbox::{Options, Sandbox, Timings};
use serde_json::{Value, json};

use crate::sakura::support::Api;

/// The path of the world, for the process that is to be killed.
const WORLD: &str = "FLEETFLOW_TEST_WORLD";

fn options(world: &Path) -> Options {
    Options {
        world: Some(world.to_owned()),
        timings: Timings::INSTANT,
        ..Options::default()
    }
}

#[tokio::test]
#[ignore = "the process that `no_answer_is_forgotten_however_the_process_ends` kills"]
async fn victim() {
    let world = std::env::var_os(WORLD).unwrap();
    let sandbox = Sandbox::start(options(Path::new(&world))).await.unwrap();
    writeln!(std::io::stdout(), "serving {}", sandbox.sakura_root_url()).unwrap();
    std::future::pending::<()>().await;
}

fn start_victim(world: &Path) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "world_file::victim", "--nocapture"])
        .env(WORLD, world)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("serving ")?.1.to_owned()))
        .expect("the victim says where it serves");
    (child, url)
}

type Answered = Arc<Mutex<Vec<String>>>;

/// Makes notes until the server is gone, and keeps the names of those that were answered.
async fn write_until_the_end(client: reqwest::Client, url: String, writer: String, answered: Answered) {
    for number in 0.. {
        let name = format!("{writer}-{number}");
        let request = client
            .post(format!("{url}/is1a/api/cloud/1.1/note"))
            .basic_auth("sandbox", Some("sandbox"))
            .json(&json!({ "Note": { "Name": name, "Content": "#!/bin/sh" } }));
        match request.send().await {
            Ok(response) if response.status() == 201 => answered.lock().unwrap().push(name),
            Ok(response) => panic!("{response:?}"),
            Err(_) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_forgotten_however_the_process_ends() {
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path().join("world.json");
    let client = reqwest::Client::new();
    let answered = Answered::default();
    for round in 0..4 {
        let (mut victim, url) = start_victim(&world);
        let writers: Vec<_> = (0..6)
            .map(|writer| {
                let name = format!("note-{round}-{writer}");
                tokio::spawn(write_until_the_end(
                    client.clone(),
                    url.clone(),
                    name,
                    Arc::clone(&answered),
                ))
            })
            .collect();
        while answered.lock().unwrap().len() < 30 * (round + 1) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        victim.kill().unwrap();
        victim.wait().unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
    }
    let sandbox = Sandbox::start(options(&world)).await.unwrap();
    let inventory = sandbox.inventory();
    let notes = inventory["sakura"]["notes"].as_array().unwrap();
    let kept: Vec<&str> = notes.iter().filter_map(|note| note["name"].as_str()).collect();
    let answered = answered.lock().unwrap();
    for name in answered.iter() {
        assert!(kept.contains(&name.as_str()), "{name} was answered and is gone");
    }
}

async fn records(client: &reqwest::Client, zone: &str, batches: usize) {
    for batch in 0..batches {
        let posts: Vec<Value> = (0..200)
            .map(
                |number| json!({ "type": "A", "name": format!("h{batch}-{number}"), "content": "192.0.2.1" }),
            )
            .collect();
        let request = client
            .post(format!("{zone}/dns_records/batch"))
            .bearer_auth(Sandbox::CLOUDFLARE_TOKEN);
        let answer = request.json(&json!({ "posts": posts })).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}

/// A hundred changes at once of a world with 1,200 records and 20 servers share their saves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_that_come_together_are_saved_together() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::with(options(&folder.path().join("world.json"))).await;
    for number in 0..20 {
        let name = format!("s{number}");
        let server = api.server(&name).await;
        api.ubuntu_disk(&name, server["ID"].as_u64().unwrap(), json!({}))
            .await;
    }
    let client = reqwest::Client::new();
    let zones = client.get(format!("{}/zones", api.sandbox.cloudflare_url()));
    let zones = zones.bearer_auth(Sandbox::CLOUDFLARE_TOKEN).send().await.unwrap();
    let zones: Value = zones.json().await.unwrap();
    let id = zones["result"][0]["id"].as_str().unwrap();
    records(
        &client,
        &format!("{}/zones/{id}", api.sandbox.cloudflare_url()),
        6,
    )
    .await;

    let note = |number| json!({ "Note": { "Name": format!("n{number}"), "Content": "#!/bin/sh" } });
    let began = Instant::now();
    for number in 0..10 {
        api.post("note", note(number)).await.id("Note");
    }
    let one_after_another = began.elapsed() / 10;
    let began = Instant::now();
    let all = (0..100).map(|number| {
        let api = api.clone();
        tokio::spawn(async move { api.post("note", note(number)).await.id("Note") })
    });
    futures::future::try_join_all(all.collect::<Vec<_>>())
        .await
        .unwrap();
    let together = began.elapsed() / 100;
    assert!(
        together * 2 < one_after_another,
        "a change took {one_after_another:?} alone and {together:?} among others"
    );
}
