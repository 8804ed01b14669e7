//! A running sandbox and a small client for SAKURA Cloud's API. It checks the form of every answer; the tests check the rules.

use std::sync::Arc;
use std::time::Duration;

use fleetflow_sandbox::{Clock, Options, Sandbox, Timings};
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// A sandbox, and a caller with the right key in one zone.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) sandbox: Arc<Sandbox>,
    client: Client,
    zone: &'static str,
}

/// An answer of the API.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Reply {
    /// The object in the envelope, if all went well.
    pub(crate) fn object(&self, key: &str) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        assert!(self.body[key].is_object(), "no {key} in {}", self.body);
        self.body[key].clone()
    }

    /// The id of the object in the envelope.
    pub(crate) fn id(&self, key: &str) -> u64 {
        self.object(key)["ID"].as_u64().unwrap()
    }

    /// The rows of a list.
    pub(crate) fn rows(&self, key: &str) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body[key].as_array().unwrap().clone()
    }

    /// Status and machine code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        assert!(self.status >= 400, "{} {}", self.status, self.body);
        (
            self.status,
            self.body["error_code"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

/// A refusal as [`Reply::refusal`] gives it.
pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

impl Api {
    /// On a clock that stands still, where slow things take their usual time.
    pub(crate) async fn start() -> Self {
        Self::with(Options {
            clock: Clock::manual("2026-05-01T00:00:00Z".parse().unwrap()),
            ..Options::default()
        })
        .await
    }

    /// On a clock that stands still, where everything happens at once.
    pub(crate) async fn instant() -> Self {
        Self::with(Options {
            clock: Clock::manual("2026-05-01T00:00:00Z".parse().unwrap()),
            timings: Timings::INSTANT,
            ..Options::default()
        })
        .await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self {
            sandbox: Arc::new(Sandbox::start(options).await.unwrap()),
            client: Client::new(),
            zone: "tk1a",
        }
    }

    /// The same caller in another zone.
    pub(crate) fn zone(&self, zone: &'static str) -> Self {
        Self { zone, ..self.clone() }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.sandbox.clock().advance(by);
    }

    pub(crate) fn inventory(&self) -> Value {
        self.sandbox.inventory()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    /// A list, as a find query asks for it.
    pub(crate) async fn find(&self, path: &str, query: Value) -> Reply {
        self.call(Method::GET, &format!("{path}?{query}"), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    pub(crate) async fn delete_with(&self, path: &str, body: Value) -> Reply {
        self.call(Method::DELETE, path, Some(body)).await
    }

    /// Cuts the power of a server.
    pub(crate) async fn stop_answer(&self, id: u64) -> Reply {
        let path = format!("server/{id}/power");
        self.delete_with(&path, json!({ "Force": true })).await
    }

    /// Cuts the power of a server that is up.
    pub(crate) async fn stop(&self, id: u64) {
        assert_eq!(self.stop_answer(id).await.status, 202);
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let url = self.url(path);
        let request = self
            .client
            .request(method.clone(), url)
            .basic_auth("sandbox", Some("sandbox"))
            .header("X-Sakura-Bigint-As-Int", "1");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let kind = response.headers()["content-type"].clone();
        assert_eq!(kind, "application/json; charset=UTF-8", "{method} {path}");
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        if status < 400 {
            assert_eq!(body["is_ok"], true, "{method} {path}: {body}");
        } else {
            assert_error_body(&body, status);
        }
        Reply { status, body }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!(
            "{}/{}/api/cloud/1.1/{path}",
            self.sandbox.sakura_root_url(),
            self.zone
        )
    }

    /// The id of the public Ubuntu 24.04 archive.
    pub(crate) async fn ubuntu(&self) -> u64 {
        let filter = json!({ "Filter": { "Scope": ["shared"], "Tags.Name": [["ubuntu-24.04-latest"]] } });
        let rows = self.find("archive", filter).await.rows("Archives");
        rows[0]["ID"].as_u64().unwrap()
    }

    /// A server on the shared segment, powered off.
    pub(crate) async fn server(&self, name: &str) -> Value {
        let body = json!({ "Server": {
            "Name": name,
            "ServerPlan": { "CPU": 1, "MemoryMB": 1024 },
            "ConnectedSwitches": [{ "Scope": "shared" }],
        } });
        self.post("server", body).await.object("Server")
    }

    /// A disk with Ubuntu for a server, with this configuration, that boots the server when it is ready.
    pub(crate) async fn ubuntu_disk(&self, name: &str, server: u64, config: Value) -> Value {
        let body = json!({
            "Disk": {
                "Name": name,
                "Tags": ["boot"],
                "Plan": { "ID": 4 },
                "SizeMB": 20480,
                "SourceArchive": { "ID": self.ubuntu().await },
                "Server": { "ID": server },
            },
            "Config": config,
            "BootAtAvailable": true,
        });
        self.post("disk", body).await.object("Disk")
    }
}

/// The members of every error body (API doc §1.7).
fn assert_error_body(body: &Value, status: u16) {
    assert_eq!(body["is_fatal"], true, "{body}");
    assert_eq!(body["serial"].as_str().map(str::len), Some(32), "{body}");
    let text = body["status"].as_str().unwrap_or_default();
    assert!(text.starts_with(&status.to_string()), "{body}");
    assert!(
        body["error_code"].is_string() && body["error_msg"].is_string(),
        "{body}"
    );
}
