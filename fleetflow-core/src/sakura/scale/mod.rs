//! The kind `scale`: how many servers there shall be. It stands for nothing by itself; servers and records ask it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

use super::server::named;
use crate::model::{Address, Declaration, Expansion, Path, Problem, Provider, Resource};

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
    /// The load to aim at, in percent; three quarters of the threshold without it.
    #[builder(default, setter(strip_option))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    target: Option<u32>,
}

/// The names of the replicas of `server`, the server's own name first. One where nothing scales it.
///
/// The count is the one that exists, held between the declared bounds: only the autoscaler moves it inside them.
pub fn replicas(around: &Expansion<'_>, server: &str) -> Vec<String> {
    let bounds = around.of_kind(Scale::KIND).find_map(|declared| {
        let scale: Scale = serde_json::from_value(declared.spec.clone()).ok()?;
        (scale.server == server && scale.min <= scale.max).then_some(scale.min..=scale.max)
    });
    let count = bounds.map_or(1, |bounds| {
        around
            .replicas(server)
            .unwrap_or(1)
            .clamp(*bounds.start(), *bounds.end())
    });
    let further = (2..=count).map(|number| format!("{server}-{number}"));
    std::iter::once(server.to_owned()).chain(further).collect()
}

impl Scale {
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

    /// How long the count stays after it changed.
    pub fn pause(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.cooldown.unwrap_or(300).into())
    }

    fn clash(&self, around: &Expansion<'_>) -> Vec<Problem> {
        let (min, path) = (self.max.min(100), Path::root().key("max"));
        (2..=min)
            .map(|number| Address::new("server", format!("{}-{number}", self.server)))
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
        problems
    }

    fn check_in(&self, _: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        let path = Path::root().key("server");
        let unknown = named("server", &self.server, &path, around);
        unknown.into_iter().chain(self.clash(around)).collect()
    }

    fn expand(&self, _: &Declaration, _: &Expansion<'_>) -> Option<Vec<Declaration>> {
        Some(Vec::new())
    }
}

#[cfg(test)]
mod tests;
