//! How busy containers keep their machine, from the engine's own counters. It judges nothing.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bollard::Docker;
use bollard::models::ContainerCpuStats;
use bollard::query_parameters::{ListContainersOptions, StatsOptions};
use futures::StreamExt as _;
use tokio::time::timeout;

use super::Host;
use super::engines::{Engine, Engines};
use crate::error::{Error, ErrorKind, Result};

/// How long an engine may take: it is asked in each look of a loop.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many containers of an engine are asked about at once.
const AT_ONCE: usize = 16;
/// Nanoseconds of a second, of which a machine with several processors has several a second.
const SECOND: f64 = 1e9;

/// What the running containers of an engine used so far, and how busy that kept the machine since the last time.
#[derive(Debug, Default)]
pub struct Usage {
    counters: BTreeMap<String, Counter>,
    load: Option<f64>,
    span: Duration,
}

/// Processor time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Counter {
    used: u64,
    /// What the machine had to give: of all its processors, idle ones too.
    machine: u64,
    processors: u32,
}

/// A part of a machine's time.
struct Part {
    share: f64,
    seconds: f64,
}

impl Usage {
    /// Percent of the whole machine; none where the engine tells nothing of its machine.
    pub fn load(&self) -> Option<f64> {
        self.load
    }

    /// The time over which that was measured.
    pub fn span(&self) -> Duration {
        self.span
    }

    /// Since `before` where that is known of a container, else over the second that the engine looked at it.
    fn new(measured: Vec<(String, Counter, Option<Counter>)>, before: Option<&Self>) -> Self {
        let of = |id: &str| before.and_then(|before| before.counters.get(id)).copied();
        let parts = measured.iter().map(|(id, now, second)| {
            let since = of(id).and_then(|before| now.since(before));
            since.or_else(|| now.since((*second)?))
        });
        let parts: Option<Vec<Part>> = parts.collect();
        let (load, span) = match parts {
            None => (None, Duration::ZERO),
            Some(parts) => (
                Some(100.0 * parts.iter().map(|part| part.share).sum::<f64>()),
                Duration::from_secs_f64(parts.iter().map(|part| part.seconds).fold(0.0, f64::max)),
            ),
        };
        Self {
            counters: measured.into_iter().map(|(id, now, _)| (id, now)).collect(),
            load,
            span,
        }
    }
}

impl Counter {
    fn of(stats: &ContainerCpuStats) -> Option<Self> {
        Some(Self {
            used: stats.cpu_usage.as_ref()?.total_usage?,
            machine: stats.system_cpu_usage?,
            processors: stats.online_cpus.filter(|count| *count > 0)?,
        })
    }

    /// None where it was started anew meanwhile, or no time passed.
    #[expect(clippy::cast_precision_loss, reason = "a load needs no last digit")]
    fn since(self, before: Self) -> Option<Part> {
        let used = self.used.checked_sub(before.used)? as f64;
        let machine = self
            .machine
            .checked_sub(before.machine)
            .filter(|time| *time > 0)? as f64;
        Some(Part {
            share: used / machine,
            seconds: machine / SECOND / f64::from(self.processors),
        })
    }
}

impl Engines {
    /// How busy the containers at `host` keep it, since `before` was asked for.
    ///
    /// The engine tells processor time of each container beside that of the whole machine (Docker Engine API,
    /// `GET /containers/{id}/stats`: "CPU usage %"). Asked about a container for the first time it takes two readings a
    /// second apart; those that are known are read once.
    pub async fn usage(&self, host: &Host, before: Option<&Usage>) -> Result<Usage> {
        let read = async { read(&self.engine(host).await?, before).await };
        timeout(PATIENCE, read).await.unwrap_or_else(|_| {
            let message = format!(
                "the engine at {host} did not tell its load within {} s",
                PATIENCE.as_secs()
            );
            Err(Error::new(ErrorKind::Unavailable, message))
        })
    }
}

async fn read(engine: &Engine, before: Option<&Usage>) -> Result<Usage> {
    let running = ListContainersOptions {
        filters: Some(HashMap::from([("status".to_owned(), vec!["running".to_owned()])])),
        ..ListContainersOptions::default()
    };
    let rows = engine
        .repeat("list the containers that run", |docker| {
            let running = running.clone();
            async move { docker.list_containers(Some(running)).await }
        })
        .await?;
    let asked = rows.into_iter().filter_map(|row| row.id).map(|id| async move {
        let is_known = before.is_some_and(|before| before.counters.contains_key(&id));
        counters(engine, id, is_known).await
    });
    let mut measured = Vec::new();
    let mut answers = futures::stream::iter(asked).buffer_unordered(AT_ONCE);
    while let Some(answer) = answers.next().await {
        measured.extend(answer?);
    }
    Ok(Usage::new(measured, before))
}

/// The counters of a container now, and a second ago unless it `is_known`. Nothing where it ended meanwhile.
async fn counters(
    engine: &Engine,
    id: String,
    is_known: bool,
) -> Result<Option<(String, Counter, Option<Counter>)>> {
    let options = StatsOptions {
        stream: false,
        one_shot: is_known,
    };
    let ask = |docker: Docker| {
        let (id, options) = (id.clone(), options.clone());
        async move { docker.stats(&id, Some(options)).next().await.transpose() }
    };
    let stats = match engine.repeat("read the load of the container", ask).await {
        Err(error) if error.is_not_found() => None,
        answer => answer?,
    };
    let counted = stats.and_then(|stats| {
        let now = Counter::of(stats.cpu_stats.as_ref()?)?;
        Some((now, stats.precpu_stats.as_ref().and_then(Counter::of)))
    });
    Ok(counted.map(|(now, second)| (id, now, second)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(used: u64, machine: u64) -> Counter {
        Counter {
            used: used * 1_000_000_000,
            machine: machine * 1_000_000_000,
            processors: 2,
        }
    }

    #[test]
    fn the_load_is_the_part_of_the_machine_that_all_containers_took_since_the_last_time() {
        let measured = |api: u64, machine: u64| {
            vec![
                (
                    "api".to_owned(),
                    counter(api, machine),
                    Some(counter(api - 1, machine - 2)),
                ),
                (
                    "log".to_owned(),
                    counter(10, machine),
                    Some(counter(10, machine - 2)),
                ),
            ]
        };
        let first = Usage::new(measured(100, 1000), None);
        assert_eq!((first.load(), first.span()), (Some(50.0), Duration::from_secs(1)));
        let next = Usage::new(measured(130, 1120), Some(&first));
        assert_eq!((next.load(), next.span()), (Some(25.0), Duration::from_mins(1)));
        let restarted = Usage::new(measured(5, 1240), Some(&next));
        assert_eq!(
            restarted.load(),
            Some(50.0),
            "its counter began anew: the last second counts"
        );
        assert_eq!(Usage::new(Vec::new(), None).load(), Some(0.0), "nothing runs");
    }
}
