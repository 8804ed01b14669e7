//! What `watch` tells to other programs: OTLP as a collector receives it, and the page that Prometheus reads.

#![expect(clippy::float_cmp, reason = "the numbers are small and whole")]

mod collector;
mod exposition;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use crate::support::{Project, Run};
use collector::Collector;
use exposition::Exposition;

const SHOP: &str = r#"
providers { sakura-cloud { zone "tk1a" } }
stage "dev" {
    server "web" {
        plan core=1 memory=1
        disk size=20 os="ubuntu-24.04"
    }
    scale "web" { min 1; max 3; cpu-threshold 80 }
}
"#;

#[test]
fn a_collector_receives_the_looks_with_all_their_calls_and_numbers() {
    let collector = Collector::start();
    let project = Project::new(SHOP);
    let run = project
        .command(&["watch", "dev", "--once", "--sandbox"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url())
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=shop")
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
        .output()
        .unwrap();
    let run = Run::from(run);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let received = collector.received();
    let [look] = received.named("look")[..] else {
        panic!("{:?}", received.names())
    };
    assert!(look.parent_span_id.is_empty());
    assert_eq!(
        received.resource("service.name"),
        BTreeSet::from(["fleetflow".to_owned()])
    );
    assert_eq!(
        received.resource("deployment.environment"),
        BTreeSet::from(["test".to_owned()])
    );
    for (span, parents) in [
        ("observe server", vec!["observe", "look"]),
        ("decide", vec!["look"]),
        ("create server", vec!["apply", "look"]),
        ("POST", vec!["create server", "apply", "look"]),
    ] {
        assert_eq!(received.parents(span), parents, "of {span}");
    }
    let writes = received.named("POST");
    assert_eq!(writes.len(), 2, "a server with a disk");
    assert!(writes.iter().all(|span| span.trace_id == look.trace_id));
    let path = received.attribute(writes[0], "url.full");
    assert!(path.contains("/api/cloud/1.1/server"), "{path}");
    assert_eq!(received.attribute(writes[0], "http.response.status_code"), "201");
    assert_eq!(
        received.sum(
            "fleetflow.watch.decisions",
            &[("server", "web"), ("change", "none")]
        ),
        1.0
    );
    assert_eq!(received.sum("fleetflow.requests", &[("effect", "write")]), 2.0);
    assert!(received.sum("fleetflow.requests.duration", &[]) > 0.0);
    assert!(received.headers_hold("x-tenant", "shop"));
    assert!(!received.holds("uthorization"));
}

#[test]
fn a_collector_that_is_not_there_is_told_and_stops_nothing() {
    let project = Project::new(SHOP);
    let run = project
        .command(&["watch", "dev", "--once", "--sandbox"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        .output()
        .unwrap();
    let run = Run::from(run);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.err.contains("were not delivered"), "{run:#?}");
    let run = project
        .command(&["watch", "dev", "--once", "--sandbox"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .output()
        .unwrap();
    let run = Run::from(run);
    assert_eq!(run.code, Some(64), "{run:#?}");
    assert!(run.err.contains("set it to `http/protobuf`"), "{run:#?}");
}

#[test]
fn prometheus_reads_the_numbers_of_a_loop_while_it_runs() {
    let project = Project::new(SHOP);
    let mut process = project
        .command(&[
            "watch",
            "dev",
            "--sandbox",
            "--interval",
            "1s",
            "--metrics-addr",
            "127.0.0.1:0",
        ])
        .spawn()
        .unwrap();
    let mut told = BufReader::new(process.stderr.take().unwrap()).lines();
    let mut page = None;
    for line in told.by_ref() {
        let line = line.unwrap();
        if let Some((_, url)) = line.split_once("metrics are at http://") {
            page = url.strip_suffix("/metrics").map(str::to_owned);
        }
        // The step is done, and told: now it is counted.
        if line.contains(" done, 0 failed") {
            break;
        }
    }
    let page = Exposition::parse(&get(&page.unwrap()));
    let signalled = Command::new("kill")
        .args(["-INT", &process.id().to_string()])
        .status();
    assert!(signalled.unwrap().success());
    assert_eq!(process.wait().unwrap().code(), Some(0));
    assert_eq!(page.value("fleetflow_scale_replicas", &[("server", "web")]), 1.0);
    assert_eq!(
        page.value("fleetflow_scale_threshold", &[("server", "web")]),
        80.0
    );
    assert_eq!(
        page.value(
            "fleetflow_watch_decisions_total",
            &[("server", "web"), ("change", "none"), ("why", "no-samples")]
        ),
        1.0
    );
    assert_eq!(
        page.value("fleetflow_requests_total", &[("effect", "write")]),
        2.0
    );
    let step = [("kind", "server"), ("action", "create")];
    assert_eq!(
        page.value("fleetflow_watch_step_duration_seconds_count", &step),
        1.0
    );
    assert_eq!(page.value("target_info", &[("service_name", "fleetflow")]), 1.0);
}

/// The page at `/metrics`, as plain HTTP.
fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(
        head.to_lowercase()
            .contains("content-type: text/plain; version=0.0.4"),
        "{head}"
    );
    body.to_owned()
}
