//! What those who send requests notice of a release: nothing, or a gap that is measured and told. On a real engine, as the
//! emulated one carries no traffic.

use std::time::{Duration, Instant};

use bollard::query_parameters::LogsOptions;
use fleetflow_core::prelude::*;
use futures::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::bench::{Bench, service, words};

/// A server that is ready after a moment, and gone at once when it is told to stop. It says who it is.
const SERVES: &str = "trap 'exit 0' TERM; sleep 1; httpd -f -p 8080 -h /etc & wait";
/// Asks without a pause, by name, and says who answered, or else that nobody did.
const ASKS: &str = r#"while true; do
    answer=$(printf 'GET /hostname HTTP/1.0\r\n\r\n' | nc -w 10 web 8080)
    case "$answer" in *" 200 "*) echo "${answer##*
}";; *) echo "FAILED: $answer";; esac
done"#;
/// Opens a connection when it starts, and has each line come back through it.
const CONNECTED: &str = "trap 'exit 0' TERM; (while true; do echo line; sleep 0.1; done) | nc db 99 & wait";

fn running(name: &str, script: &str) -> Service {
    Service {
        command: words(&["sh", "-c", script]),
        ..service(name)
    }
}

/// It works once it answers: a service without that is found too early.
fn serving(value: &str) -> Service {
    let check = HealthCheck::builder()
        .test([
            "CMD",
            "wget",
            "-q",
            "-O",
            "/dev/null",
            "http://127.0.0.1:8080/hostname",
        ])
        .interval("1s")
        .timeout("1s")
        .retries(10)
        .build();
    Service {
        health_check: Some(check),
        env: [("A".to_owned(), value.into())].into(),
        ..running("web", SERVES)
    }
}

/// What a container wrote.
async fn log(bench: &Bench, service: &str) -> Vec<String> {
    let options = LogsOptions {
        stdout: true,
        stderr: true,
        ..LogsOptions::default()
    };
    let name = bench.name(service);
    let lines = bench.docker.logs(&name, Some(options));
    let lines: Vec<String> = lines.map(|line| line.unwrap().to_string()).collect().await;
    lines.concat().lines().map(str::to_owned).collect()
}

/// The answers after the first `before`: none failed, and the last came from another container than the first.
async fn assert_served(bench: &Bench, before: usize) -> usize {
    let answers = log(bench, "client").await;
    let since = &answers[before..];
    let failed = since.iter().filter(|line| line.contains("FAILED")).count();
    assert_eq!(failed, 0, "of {} requests: {since:#?}", since.len());
    assert!(
        since.len() > 50,
        "requests were sent all the time: {}",
        since.len()
    );
    assert_ne!(since.first(), since.last(), "another container answers now");
    answers.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn constant_requests_notice_nothing_of_a_release() {
    let Some(bench) = Bench::real("gaps").await else {
        return;
    };
    let several = |value: &str| Service {
        replicas: 2,
        volumes: vec![Mount::volume("files", "/files")],
        ..serving(value)
    };
    let stack = |web: Service, user: &str| {
        let db = running("db", "trap 'exit 0' TERM; nc -ll -p 99 -e cat & wait");
        let app = Service {
            depends_on: vec!["db".into()],
            user: Some(user.into()),
            ..running("app", CONNECTED)
        };
        let client = Service {
            depends_on: vec!["web".into()],
            ..running("client", ASKS)
        };
        bench.stack(vec![web, client, db, app])
    };
    bench.up(&stack(serving("1"), "0:0")).await.unwrap();
    bench.notes();

    bench.up(&stack(serving("2"), "0:1")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = assert_served(&bench, 0).await;
    let notes = bench.notes();
    assert!(
        notes.iter().all(|note| note.ends_with("released without a gap")),
        "{notes:?}"
    );
    assert_eq!(notes.len(), 2, "{notes:?}");

    // The connection that the new container opened before it was found goes on.
    let lines = log(&bench, "app").await.len();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let later = log(&bench, "app").await.len();
    assert!(later > lines, "{lines} lines, and a second later {later}");

    // Several that write to the same volume.
    bench.up(&stack(several("2"), "0:1")).await.unwrap();
    let before = before.max(log(&bench, "client").await.len());
    let last = stack(several("3"), "0:1");
    bench.up(&last).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let all = assert_served(&bench, before).await;
    println!("none of {all} requests failed during three releases");
    bench.assert_converged(&last).await;
    bench.clean_up(&last).await;
}

/// Whether somebody answers at the published port now.
async fn answers(port: u16) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.write_all(b"GET /hostname HTTP/1.0\r\n\r\n").await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        answer.starts_with("HTTP/1.").then_some(())
    };
    matches!(
        tokio::time::timeout(Duration::from_secs(1), asked).await,
        Ok(Some(()))
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gap_of_a_published_port_is_measured_and_told() {
    let Some(bench) = Bench::real("port-gap").await else {
        return;
    };
    let number = 18_099;
    let stack = |value: &str| {
        let port = Port::new(number, 8080).on([127, 0, 0, 1]);
        bench.stack(vec![Service {
            ports: vec![port],
            ..serving(value)
        }])
    };
    bench.up(&stack("1")).await.unwrap();
    assert!(answers(number).await);
    bench.notes();
    let asking = tokio::spawn(async move {
        let mut longest = Duration::ZERO;
        let mut silent: Option<Instant> = None;
        let begun = Instant::now();
        while silent.is_some() || longest.is_zero() && begun.elapsed().as_secs() < 30 {
            if answers(number).await {
                let gap = silent.take().map(|since| since.elapsed());
                longest = longest.max(gap.unwrap_or_default());
            } else {
                silent.get_or_insert_with(Instant::now);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        longest
    });
    bench.up(&stack("2")).await.unwrap();
    let seen = asking.await.unwrap().as_secs_f64();
    let notes = bench.notes();
    let told: Vec<&str> = notes
        .iter()
        .filter_map(|note| note.split("at most ").nth(1))
        .collect();
    let [told] = told.as_slice() else {
        panic!("{notes:?}");
    };
    let told: f64 = told.trim_end_matches(" s").parse().unwrap();
    assert!(seen > 0.5, "the server takes a second to be ready: {seen}");
    assert!(
        seen <= told + 0.2,
        "{seen} s without an answer, and {told} s were told"
    );
    println!("a published port was without an answer for {seen:.1} s of the {told:.1} s that were told");
    bench.clean_up(&stack("2")).await;
}
