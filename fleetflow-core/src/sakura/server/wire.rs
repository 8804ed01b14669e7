//! Servers and disks as SAKURA Cloud's JSON describes them (API doc "Server", "Disk"). Only what is used is read.

use std::net::Ipv4Addr;

use serde::Deserialize;

use crate::sakura::Id;
use crate::sakura::wire::{Reference, or_default};

/// A server.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sakura) struct Machine {
    #[serde(rename = "ID")]
    pub(in crate::sakura) id: Id,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) description: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) tags: Vec<String>,
    /// RFC 3339.
    #[serde(default)]
    pub(in crate::sakura) created_at: Option<String>,
    #[serde(default)]
    pub(in crate::sakura) server_plan: Option<MachinePlan>,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) instance: Instance,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) disks: Vec<Volume>,
    /// Their place is the number of the interface; appliances have nulls among them.
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) interfaces: Vec<Option<Interface>>,
}

/// A server's size.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sakura) struct MachinePlan {
    #[serde(rename = "CPU")]
    pub(in crate::sakura) cpu: u32,
    #[serde(rename = "MemoryMB")]
    pub(in crate::sakura) memory_mb: u32,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) commitment: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) generation: u32,
}

/// A server's power.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::sakura) struct Instance {
    #[serde(deserialize_with = "or_default")]
    pub(in crate::sakura) status: String,
    /// Null until it was started once.
    pub(in crate::sakura) before_status: Option<String>,
}

/// A disk, alone or inside a server, where less of it is shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sakura) struct Volume {
    #[serde(rename = "ID")]
    pub(in crate::sakura) id: Id,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) name: String,
    /// Not shown inside a server.
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) tags: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) availability: String,
    /// `none` or `aes256_xts`; not shown inside a server.
    #[serde(default)]
    pub(in crate::sakura) encryption_algorithm: Option<String>,
    /// Null where it is not encrypted; not shown inside a server.
    #[serde(default)]
    encryption_key: Option<EncryptionKey>,
    /// What it was copied from; not shown inside a server.
    #[serde(default)]
    source_disk: Option<Reference>,
    #[serde(rename = "SizeMB", default, deserialize_with = "or_default")]
    pub(in crate::sakura) size_mb: u64,
    #[serde(rename = "MigratedMB", default, deserialize_with = "or_default")]
    pub(in crate::sakura) migrated_mb: u64,
    #[serde(default)]
    pub(in crate::sakura) plan: Option<Reference>,
    #[serde(default)]
    pub(in crate::sakura) job_status: Option<JobStatus>,
    #[serde(default)]
    pub(in crate::sakura) server: Option<Reference>,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) connection_order: u64,
}

/// What a disk is encrypted with (API doc "Read and progress").
#[derive(Clone, Copy, Debug, Deserialize)]
struct EncryptionKey {
    /// A key of the customer's.
    #[serde(rename = "KMSKeyID", default)]
    kms_key: Option<Id>,
}

/// What is being done to a disk.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sakura) struct JobStatus {
    /// Why the disk could not be configured: the only place where that is told (API doc "Read and progress").
    #[serde(default)]
    pub(in crate::sakura) config_error: Option<ConfigError>,
}

/// Why a disk could not be configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sakura) struct ConfigError {
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) error_code: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::sakura) error_msg: String,
}

/// A network interface.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sakura) struct Interface {
    #[serde(rename = "ID")]
    pub(in crate::sakura) id: Id,
    /// As `9C:A3:BA:00:00:01`.
    #[serde(rename = "MACAddress", default, deserialize_with = "or_default")]
    pub(in crate::sakura) mac_address: String,
    /// The public address, on the shared segment.
    #[serde(rename = "IPAddress", default)]
    pub(in crate::sakura) ip_address: Option<Ipv4Addr>,
    /// A label that the user set; on a router's network it is the public address.
    #[serde(rename = "UserIPAddress", default)]
    pub(in crate::sakura) user_ip_address: Option<Ipv4Addr>,
    #[serde(default)]
    pub(in crate::sakura) switch: Option<Plugged>,
    #[serde(default)]
    pub(in crate::sakura) packet_filter: Option<Reference>,
}

/// What an interface is plugged into.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sakura) struct Plugged {
    #[serde(rename = "ID")]
    pub(in crate::sakura) id: Id,
    /// `shared` or `user`.
    #[serde(default, deserialize_with = "or_default")]
    scope: String,
    #[serde(default)]
    user_subnet: Option<Subnet>,
    #[serde(default)]
    subnet: Option<Subnet>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Subnet {
    #[serde(default)]
    default_route: Option<Ipv4Addr>,
}

impl Machine {
    /// Whether its power is on.
    pub(in crate::sakura) fn is_up(&self) -> bool {
        self.instance.status == "up"
    }

    /// Whether its power is off. `cleaning` and words not known yet are neither on nor off.
    pub(in crate::sakura) fn is_down(&self) -> bool {
        self.instance.status == "down"
    }

    /// Whether it was started at least once.
    pub(in crate::sakura) fn has_run(&self) -> bool {
        self.is_up() || self.instance.before_status.is_some()
    }

    /// The interface with this number.
    pub(in crate::sakura) fn interface(&self, number: usize) -> Option<&Interface> {
        self.interfaces.get(number)?.as_ref()
    }

    /// The public address: of the first interface (API doc "Read").
    pub(in crate::sakura) fn ip(&self) -> Option<Ipv4Addr> {
        let first = self.interface(0)?;
        first.ip_address.or(first.user_ip_address)
    }

    /// The gateway of the public network.
    pub(in crate::sakura) fn gateway(&self) -> Option<Ipv4Addr> {
        let plugged = self.interface(0)?.switch.as_ref()?;
        let subnets = [&plugged.user_subnet, &plugged.subnet];
        subnets
            .into_iter()
            .flatten()
            .find_map(|subnet| subnet.default_route)
    }
}

impl Plugged {
    /// Whether it is the shared segment.
    pub(in crate::sakura) fn is_internet(&self) -> bool {
        self.scope == "shared"
    }
}

impl Volume {
    /// The customer's key that it is encrypted with.
    pub(in crate::sakura) fn kms_key(&self) -> Option<Id> {
        self.encryption_key?.kms_key
    }

    /// The disk that it was copied from.
    pub(in crate::sakura) fn copied_from(&self) -> Option<Id> {
        self.source_disk.map(|source| source.id)
    }

    /// Why its configuration failed.
    pub(in crate::sakura) fn config_error(&self) -> Option<&ConfigError> {
        self.job_status.as_ref()?.config_error.as_ref()
    }

    /// How much of it is copied, in percent.
    pub(in crate::sakura) fn percent(&self) -> u64 {
        (self.migrated_mb * 100)
            .checked_div(self.size_mb)
            .unwrap_or(0)
            .min(100)
    }
}
