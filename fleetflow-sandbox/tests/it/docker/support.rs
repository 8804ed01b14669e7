//! A sandbox on a clock that stands still, and a client of its local engine.

use std::time::Duration;

use bollard::errors::Error;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, CreateImageOptionsBuilder, StartContainerOptions,
};
use bollard::{API_DEFAULT_VERSION, Docker};
use fleetflow_sandbox::{Clock, Options, Sandbox, Timings};
use futures::TryStreamExt;
use serde_json::{Value, json};

pub(super) struct Local {
    pub(super) sandbox: Sandbox,
    pub(super) docker: Docker,
}

impl Local {
    pub(super) async fn start() -> Self {
        let options = Options {
            clock: Clock::manual("2026-05-01T00:00:00Z".parse().unwrap()),
            timings: Timings {
                boot: Duration::from_secs(1),
                ..Timings::INSTANT
            },
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let docker = Docker::connect_with_http(&sandbox.docker_host(), 20, API_DEFAULT_VERSION).unwrap();
        let docker = docker.negotiate_version().await.unwrap();
        Self { sandbox, docker }
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.sandbox.clock().advance(Duration::from_secs(seconds));
    }

    /// What users made in the local engine.
    pub(super) fn inventory(&self) -> Value {
        self.sandbox.inventory()["docker"]["local"].clone()
    }

    /// The lines of a pull.
    pub(super) async fn pull(&self, name: &str, tag: &str) -> Result<Vec<Value>, Error> {
        let options = CreateImageOptionsBuilder::new().from_image(name).tag(tag).build();
        let lines: Vec<_> = self
            .docker
            .create_image(Some(options), None, None)
            .try_collect()
            .await?;
        Ok(lines
            .iter()
            .map(|line| serde_json::to_value(line).unwrap())
            .collect())
    }

    /// A container of this description; the image is there already.
    pub(super) async fn create(&self, name: &str, body: Value) -> Result<String, Error> {
        let body: ContainerCreateBody = serde_json::from_value(body).unwrap();
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        Ok(self.docker.create_container(Some(options), body).await?.id)
    }

    pub(super) async fn start_container(&self, name: &str) -> Result<(), Error> {
        self.docker
            .start_container(name, None::<StartContainerOptions>)
            .await
    }

    /// A running container with this command.
    pub(super) async fn run(&self, name: &str, command: &[&str]) {
        self.pull("alpine", "3").await.unwrap();
        self.create(name, json!({ "Image": "alpine:3", "Cmd": command }))
            .await
            .unwrap();
        self.start_container(name).await.unwrap();
    }

    /// A container as the engine describes it.
    pub(super) async fn inspect(&self, name: &str) -> Value {
        serde_json::to_value(self.docker.inspect_container(name, None).await.unwrap()).unwrap()
    }

    /// Tells the sandbox about a container.
    pub(super) async fn control(&self, path: &str, body: Value) -> u16 {
        let url = format!("{}/docker/local/{path}", self.sandbox.control_url());
        let answer = reqwest::Client::new().post(url).json(&body).send().await;
        answer.unwrap().status().as_u16()
    }
}

/// Status and message of a refusal.
pub(super) fn refusal<T: std::fmt::Debug>(answer: Result<T, Error>) -> (u16, String) {
    match answer.unwrap_err() {
        Error::DockerResponseServerError { status_code, message } => (status_code, message),
        other => panic!("not a refusal: {other}"),
    }
}

/// Fails unless the answer is a refusal with this status that says this.
#[track_caller]
pub(super) fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Error>, status: u16, part: &str) {
    let (code, message) = refusal(answer);
    assert!(code == status && message.contains(part), "{code} {message}");
}
