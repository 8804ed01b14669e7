//! A running sandbox and a small client for it. The client checks every answer against the schema; the tests check the rules.

use std::sync::Arc;
use std::time::Duration;

use fleetflow_sandbox::{Clock, Options, Sandbox, Timings};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::schema;

/// A sandbox on a clock that stands still, and a caller with the seeded token.
pub(super) struct Api {
    client: Client,
    sandbox: Arc<Sandbox>,
    headers: Vec<(String, String)>,
}

/// An answer of the API.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
    pub(super) body: Value,
}

impl Api {
    pub(super) async fn start() -> Self {
        let clock = Clock::manual("2026-05-01T00:00:00.123456Z".parse().unwrap());
        let timings = Timings {
            domain_activation: Duration::from_mins(1),
            ..Timings::INSTANT
        };
        let options = Options {
            clock,
            timings,
            ..Options::default()
        };
        let sandbox = Arc::new(Sandbox::start(options).await.unwrap());
        let headers = vec![("authorization".to_owned(), "Bearer sandbox-token".to_owned())];
        Self {
            client: Client::new(),
            sandbox,
            headers,
        }
    }

    /// The same sandbox for somebody with other headers.
    pub(super) fn with(&self, headers: &[(&str, &str)]) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self {
            headers,
            ..self.share()
        }
    }

    /// The same sandbox and caller with one more header.
    pub(super) fn and(&self, name: &str, value: &str) -> Self {
        let mut other = self.share();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    fn share(&self) -> Self {
        Self {
            client: self.client.clone(),
            sandbox: Arc::clone(&self.sandbox),
            headers: self.headers.clone(),
        }
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.sandbox.clock().advance(Duration::from_secs(seconds));
    }

    pub(super) fn inventory(&self) -> Value {
        self.sandbox.inventory()["cloudflare"].clone()
    }

    /// The whole world as it would be saved.
    pub(super) fn world(&self) -> String {
        serde_json::to_string(&self.sandbox.world()).unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body.to_string().into_bytes()))
            .await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body.to_string().into_bytes()))
            .await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(body.to_string().into_bytes()))
            .await
    }

    pub(super) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Reply {
        let reply = self
            .raw(
                method.clone(),
                &format!("{}{path}", self.sandbox.cloudflare_url()),
                body,
            )
            .await;
        schema::check(&method, path, reply.status, &reply.body);
        reply
    }

    /// A request to the sandbox itself.
    pub(super) async fn control(&self, method: Method, path: &str, body: Value) -> Reply {
        self.and("content-type", "application/json")
            .raw(
                method,
                &format!("{}/cloudflare{path}", self.sandbox.control_url()),
                Some(body.to_string().into_bytes()),
            )
            .await
    }

    async fn raw(&self, method: Method, url: &str, body: Option<Vec<u8>>) -> Reply {
        let mut request = self.client.request(method, url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply {
            status,
            headers,
            bytes,
            body,
        }
    }

    /// The id of the only account.
    pub(super) async fn account(&self) -> String {
        let accounts = self.get("/accounts").await.ok();
        accounts[0]["id"].as_str().unwrap().to_owned()
    }

    /// The id of a zone.
    pub(super) async fn zone(&self, name: &str) -> String {
        let zones = self.get(&format!("/zones?name={name}")).await.ok();
        zones[0]["id"].as_str().unwrap().to_owned()
    }

    /// The path of a zone's records.
    pub(super) async fn records(&self, zone: &str) -> String {
        format!("/zones/{}/dns_records", self.zone(zone).await)
    }

    /// The path of the account's buckets.
    pub(super) async fn buckets(&self) -> String {
        format!("/accounts/{}/r2/buckets", self.account().await)
    }

    /// Another token with only these permissions.
    pub(super) async fn limited(&self, permissions: &[&str]) -> Self {
        let token = json!({ "token": "limited-token", "permissions": permissions });
        assert_eq!(self.control(Method::POST, "/tokens", token).await.status, 201);
        self.with(&[("authorization", "Bearer limited-token")])
    }
}

impl Reply {
    /// The result of a success.
    #[track_caller]
    pub(super) fn ok(&self) -> Value {
        assert_eq!(
            (self.status, &self.body["success"]),
            (200, &json!(true)),
            "{}",
            self.body
        );
        self.body["result"].clone()
    }

    /// The `id` of a success.
    #[track_caller]
    pub(super) fn id(&self) -> String {
        self.ok()["id"].as_str().unwrap().to_owned()
    }

    /// Status and code of a failure.
    #[track_caller]
    pub(super) fn refused(&self) -> (u16, u64) {
        assert_eq!(self.body["success"], json!(false), "{}", self.body);
        (self.status, self.body["errors"][0]["code"].as_u64().unwrap())
    }

    /// The code in the chain of a failure of DNS validation.
    #[track_caller]
    pub(super) fn chain(&self) -> u64 {
        assert_eq!(self.refused(), (400, 1004), "{}", self.body);
        self.body["errors"][0]["error_chain"][0]["code"].as_u64().unwrap()
    }

    /// The message of a failure.
    #[track_caller]
    pub(super) fn message(&self) -> String {
        self.body["errors"][0]["message"].as_str().unwrap().to_owned()
    }

    /// A header as text.
    #[track_caller]
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}
