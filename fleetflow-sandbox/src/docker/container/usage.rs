//! Statistics and processes of a container. The numbers follow from its uptime and the load a test set.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::row::Container;
use super::{find, inspect, running};
use crate::docker::answer::{self, Outcome};
use crate::docker::call::{Call, Target};
use crate::docker::daemon::Daemon;

/// Processors of an emulated machine.
const PROCESSORS: u64 = 2;
const MEMORY: u64 = 4 << 30;

pub(super) fn stats(call: &Call, name: &str) -> Outcome {
    let streams = call.parameter("stream").is_none() || call.flag("stream");
    let (id, first) = call.daemon(|daemon| {
        let container = find(daemon.engine, name)?;
        Ok((container.id.clone(), sample(container, daemon.now)))
    })?;
    if !streams {
        return answer::ok(first);
    }
    let body = Body::from_stream(samples(call.target.clone(), id, first));
    Ok(answer::with_body(StatusCode::OK, "application/json", body))
}

/// One sample a second for as long as the container is there.
fn samples(target: Target, id: String, first: Value) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::unfold(Some((target, id, first)), |state| async move {
        let (target, id, sample) = state?;
        let line = Bytes::from(format!("{sample}\n"));
        tokio::time::sleep(Duration::from_secs(1)).await;
        let next = next_sample(&target, &id);
        Some((Ok(line), next.map(|sample| (target, id, sample))))
    })
}

fn next_sample(target: &Target, id: &str) -> Option<Value> {
    Daemon::open(&target.shared, &target.engine, |daemon| {
        find(daemon.engine, id)
            .ok()
            .map(|container| sample(container, daemon.now))
    })
}

fn sample(container: &Container, now: Timestamp) -> Value {
    let before = now.checked_sub(SignedDuration::from_secs(1)).unwrap_or(now);
    let memory = if container.is_running() {
        container.load.memory_bytes
    } else {
        0
    };
    json!({
        "id": container.id,
        "name": format!("/{}", container.name),
        "read": now.to_string(),
        "preread": before.to_string(),
        "num_procs": 0,
        "pids_stats": { "current": u8::from(container.is_running()) },
        "cpu_stats": processor(container, now),
        "precpu_stats": processor(container, before),
        "memory_stats": { "usage": memory, "limit": MEMORY, "stats": { "inactive_file": 0 } },
        "blkio_stats": { "io_service_bytes_recursive": Value::Null },
        "storage_stats": {},
        "networks": { "eth0": { "rx_bytes": 0, "rx_packets": 0, "tx_bytes": 0, "tx_packets": 0 } },
    })
}

/// Time used since the start, so that two samples give the load between them.
fn processor(container: &Container, at: Timestamp) -> Value {
    let up = container.run.started_at.filter(|_| container.is_running());
    let up = up.map_or(0, |started| at.duration_since(started).as_nanos().max(0));
    let used = share(u64::try_from(up).unwrap_or(u64::MAX), container.load.cpu_percent);
    let system = u64::try_from(at.as_nanosecond())
        .unwrap_or_default()
        .saturating_mul(PROCESSORS);
    json!({
        "cpu_usage": { "total_usage": used, "usage_in_kernelmode": 0, "usage_in_usermode": used },
        "system_cpu_usage": system,
        "online_cpus": PROCESSORS,
        "throttling_data": { "periods": 0, "throttled_periods": 0, "throttled_time": 0 },
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a made-up load needs no last digit"
)]
fn share(nanoseconds: u64, percent: f64) -> u64 {
    (nanoseconds as f64 * percent.max(0.0) / 100.0) as u64
}

pub(super) fn top(call: &Call, name: &str) -> Outcome {
    call.daemon(|daemon| {
        let container = running(daemon.engine, name)?;
        let pid = inspect::pid(container).to_string();
        let started = container
            .run
            .started_at
            .map(|at| at.to_string())
            .unwrap_or_default();
        let started = started.get(11..16).unwrap_or("00:00");
        let command = container.config.argv().join(" ");
        answer::ok(json!({
            "Titles": ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
            "Processes": [["root", pid, "1", "0", started, "?", "00:00:00", command]],
        }))
    })
}
