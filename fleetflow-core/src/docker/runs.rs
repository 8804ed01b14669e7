//! How containers and the replicas of swarms ran so far, for people who look: what no list of an engine tells. It decides
//! nothing and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use bollard::query_parameters::InspectContainerOptions;
use futures::{FutureExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::engines::Engines;
use super::{Container, Host, Replica, Swarm, SwarmService};
use crate::autoscale::now;
use crate::clouds::Cloud as _;
use crate::converge::Observation;
use crate::error::Result;
use crate::model::{Observed, Resource as _, Stack};

/// How many containers are asked about at once.
const AT_ONCE: usize = 16;

impl Stack {
    /// `observation` with how often each container was started anew in its status, as `restarts`, and with the replicas of
    /// each service of a swarm, as `replicas`: server, state, health, restarts, image, and since when. A call a container,
    /// three for a swarm; what cannot be read is told in its place.
    ///
    /// # Errors
    ///
    /// Where the stack has no session, or the caller's clock tells no time.
    pub async fn with_runs(&self, mut observation: Observation) -> Result<Observation> {
        let session = self.attached()?;
        let Ok(engines) = Engines::of(&session.clouds) else {
            return Ok(observation);
        };
        let now = now(session)?;
        let swarm = Swarm::remembered(&observation.state);
        let services = of_kind(&mut observation, SwarmService::KIND);
        if swarm.exists() && !services.is_empty() {
            with_replicas(engines, &swarm, services, now).await;
        }
        let mut containers = Vec::new();
        for found in of_kind(&mut observation, Container::KIND) {
            // Boxed: compilers take closures over borrowed futures for less general than tasks need them.
            containers.push(with_restarts(engines, found).boxed());
        }
        futures::stream::iter(containers)
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<()>>()
            .await;
        Ok(observation)
    }
}

/// Those of a kind that could be looked at.
fn of_kind<'o>(observation: &'o mut Observation, kind: &str) -> Vec<&'o mut Observed> {
    let hidden: &BTreeSet<_> = &observation.found.unreachable;
    let found = observation.found.resources.iter_mut();
    found
        .filter(|found| {
            found.address.kind() == kind && !found.id.is_empty() && !hidden.contains(&found.address)
        })
        .collect()
}

async fn with_restarts(engines: &Engines, found: &mut Observed) {
    if let Some(restarts) = restarts(engines, found).await {
        found.status.insert("restarts".to_owned(), restarts);
    }
}

async fn restarts(engines: &Engines, found: &Observed) -> Option<Value> {
    let host: Host = found.outputs.get("host")?.as_str()?.parse().ok()?;
    let read = async {
        let engine = engines.engine(&host).await?;
        let look = engine.repeat("look at the container", |docker| async move {
            docker
                .inspect_container(&found.id, None::<InspectContainerOptions>)
                .await
        });
        look.await
    };
    match read.await {
        Ok(seen) => seen.restart_count.map(Value::from),
        // It went away since it was listed.
        Err(error) if error.is_not_found() => None,
        Err(error) => Some(format!("not known: {error}").into()),
    }
}

async fn with_replicas(engines: &Engines, swarm: &Swarm, services: Vec<&mut Observed>, now: Timestamp) {
    let read = engines.replicas(swarm).await;
    for found in services {
        let told = match &read {
            Ok(replicas) => Value::Array(told(replicas, &found.id, has_check(found), now)),
            Err(error) => format!("not known: {error}").into(),
        };
        found.status.insert("replicas".to_owned(), told);
    }
}

/// Whether the service was declared with a check.
fn has_check(found: &Observed) -> bool {
    let service = found.live.get("service");
    service.is_some_and(|service| service.get("health_check").is_some())
}

/// What is told of each replica of the service `id`: of those that are wanted now, or else how the last one ended.
fn told(replicas: &[Replica], id: &str, has_check: bool, now: Timestamp) -> Vec<Value> {
    let mut by_number: BTreeMap<u32, Vec<&Replica>> = BTreeMap::new();
    for replica in replicas.iter().filter(|replica| replica.service == id) {
        by_number.entry(replica.number).or_default().push(replica);
    }
    let shown = by_number.into_values().flat_map(|runs| {
        let trouble = runs.iter().find_map(|run| run.trouble.clone());
        let current = runs.iter().filter(|run| run.is_current).count();
        let last_ended = runs.first().is_some_and(|run| run.ended_by_itself());
        let many = if current == 0 {
            usize::from(last_ended)
        } else {
            current
        };
        let one = move |run: &Replica| {
            let mut run = run.clone();
            if run.state != "running" {
                // Why the one before did not last is what keeps this one from running.
                run.trouble = run.trouble.or_else(|| trouble.clone());
            }
            let since = run.since.as_deref().and_then(|since| so_long(&run, since, now));
            json!(run.shown(has_check, since))
        };
        runs.into_iter().take(many).map(one).collect::<Vec<_>>()
    });
    shown.collect()
}

/// In the words that engines use of containers: `Up 5 minutes`.
fn so_long(replica: &Replica, since: &str, now: Timestamp) -> Option<String> {
    let long = words(now.duration_since(since.parse().ok()?));
    Some(match replica.state.as_str() {
        "running" => format!("Up {long}"),
        _ => format!("{long} ago"),
    })
}

fn words(long: SignedDuration) -> String {
    // Clocks of two machines differ: what is yet to come was just now.
    let seconds = u64::try_from(long.as_secs()).unwrap_or_default();
    let (many, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if many == 1 { "" } else { "s" };
    format!("{many} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica(number: u32, state: &str) -> Replica {
        Replica {
            service: "a".to_owned(),
            task: format!("{number}{state}"),
            number,
            server: Some("web-1".to_owned()),
            host: None,
            container: None,
            is_current: state != "failed",
            is_reachable: true,
            state: state.to_owned(),
            restarts: 0,
            image: Some("web:1@sha256:abc".to_owned()),
            since: Some("2026-01-01T00:00:00Z".to_owned()),
            trouble: (state == "failed").then(|| "no such image".to_owned()),
        }
    }

    #[test]
    fn each_replica_is_told_with_what_keeps_it_from_running() {
        let all = [
            replica(1, "running"),
            replica(2, "ready"),
            replica(2, "failed"),
            replica(3, "failed"),
        ];
        let now = "2026-01-01T00:05:10Z".parse().unwrap();
        let told = told(&all, "a", true, now);
        let line = |one: &Value| {
            let text = |key: &str| one[key].as_str().unwrap_or("-").to_owned();
            format!(
                "{} {} {} {}",
                one["replica"],
                text("state"),
                text("since"),
                text("trouble")
            )
        };
        assert_eq!(
            told.iter().map(line).collect::<Vec<_>>(),
            [
                "1 running Up 5 minutes -",
                "2 ready 5 minutes ago no such image",
                "3 failed 5 minutes ago no such image"
            ]
        );
        assert_eq!(told[0]["image"], "web:1");
        assert_eq!(super::told(&all, "b", true, now), Vec::<Value>::new());
    }

    #[test]
    fn times_are_told_in_one_unit() {
        for (seconds, text) in [
            (-3, "0 seconds"),
            (1, "1 second"),
            (119, "1 minute"),
            (7_300, "2 hours"),
            (200_000, "2 days"),
        ] {
            assert_eq!(words(SignedDuration::from_secs(seconds)), text);
        }
    }
}
