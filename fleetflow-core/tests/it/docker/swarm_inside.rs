//! Services of a real swarm looked into from outside: what their replicas log, what runs in them, and how they are, with all
//! servers alive and with one dead.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use fleetflow_core::converge::{Health, Session};
use fleetflow_core::docker::{Command, Engines, Heard, LogRequest, Replica, Swarm};
use fleetflow_core::prelude::*;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::bench::words;

/// What its first line in the log says.
const STARTED: &str = "started";

/// The swarm, seen by somebody who has the state and the keys.
pub(super) struct Visitor<'s> {
    engines: Engines,
    swarm: Swarm,
    stack: &'s Stack,
    /// The id of `web`.
    service: String,
}

/// A command that tells the log that it runs, and where.
pub(super) fn telling() -> Vec<Input<String>> {
    words(&["sh", "-c", "echo started; exec sleep 100000"])
}

impl<'s> Visitor<'s> {
    pub(super) async fn new(engines: Engines, session: &Session, stack: &'s Stack, service: String) -> Self {
        let swarm = Swarm::remembered(&session.store().load().await.unwrap());
        assert!(swarm.exists());
        Self {
            engines,
            swarm,
            stack,
            service,
        }
    }

    async fn current(&self) -> Vec<Replica> {
        let mut replicas = self.engines.replicas(&self.swarm).await.unwrap();
        replicas.retain(|replica| replica.is_current && replica.service == self.service);
        replicas
    }

    /// The servers that run a replica now, in order.
    pub(super) async fn servers(&self) -> Vec<String> {
        let servers = self
            .current()
            .await
            .into_iter()
            .filter_map(|replica| replica.server);
        servers.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Every replica logs, runs commands and is told of, by server.
    pub(super) async fn sees(&self) {
        let servers = self.servers().await;
        assert!(servers.len() > 1, "{servers:?}");
        self.hears(&servers).await;
        for replica in self.current().await {
            self.runs_inside(&replica).await;
        }
        self.told(&servers, 0..=0).await;
    }

    async fn logs(&self, follow: bool) -> BoxStream<'static, Heard> {
        let request = LogRequest {
            follow,
            ..LogRequest::default()
        };
        let heard = self.engines.service_logs(&self.swarm, &self.service, request);
        heard.await.unwrap()
    }

    async fn hears(&self, servers: &[String]) {
        let heard: Vec<Heard> = self.logs(false).await.collect().await;
        let mut by_server: BTreeMap<String, String> = BTreeMap::new();
        for piece in heard.into_iter().filter(|heard| heard.replica.is_current) {
            let server = piece.replica.server.clone().unwrap();
            let bytes = piece.output.unwrap().bytes;
            by_server
                .entry(server)
                .or_default()
                .push_str(&String::from_utf8_lossy(&bytes));
        }
        assert!(by_server.keys().eq(servers), "{by_server:?} and not {servers:?}");
        for (server, text) in by_server {
            assert!(text.lines().all(|line| line == STARTED), "{server}: {text}");
        }
    }

    async fn runs_inside(&self, replica: &Replica) {
        let (host, container) = replica.place().unwrap();
        // The size of a terminal is told once the command runs; one that has ended by then is no failure.
        for (line, said) in [
            ("sleep 0.5; busybox stty size", "40 100"),
            ("echo at once", "at once"),
        ] {
            let command = Command {
                words: ["sh", "-c", line].map(str::to_owned).to_vec(),
                terminal: Some((100, 40)),
                input: true,
                ..Command::default()
            };
            let mut running = self.engines.exec(host, container, command).await.unwrap();
            let output = std::mem::replace(&mut running.output, Box::pin(futures::stream::empty()));
            let pieces: Vec<_> = output.try_collect().await.unwrap();
            let text: String = pieces
                .iter()
                .map(|piece| String::from_utf8_lossy(&piece.bytes))
                .collect();
            assert_eq!(text.trim(), said, "on {:?}", replica.server);
            assert_eq!(running.exit_code().await.unwrap(), Some(0));
        }
    }

    async fn told(&self, servers: &[String], restarts: RangeInclusive<u64>) {
        let (health, replicas) = self.standing().await;
        assert_eq!(health, Health::Ok, "{replicas:#?}");
        let told: BTreeSet<&str> = replicas
            .iter()
            .map(|one| one["server"].as_str().unwrap())
            .collect();
        assert!(told.into_iter().eq(servers), "{replicas:#?}");
        for one in &replicas {
            assert_eq!(
                (&one["state"], &one["health"]),
                (&"running".into(), &"healthy".into())
            );
            assert_eq!(one["image"], super::swarm::NEXT);
            assert!(restarts.contains(&one["restarts"].as_u64().unwrap()), "{one}");
            assert!(one["since"].as_str().unwrap().starts_with("Up "), "{one}");
        }
    }

    /// How `web` is, and what is told of its replicas.
    async fn standing(&self) -> (Health, Vec<Value>) {
        let seen = self.stack.observe().await.unwrap();
        let seen = self.stack.with_runs(seen).await.unwrap();
        let address = Address::new("swarm-service", "shop/web");
        let standing = seen
            .standings()
            .into_iter()
            .find(|one| *one.address == address)
            .unwrap();
        let replicas = standing.found.unwrap().status["replicas"]
            .as_array()
            .unwrap()
            .clone();
        (standing.health, replicas)
    }

    /// Follows the log while `server` dies and its replica moves to a server that lives.
    pub(super) async fn follows(&self, server: &str, kill: impl FnOnce()) {
        // What ran earlier has a log as well, as long as the swarm remembers it.
        let replicas = self.engines.replicas(&self.swarm).await.unwrap();
        let before: BTreeSet<String> = replicas.into_iter().map(|replica| replica.task).collect();
        let mut logs = self.logs(true).await;
        let mut unheard: BTreeSet<String> = self.current().await.into_iter().map(|one| one.task).collect();
        while !unheard.is_empty() {
            let heard = logs.next().await.unwrap();
            heard.output.unwrap();
            unheard.remove(&heard.replica.task);
        }
        kill();
        let began = Instant::now();
        // Where the dead server led the swarm, another one is elected first, and gives those it has not heard of twice the time.
        let moved = tokio::time::timeout(Duration::from_secs(180), async {
            loop {
                let heard = logs.next().await.unwrap();
                match heard.output {
                    Ok(piece) => {
                        // Among what ran before is what was to fail, and said so.
                        if !before.contains(&heard.replica.task) {
                            assert_eq!(piece.bytes, "started\n");
                            return heard.replica;
                        }
                    }
                    // The dead server's own.
                    Err(_) => assert_eq!(heard.replica.server.as_deref(), Some(server)),
                }
            }
        });
        let moved = moved
            .await
            .unwrap_or_else(|_| panic!("nothing moved in {:?}", began.elapsed()));
        assert_ne!(
            moved.server.as_deref(),
            Some(server),
            "it runs where servers live"
        );
    }

    /// What the dead ran is not heard any more, and nobody waits for it.
    pub(super) async fn bears(&self, dead: &str) {
        let living = self.servers().await;
        assert!(!living.iter().any(|server| server == dead), "{living:?}");
        let began = Instant::now();
        let heard: Vec<Heard> = self.logs(false).await.collect().await;
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        let silent = heard.iter().filter(|heard| heard.output.is_err());
        for heard in silent {
            assert!(!heard.replica.is_current, "{heard:?}");
            assert_eq!(heard.replica.server.as_deref(), Some(dead));
        }
        self.hears(&living).await;
        let current = self.current().await;
        self.runs_inside(current.first().unwrap()).await;
        // One of them was killed before.
        self.told(&living, 0..=1).await;
    }

    /// A container that is killed is started anew: meanwhile it is told why, and afterwards how often.
    pub(super) async fn tells_restarts(&self, server: &str, kill: impl AsyncFnOnce(&str)) {
        let mut current = self.current().await.into_iter();
        let replica = current.find(|one| one.server.as_deref() == Some(server)).unwrap();
        kill(replica.container.as_deref().unwrap()).await;
        let began = Instant::now();
        let mut was_down = false;
        loop {
            let (health, replicas) = self.standing().await;
            let own = replicas.iter().filter(|one| one["replica"] == replica.number);
            let own: Vec<&Value> = own.collect();
            if let [one] = own.as_slice() {
                let trouble = one.get("trouble").and_then(Value::as_str);
                if trouble.is_some_and(|trouble| trouble.contains("non-zero exit (137)")) {
                    assert_ne!(health, Health::Ok, "{replicas:#?}");
                    was_down = true;
                }
                if was_down && one["state"] == "running" {
                    assert_eq!(one["restarts"], 1, "{one}");
                    return;
                }
            }
            assert!(began.elapsed() < Duration::from_secs(40), "{replicas:#?}");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}
