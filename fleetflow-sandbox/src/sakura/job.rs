//! Copies and edits of disks and archives: slow, looked at lazily (API doc §3.4). Nothing runs; a moment is stored.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::time;
use crate::Timings;

/// The last slow thing that was done to a disk or an archive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    work: Work,
    started: Timestamp,
    pub(super) ready_at: Timestamp,
    /// What is copied in all, in MiB.
    copy_mb: u64,
    ends: End,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Work {
    /// Content is copied, and perhaps edited after that.
    Copy,
    /// An existing content is edited.
    Edit,
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    Available,
    Failed,
}

impl Job {
    /// A job that starts now and takes so long.
    pub(super) fn start(work: Work, copy_mb: u64, now: Timestamp, takes: Duration, ends: End) -> Self {
        Self {
            work,
            started: now,
            ready_at: time::after(now, takes),
            copy_mb,
            ends,
        }
    }

    /// An edit of what this job has made.
    pub(super) fn edit(&self, now: Timestamp, takes: Duration) -> Self {
        Self::start(Work::Edit, self.copy_mb, now, takes, End::Available)
    }

    /// The same job, with a bad end.
    pub(super) fn failing(self) -> Self {
        Self {
            ends: End::Failed,
            ..self
        }
    }

    /// True once it has ended well.
    pub(super) fn is_available(&self, now: Timestamp) -> bool {
        self.availability(now) == "available"
    }

    /// True while it runs.
    pub(super) fn is_running(&self, now: Timestamp) -> bool {
        now < self.ready_at
    }

    /// `Availability`.
    pub(super) fn availability(&self, now: Timestamp) -> &'static str {
        match self.ends {
            _ if self.is_running(now) => "migrating",
            End::Available => "available",
            End::Failed => "failed",
        }
    }

    /// `MigratedMB`.
    pub(super) fn migrated_mb(&self, now: Timestamp) -> u64 {
        let total = self
            .ready_at
            .duration_since(self.started)
            .as_millis()
            .max(1)
            .unsigned_abs();
        let done = now
            .duration_since(self.started)
            .as_millis()
            .max(0)
            .unsigned_abs()
            .min(total);
        match self.work {
            Work::Copy if self.is_running(now) => {
                u64::try_from(u128::from(self.copy_mb) * done / total).unwrap_or(0)
            }
            _ => self.copy_mb,
        }
    }

    /// `JobStatus`: null when there is nothing to say. A failed edit is only ever told about here.
    pub(super) fn status(&self, now: Timestamp, edit_failure: Option<&Refusal>) -> Value {
        let left = self.ready_at.duration_since(now).as_secs().max(1);
        match edit_failure {
            _ if self.is_running(now) => json!({
                "Status": "running",
                "ConfigError": null,
                "Delays": { "Start": { "Max": 0, "Min": 0 }, "Finish": { "Max": left, "Min": left } },
            }),
            Some(failure) => json!({
                "Status": "failed",
                "ConfigError": failure.config_error(),
                "Delays": { "Start": { "Max": 0, "Min": 0 }, "Finish": { "Max": 0, "Min": 0 } },
            }),
            None => Value::Null,
        }
    }
}

/// How long an edit of a disk takes; making a blank one takes as long.
pub(super) fn edit_time(timings: &Timings) -> Duration {
    timings.disk_copy / 10
}
