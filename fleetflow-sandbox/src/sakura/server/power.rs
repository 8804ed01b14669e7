//! The power of a server: asynchronous, and looked at lazily (API doc §2.6). Who may switch it is said elsewhere.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sakura::refusal::{Outcome, refuse};
use crate::sakura::time;

/// Where a server's power is going, and when it gets there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sakura) struct Power {
    target: Target,
    /// The change starts here; it may lie ahead.
    from: Timestamp,
    until: Timestamp,
    /// When the state before the change began.
    rested_since: Timestamp,
    has_run: bool,
    /// The operating system restarts until then, with the power on.
    restarting_until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Target {
    Up,
    Down,
}

/// What a server's power does at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sakura) enum Phase {
    Down,
    /// Will boot by itself when its disk is ready.
    Scheduled,
    Booting,
    Up,
    Cleaning,
}

impl Phase {
    /// Refuses unless the power is off.
    pub(in crate::sakura) fn must_be_down(self) -> Outcome<()> {
        match self {
            Self::Down | Self::Scheduled => Ok(()),
            Self::Booting | Self::Up => refuse("server_power_must_be_down"),
            Self::Cleaning => refuse("server_is_cleaning"),
        }
    }
}

impl Power {
    /// Off since `now`, and never booted.
    pub(super) fn off(now: Timestamp) -> Self {
        Self {
            target: Target::Down,
            from: now,
            until: now,
            rested_since: now,
            has_run: false,
            restarting_until: None,
        }
    }

    pub(in crate::sakura) fn phase(&self, now: Timestamp) -> Phase {
        match self.target {
            Target::Up if now < self.from => Phase::Scheduled,
            Target::Up if now < self.until => Phase::Booting,
            Target::Up => Phase::Up,
            Target::Down if now < self.until => Phase::Cleaning,
            Target::Down => Phase::Down,
        }
    }

    /// Boots at `from`.
    pub(in crate::sakura) fn boot(&mut self, from: Timestamp, takes: Duration) {
        self.change(Target::Up, from, takes);
    }

    /// Switches off now.
    pub(super) fn stop(&mut self, now: Timestamp, takes: Duration) {
        self.change(Target::Down, now, takes);
        self.has_run = true;
    }

    /// Forgets about a boot that has not started.
    pub(in crate::sakura) fn cancel_schedule(&mut self, now: Timestamp) {
        if self.phase(now) == Phase::Scheduled {
            self.target = Target::Down;
            self.from = self.rested_since;
            self.until = self.rested_since;
        }
    }

    /// Restarts the operating system with the power on.
    pub(super) fn restart(&mut self, now: Timestamp, takes: Duration) {
        self.restarting_until = Some(time::after(now, takes));
    }

    fn change(&mut self, target: Target, from: Timestamp, takes: Duration) {
        self.rested_since = self.until;
        self.target = target;
        self.from = from;
        self.until = time::after(from, takes);
        self.restarting_until = None;
    }

    /// Since when the operating system has been running.
    pub(in crate::sakura) fn running_since(&self, now: Timestamp) -> Option<Timestamp> {
        let since = self.restarting_until.unwrap_or(self.until).max(self.until);
        (self.phase(now) == Phase::Up && since <= now).then_some(since)
    }

    /// Since when the power has been on.
    pub(in crate::sakura) fn up_since(&self, now: Timestamp) -> Option<Timestamp> {
        (self.phase(now) == Phase::Up).then_some(self.until)
    }

    /// Where it is going, for the inventory: the same whenever one looks.
    pub(in crate::sakura) fn target(&self) -> &'static str {
        match self.target {
            Target::Up => "up",
            Target::Down => "down",
        }
    }

    /// `Instance.Status`. The API has three words only: a booting server is still `down`.
    pub(in crate::sakura) fn status(&self, now: Timestamp) -> &'static str {
        match self.phase(now) {
            Phase::Down | Phase::Scheduled | Phase::Booting => "down",
            Phase::Up => "up",
            Phase::Cleaning => "cleaning",
        }
    }

    /// `Instance`.
    pub(super) fn view(&self, server: u64, zone: &str, now: Timestamp) -> Value {
        let phase = self.phase(now);
        let changed_at = match phase {
            Phase::Up | Phase::Down => self.until,
            Phase::Cleaning => self.from,
            Phase::Scheduled | Phase::Booting => self.rested_since,
        };
        let before = match phase {
            Phase::Up => Some("down"),
            Phase::Cleaning => Some("up"),
            _ => self.has_run.then_some("cleaning"),
        };
        let host = (phase == Phase::Up).then(|| host(server, zone));
        json!({
            "Server": { "ID": server },
            "Status": self.status(now),
            "BeforeStatus": before,
            "StatusChangedAt": time::text(changed_at),
            "ModifiedAt": time::text(changed_at),
            "MigrationProgress": null,
            "MigrationSchedule": null,
            "IsMigrating": null,
            "MigrationAllowed": null,
            "Host": host,
            "CDROM": null,
            "CDROMStorage": null,
            "Warnings": "",
            "WarningsValue": 0,
        })
    }
}

fn host(server: u64, zone: &str) -> Value {
    json!({
        "Name": format!("sac-{zone}-sv{:03}", server % 400),
        "InfoURL": "",
        "Class": "dynamic",
        "Version": 200,
        "SystemVersion": "SAKURA Internet [CLOUD SERVICE 2.0]",
    })
}
