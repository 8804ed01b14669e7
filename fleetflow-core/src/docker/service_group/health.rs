//! How an engine finds out whether a service works, as declared.

#![expect(
    unreachable_pub,
    reason = "the builder's derive makes the mutators methods of a public type"
)]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

use super::{Port, Service};
use crate::model::{Path, Problem};

/// A check that the engine repeats inside the container: a command, or an HTTP request.
///
/// ```
/// use fleetflow_core::docker::HealthCheck;
///
/// let by_command = HealthCheck::builder().test(["CMD", "pg_isready"]).interval("5s").build();
/// let by_request = HealthCheck::builder().http("/healthz").port(3000).build();
/// # assert_ne!(by_command, by_request);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["test..."]))]
#[builder(mutators(
    /// The command, as `CMD` and its words, or a single text for a shell.
    pub fn test<W: Into<String>>(&mut self, words: impl IntoIterator<Item = W>) {
        self.test = words.into_iter().map(Into::into).collect();
    }
))]
pub struct HealthCheck {
    /// The command: `CMD` and its words, `CMD-SHELL` and a line for the container's shell, a line alone, or `NONE` to
    /// switch off the check that the image brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub test: Vec<String>,
    /// A path to be requested by `wget` or `curl` of the image; any status below 400 is healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option, into))]
    pub http: Option<String>,
    /// The port of the request; the service's first port without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    #[builder(default, setter(strip_option))]
    pub port: Option<u16>,
    /// The pause between two checks; 30 s without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-format" = "duration"))]
    #[builder(default, setter(strip_option, into))]
    pub interval: Option<String>,
    /// How long one check may take; 30 s without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-format" = "duration"))]
    #[builder(default, setter(strip_option, into))]
    pub timeout: Option<String>,
    /// How many failures in a row make it unhealthy; 3 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    #[builder(default, setter(strip_option))]
    pub retries: Option<u32>,
    /// For how long after the start failures do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-format" = "duration"))]
    #[builder(default, setter(strip_option, into))]
    pub start_period: Option<String>,
}

impl HealthCheck {
    /// The command as the engine takes it, for a service with `ports`.
    pub(crate) fn command(&self, ports: &[Port]) -> Vec<String> {
        if let Some(path) = &self.http {
            let port = self.port.or_else(|| ports.first().map(|port| port.container));
            let url = format!("http://127.0.0.1:{}{path}", port.unwrap_or(80));
            let line = format!("wget -q -O /dev/null '{url}' || curl -fsS -o /dev/null '{url}' || exit 1");
            return vec!["CMD-SHELL".to_owned(), line];
        }
        match self.test.as_slice() {
            [line] if line != "NONE" => vec!["CMD-SHELL".to_owned(), line.clone()],
            words => words.to_vec(),
        }
    }

    pub(super) fn check(&self, service: &Service, path: &Path) -> Vec<Problem> {
        let mut problems = Vec::new();
        match (&self.http, self.test.as_slice()) {
            (Some(_), [_, ..]) => problems.push(
                Problem::at(path.clone(), "a check is either a command or an HTTP request")
                    .help("remove `test` or `http`"),
            ),
            (None, []) => problems
                .push(Problem::at(path.clone(), "the check has nothing to do").help("add `test` or `http`")),
            (None, words) => problems.extend(misworded(words, path)),
            (Some(http), []) => problems.extend(self.check_request(http, service, path)),
        }
        problems
    }

    fn check_request(&self, http: &str, service: &Service, path: &Path) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !http.starts_with('/') || http.contains(['\'', ' ']) {
            let message = format!("`{http}` is not the path of a URL");
            problems
                .push(Problem::at(path.key("http"), message).help("it begins with `/`, as in `/healthz`"));
        }
        if self.port.is_none() && service.ports.is_empty() {
            problems.push(
                Problem::at(path.clone(), "the request has no port")
                    .help("add `port`, here or to the service"),
            );
        }
        problems
    }
}

fn misworded(words: &[String], path: &Path) -> Option<Problem> {
    let first = words.first()?;
    let fits = match first.as_str() {
        "CMD" => words.len() > 1,
        "CMD-SHELL" => words.len() == 2,
        _ => words.len() == 1,
    };
    (!fits).then(|| {
        Problem::at(path.key("test"), "the command is not complete").help(
            "write `\"CMD\" \"program\" \"argument\"...`, `\"CMD-SHELL\" \"a line\"`, `\"a line\"` or `\"NONE\"`",
        )
    })
}
