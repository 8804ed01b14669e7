//! Logs that end, break off and begin late, as an engine tells them that does what a test says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures::StreamExt as _;
use futures::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::{Heard, Swarm};
use crate::docker::engines::Engines;
use crate::docker::{Host, LogRequest};

/// How a log ends.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// As that of a container that does not run.
    Well,
    /// As where a connection is lost.
    Torn,
    /// Not at all.
    Never,
}

/// What the engine tells.
struct Told {
    /// The tasks, each with its state; it runs in a container of the same name.
    tasks: Vec<(&'static str, &'static str)>,
    lines: Vec<&'static str>,
    end: End,
    /// What was asked of logs: `CONTAINER tail=N since=SECONDS`.
    asked: Vec<String>,
}

struct Engine {
    told: Arc<Mutex<Told>>,
    engines: Engines,
    swarm: Swarm,
    server: AbortHandle,
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Engine {
    async fn start(tasks: &[(&'static str, &'static str)], lines: &[&'static str], end: End) -> Self {
        let told = Arc::new(Mutex::new(Told {
            tasks: tasks.to_vec(),
            lines: lines.to_vec(),
            end,
            asked: Vec::new(),
        }));
        let versions = json!({ "ApiVersion": "1.47", "MinAPIVersion": "1.24", "Version": "28.0.0" });
        let info = json!({ "Swarm": { "LocalNodeState": "active", "ControlAvailable": true } });
        let nodes = json!([{
            "ID": "n1", "Description": { "Hostname": "web-1" }, "Status": { "State": "ready" }, "Spec": {},
        }]);
        let api = Router::new()
            .route("/version", get(async || Json(versions)))
            .route("/info", get(async || Json(info)))
            .route("/nodes", get(async || Json(nodes)))
            .route("/tasks", get(tasks_of))
            .route("/containers/{id}/logs", get(log_of))
            .with_state(told.clone());
        let router = api.clone().nest("/{version}", api);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let swarm = Swarm {
            managers: vec![Host::local()],
            hosts: [("n1".to_owned(), Host::local())].into(),
        };
        Self {
            told,
            engines: Engines::builder().local(address).build(),
            swarm,
            server: serving.abort_handle(),
        }
    }

    async fn follow(&self, tail: Option<u32>) -> stream::BoxStream<'static, Heard> {
        let request = LogRequest {
            follow: true,
            tail,
            ..LogRequest::default()
        };
        self.engines
            .service_logs(&self.swarm, "s1", request)
            .await
            .unwrap()
    }

    fn now(&self, tasks: &[(&'static str, &'static str)], lines: &[&'static str], end: End) {
        let mut told = self.told.lock().unwrap();
        (told.tasks, told.lines, told.end) = (tasks.to_vec(), lines.to_vec(), end);
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap().asked)
    }
}

async fn tasks_of(State(told): State<Arc<Mutex<Told>>>) -> Json<Value> {
    let told = told.lock().unwrap();
    let task = |(task, state): &(&str, &str)| {
        json!({
            "ID": task, "ServiceID": "s1", "Slot": 1, "NodeID": "n1", "DesiredState": "running",
            "Status": { "State": state, "ContainerStatus": { "ContainerID": task } },
        })
    };
    Json(told.tasks.iter().map(task).collect())
}

async fn log_of(
    State(told): State<Arc<Mutex<Told>>>,
    Path(names): Path<BTreeMap<String, String>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let mut told = told.lock().unwrap();
    let value = |name: &str| {
        let found = query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    told.asked.push(format!(
        "{} tail={} since={}",
        names["id"],
        value("tail"),
        value("since")
    ));
    let pieces: Vec<_> = told.lines.iter().map(|line| Ok(framed(line))).collect();
    let pieces = stream::iter(pieces);
    let body = match told.end {
        End::Well => Body::from_stream(pieces),
        End::Torn => {
            let tear = async {
                // What was written before is on its way by then.
                tokio::time::sleep(Duration::from_millis(100)).await;
                Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
            };
            Body::from_stream(pieces.chain(stream::once(tear)))
        }
        End::Never => Body::from_stream(pieces.chain(stream::pending())),
    };
    (StatusCode::OK, body).into_response()
}

/// A line of standard output, in the frame of <https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Container/operation/ContainerAttach>.
fn framed(line: &str) -> Bytes {
    let mut piece = BytesMut::new();
    piece.put_slice(&[1, 0, 0, 0]);
    piece.put_u32(u32::try_from(line.len()).unwrap() + 1);
    piece.put_slice(line.as_bytes());
    piece.put_u8(b'\n');
    piece.freeze()
}

/// What comes within the time of one look and a half.
async fn heard(logs: &mut stream::BoxStream<'static, Heard>) -> Vec<Result<String, String>> {
    let mut all = Vec::new();
    while let Ok(Some(heard)) = timeout(super::LOOKS + Duration::from_secs(1), logs.next()).await {
        let text = |piece: crate::docker::Output| String::from_utf8(piece.bytes.to_vec()).unwrap();
        all.push(heard.output.map(text).map_err(|_| heard.replica.task.clone()));
        assert!(all.len() < 9, "{all:?}");
    }
    all
}

fn line(text: &str) -> String {
    format!("{text}\n")
}

#[tokio::test]
async fn what_was_not_started_yet_is_heard_once_it_is() {
    let engine = Engine::start(&[("t1", "starting")], &[], End::Well).await;
    let mut logs = engine.follow(Some(0)).await;
    assert_eq!(heard(&mut logs).await, []);
    engine.now(
        &[("t1", "running")],
        &["2026-01-01T00:00:01.5Z started"],
        End::Never,
    );
    assert_eq!(
        heard(&mut logs).await,
        [Ok(line("started"))],
        "from its first line"
    );
    let asked = engine.asked();
    assert_eq!(asked.first().unwrap(), "t1 tail=0 since=0");
    assert_eq!(asked.last().unwrap(), "t1 tail=all since=0");
}

#[tokio::test]
async fn what_ended_is_not_listened_to_again() {
    let said = ["2026-01-01T00:00:01.5Z started"];
    let engine = Engine::start(
        &[("t1", "starting"), ("t2", "running"), ("t3", "complete")],
        &said,
        End::Well,
    )
    .await;
    let mut logs = engine.follow(None).await;
    assert_eq!(heard(&mut logs).await.len(), 3);
    engine.now(
        &[("t1", "running"), ("t2", "running"), ("t3", "complete")],
        &said,
        End::Well,
    );
    assert_eq!(heard(&mut logs).await, []);
    assert_eq!(engine.asked().len(), 3);
    engine.now(&[], &[], End::Well);
    assert!(
        timeout(super::LOOKS * 2, logs.next()).await.unwrap().is_none(),
        "the service is gone"
    );
}

#[tokio::test]
async fn a_log_that_broke_off_goes_on_where_it_did() {
    let engine = Engine::start(&[("t1", "running")], &["2026-01-01T00:00:01.5Z one"], End::Torn).await;
    let mut logs = engine.follow(Some(1)).await;
    let first: Vec<_> = heard(&mut logs).await;
    assert_eq!(
        first,
        [Ok(line("one")), Err("t1".to_owned())],
        "that it broke off is told, once"
    );
    let lines = [
        "2026-01-01T00:00:01.5Z one",
        "2026-01-01T00:00:01.6Z two",
        "2026-01-01T00:00:09Z three",
    ];
    engine.now(&[("t1", "running")], &lines, End::Never);
    assert_eq!(heard(&mut logs).await, [Ok(line("two")), Ok(line("three"))]);
    let asked = engine.asked();
    assert_eq!(asked.first().unwrap(), "t1 tail=1 since=0");
    assert_eq!(asked.last().unwrap(), "t1 tail=all since=1767225601");
}
