//! A container as a row: what was asked for, and what became of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::attach::Audience;
use super::spec::{Config, HostConfig};
use crate::docker::network::Attachment;
use crate::docker::stream::LogLine;

/// A container.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::docker) struct Container {
    pub(in crate::docker) id: String,
    /// Without the slash that the API puts in front.
    pub(in crate::docker) name: String,
    pub(in crate::docker) created: Timestamp,
    pub(in crate::docker) image_id: String,
    pub(in crate::docker) config: Config,
    pub(in crate::docker) host_config: HostConfig,
    /// By name of the network.
    pub(in crate::docker) attachments: BTreeMap<String, Attachment>,
    pub(in crate::docker) mounts: Vec<Mount>,
    pub(in crate::docker) run: Run,
    pub(in crate::docker) restart_count: u32,
    pub(in crate::docker) logs: Vec<LogLine>,
    /// Digests of the files that were put into it, by path.
    #[serde(default)]
    pub(in crate::docker) files: BTreeMap<String, String>,
    pub(in crate::docker) load: Load,
    #[serde(skip)]
    pub(in crate::docker) audience: Audience,
}

/// The last run of a container.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::docker) struct Run {
    pub(in crate::docker) status: Status,
    pub(in crate::docker) started_at: Option<Timestamp>,
    pub(in crate::docker) finished_at: Option<Timestamp>,
    pub(in crate::docker) exit_code: i64,
    pub(in crate::docker) error: String,
    /// When the command ends by itself, and how.
    pub(in crate::docker) ends: Option<Ending>,
    /// Somebody stopped it, so `unless-stopped` leaves it down.
    pub(in crate::docker) stopped: bool,
    /// What the health check says, if a test has decided that.
    pub(in crate::docker) verdict: Option<Health>,
    pub(in crate::docker) ports: Vec<Published>,
}

/// The end of a command that does not run for ever.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in crate::docker) struct Ending {
    pub(in crate::docker) at: Timestamp,
    pub(in crate::docker) code: i64,
}

/// What a container does now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::docker) enum Status {
    #[default]
    Created,
    Running,
    Restarting,
    Exited,
}

/// What the health check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::docker) enum Health {
    Starting,
    Healthy,
    Unhealthy,
}

/// A port that is open on the host while the container runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::docker) struct Published {
    /// `80/tcp`
    pub(in crate::docker) container: String,
    pub(in crate::docker) host_ip: String,
    pub(in crate::docker) host_port: u16,
}

/// A mount.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::docker) struct Mount {
    /// `bind`, `volume` or `tmpfs`
    pub(in crate::docker) kind: String,
    pub(in crate::docker) volume: Option<String>,
    pub(in crate::docker) source: String,
    pub(in crate::docker) destination: String,
    pub(in crate::docker) mode: String,
    pub(in crate::docker) access: Access,
}

/// What the container may do with a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::docker) enum Access {
    ReadOnly,
    ReadWrite,
}

/// How busy a container looks in its statistics.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in crate::docker) struct Load {
    pub(in crate::docker) cpu_percent: f64,
    pub(in crate::docker) memory_bytes: u64,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            cpu_percent: 1.0,
            memory_bytes: 16 << 20,
        }
    }
}

impl Status {
    /// As the API spells it.
    pub(in crate::docker) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Restarting => "restarting",
            Self::Exited => "exited",
        }
    }
}

impl Health {
    /// As the API spells it.
    pub(in crate::docker) fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl Container {
    /// True while its process is there.
    pub(in crate::docker) fn is_running(&self) -> bool {
        self.run.status == Status::Running
    }
}
