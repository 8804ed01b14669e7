//! The kind `scale`: how many servers there shall be. It stands for nothing by itself; servers and records ask it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

mod behind;
pub(crate) mod drain;
pub(super) mod monitor;

use super::server::named;
use crate::autoscale::Policy;
use crate::model::{Address, Declaration, Expansion, Path, Problem, Provider, Resource};

/// The width of the buckets that SAKURA Cloud measures in (API doc "Monitor").
const BUCKET: Duration = Duration::from_mins(5);

/// How many servers of one kind there shall be, by the load of their processors.
///
/// The first replica keeps the server's name, further ones are called `web-2`, `web-3` and so on.
///
/// ```
/// use fleetflow_core::prelude::*;
///
/// let scale = Scale::builder().server("web").min(1).max(3).cpu_threshold(80).build();
/// let web = Server::builder().name("web").zone("is1a").plan(Plan::new(2, 4)).disk(Disk::new(20, "debian-12")).build();
/// assert!(Stack::new("shop", "dev").add(web).add(scale).check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["server"]))]
pub struct Scale {
    /// The server that is scaled.
    #[builder(setter(into))]
    #[schemars(extend("x-format" = "name"))]
    server: String,
    /// The fewest replicas.
    #[schemars(range(min = 1, max = 100))]
    min: u32,
    /// The most replicas.
    #[schemars(range(min = 1, max = 100))]
    max: u32,
    /// The load, in percent of the whole machine, above which one more replica is needed.
    #[builder(default, setter(strip_option))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    cpu_threshold: Option<u32>,
    /// Seconds between two changes of the count; 300 without it.
    #[builder(default, setter(strip_option))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cooldown: Option<u32>,
    /// Seconds between a change and one that adds; as long as `cooldown` without it.
    #[builder(default, setter(strip_option))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cooldown_up: Option<u32>,
    /// Seconds between a change and one that removes; as long as `cooldown` without it.
    #[builder(default, setter(strip_option))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cooldown_down: Option<u32>,
    /// The load to aim at, in percent; three quarters of the threshold without it.
    #[builder(default, setter(strip_option))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    target: Option<u32>,
    /// Where the load is read: in SAKURA Cloud's monitoring, or with `docker` also from the server's container engine.
    #[builder(default)]
    #[serde(default, skip_serializing_if = "Metrics::is_usual")]
    metrics: Metrics,
}

/// Where the load of a server is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metrics {
    /// From SAKURA Cloud's monitoring: whole machines, in buckets of five minutes.
    #[default]
    SakuraCloud,
    /// From the server's container engine as well: what containers take, in each look of the loop, for a reaction within
    /// a minute or two.
    Docker,
}

impl Metrics {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    fn is_usual(&self) -> bool {
        *self == Self::SakuraCloud
    }
}

/// The names of the replicas of `server`, the server's own name first. One where nothing scales it.
///
/// The count is the one that exists, held between the declared bounds: only the autoscaler moves it inside them.
pub fn replicas(around: &Expansion<'_>, server: &str) -> Vec<String> {
    let count = of(around, server).map_or(1, |scale| {
        around.replicas(server).unwrap_or(1).clamp(scale.min, scale.max)
    });
    (1..=count).map(|number| replica(server, number)).collect()
}

pub(crate) use behind::Behind;

/// How many replicas `server` can have.
pub(crate) fn most(around: &Expansion<'_>, server: &str) -> usize {
    of(around, server).map_or(1, |scale| usize::try_from(scale.max).unwrap_or(usize::MAX))
}

/// What scales `server`.
pub(crate) fn of(around: &Expansion<'_>, server: &str) -> Option<Scale> {
    let mut all = around
        .of_kind(Scale::KIND)
        .filter_map(|declared| declared.spec.decode::<Scale>().ok());
    all.find(|scale| scale.server == server && scale.min <= scale.max)
}

/// The name of the replica with this number: the first one has the server's own.
pub(crate) fn replica(server: &str, number: u32) -> String {
    match number {
        0 | 1 => server.to_owned(),
        further => format!("{server}-{further}"),
    }
}

/// The number of the further replica of `server` that is called `name`.
pub(crate) fn number(server: &str, name: &str) -> Option<u32> {
    name.strip_prefix(server)?.strip_prefix('-')?.parse().ok()
}

impl Scale {
    /// The server that is scaled.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The fewest and the most replicas.
    pub const fn bounds(&self) -> (u32, u32) {
        (self.min, self.max)
    }

    /// The load, in percent, above which one more replica is needed.
    pub const fn threshold(&self) -> Option<u32> {
        self.cpu_threshold
    }

    /// The load to aim at, in percent.
    pub fn aim(&self) -> Option<u32> {
        self.target.or_else(|| Some((self.cpu_threshold? * 3 / 4).max(1)))
    }

    /// Where the load is read.
    pub const fn metrics(&self) -> Metrics {
        self.metrics
    }

    /// How long after a change nothing is added, and how long nothing is removed.
    pub fn cooldowns(&self) -> (Duration, Duration) {
        let both = self.cooldown.unwrap_or(300);
        let time = |seconds: Option<u32>| Duration::from_secs(seconds.unwrap_or(both).into());
        (time(self.cooldown_up), time(self.cooldown_down))
    }

    /// What the autoscaler decides by.
    pub fn policy(&self) -> Policy {
        let threshold = self.cpu_threshold.map(f64::from);
        let (up_cooldown, down_cooldown) = self.cooldowns();
        Policy {
            min: self.min,
            max: self.max,
            threshold,
            target: self.aim().map_or(100.0, f64::from),
            up_cooldown,
            down_cooldown,
            sample: BUCKET,
            stale: BUCKET * 3,
        }
    }

    /// Fields that say how the load is followed, where none is.
    fn idle_fields(&self) -> Vec<Problem> {
        if self.cpu_threshold.is_some() {
            return Vec::new();
        }
        let given = [
            ("target", self.target.is_some()),
            ("cooldown_up", self.cooldown_up.is_some()),
            ("cooldown_down", self.cooldown_down.is_some()),
            ("metrics", !self.metrics.is_usual()),
        ];
        let idle = given.into_iter().filter(|(_, is_given)| *is_given);
        idle.map(|(field, _)| {
            let message = "it says nothing without a `cpu-threshold`: only people change the count then";
            Problem::at(Path::root().key(field), message).help("add a `cpu-threshold`, or remove it")
        })
        .collect()
    }

    /// A server that runs no engine cannot be asked for its load.
    fn without_engine(&self, around: &Expansion<'_>) -> Option<Problem> {
        let server = around.declaration(&Address::new("server", &self.server))?;
        let runs_services = |field: &str| server.spec.get(field).is_some_and(|value| !value.is_null());
        let has_engine = server.spec.get("docker") == Some(&true.into()) || runs_services("deploy_services");
        (self.metrics == Metrics::Docker && !has_engine).then(|| {
            let message = format!(
                "`server.{}` runs no container engine that could be asked",
                self.server
            );
            Problem::at(Path::root().key("metrics"), message)
                .help("give it `deploy-services` or `docker #true`, or remove `metrics`")
        })
    }

    fn clash(&self, around: &Expansion<'_>) -> Vec<Problem> {
        let (min, path) = (self.max.min(100), Path::root().key("max"));
        (2..=min)
            .map(|number| Address::new("server", replica(&self.server, number)))
            .filter(|address| around.declaration(address).is_some())
            .map(|address| {
                let message = format!("a replica would have the name of the declared `{address}`");
                Problem::at(path.clone(), message).help("rename that server, or allow fewer replicas")
            })
            .collect()
    }
}

impl Resource for Scale {
    const KIND: &'static str = "scale";
    const PROVIDER: Provider = Provider::SakuraCloud;

    fn name(&self) -> &str {
        &self.server
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.min > self.max {
            let message = format!(
                "the fewest replicas ({}) are more than the most ({})",
                self.min, self.max
            );
            problems.push(Problem::at(Path::root().key("min"), message).help("swap `min` and `max`"));
        }
        if let (Some(target), Some(threshold)) = (self.target, self.cpu_threshold)
            && target >= threshold
        {
            let message = format!("a target of {target} % is not below the threshold of {threshold} %");
            let help = "aim lower, or the count would go up and down without end";
            problems.push(Problem::at(Path::root().key("target"), message).help(help));
        }
        problems.extend(self.idle_fields());
        problems
    }

    fn check_in(&self, _: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        let path = Path::root().key("server");
        let unknown = named("server", &self.server, &path, around);
        let unknown = unknown.into_iter().chain(self.clash(around));
        unknown.chain(self.without_engine(around)).collect()
    }

    fn expand(&self, _: &Declaration, _: &Expansion<'_>) -> Option<Vec<Declaration>> {
        Some(Vec::new())
    }
}

#[cfg(test)]
mod tests;
