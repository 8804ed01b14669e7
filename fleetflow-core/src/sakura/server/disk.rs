//! A disk of a server, and what is on it at first. Declared values only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Path, Problem};
use crate::sakura::{Id, os};

/// A disk.
///
/// ```
/// use fleetflow_core::sakura::Disk;
///
/// let boot = Disk::new(100, "ubuntu-24.04");
/// let data = Disk::blank(250).hdd().named("data");
/// assert_ne!(boot, data);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["size", "os"]))]
pub struct Disk {
    /// GiB, one of the sizes that the cloud sells.
    #[schemars(range(min = 20, max = 20480))]
    size: u32,
    /// The operating system that is copied to it: `ubuntu-24.04`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    os: Option<String>,
    /// What it is made of.
    #[serde(default)]
    plan: DiskPlan,
    /// The id of an archive that is copied to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_archive: Option<String>,
    /// The id of a disk that is copied to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_disk: Option<String>,
    /// Whether and how the cloud encrypts it.
    #[serde(default, skip_serializing_if = "Encryption::is_none")]
    encryption: Encryption,
    /// The id of the key of yours, in SAKURA Cloud's key management, that it is encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kms_key: Option<String>,
    /// Its name in the cloud; the server's name without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-format" = "name"))]
    name: Option<String>,
}

/// What a disk is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiskPlan {
    /// Flash memory.
    #[default]
    Ssd,
    /// Spinning disks.
    Hdd,
}

/// How a disk is encrypted (API doc "Create").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// Not at all.
    #[default]
    None,
    /// AES-256 in XTS mode, with a key that SAKURA Cloud keeps, or with that of `kms_key`.
    #[serde(rename = "aes256-xts")]
    Aes256Xts,
}

impl Encryption {
    /// The API's word.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Aes256Xts => "aes256_xts",
        }
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

impl DiskPlan {
    /// Its id, the same in every zone (API doc "Plans and sizes").
    pub(in crate::sakura) const fn id(self) -> Id {
        match self {
            Self::Ssd => Id::new(4),
            Self::Hdd => Id::new(2),
        }
    }
}

/// The word that users write for the disk plan with this id.
pub(super) fn plan_name(id: Id) -> &'static str {
    if id == DiskPlan::Hdd.id() { "hdd" } else { "ssd" }
}

/// What is copied to a new disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sakura) enum Source<'d> {
    OperatingSystem(&'d str),
    Archive(&'d str),
    Disk(&'d str),
    Nothing,
}

impl Disk {
    /// A disk of `size` GiB with an operating system: `ubuntu-24.04`.
    pub fn new(size: u32, os: impl Into<String>) -> Self {
        Self {
            os: Some(os.into()),
            ..Self::blank(size)
        }
    }

    /// An empty disk of `size` GiB.
    pub const fn blank(size: u32) -> Self {
        Self {
            size,
            os: None,
            plan: DiskPlan::Ssd,
            source_archive: None,
            source_disk: None,
            encryption: Encryption::None,
            kms_key: None,
            name: None,
        }
    }

    /// A copy of the archive with the id `archive`.
    pub fn from_archive(size: u32, archive: impl Into<String>) -> Self {
        Self {
            source_archive: Some(archive.into()),
            ..Self::blank(size)
        }
    }

    /// A copy of the disk with the id `disk`.
    pub fn from_disk(size: u32, disk: impl Into<String>) -> Self {
        Self {
            source_disk: Some(disk.into()),
            ..Self::blank(size)
        }
    }

    /// Made of spinning disks.
    #[must_use]
    pub const fn hdd(mut self) -> Self {
        self.plan = DiskPlan::Hdd;
        self
    }

    /// Encrypted by the cloud.
    #[must_use]
    pub const fn encrypted(mut self) -> Self {
        self.encryption = Encryption::Aes256Xts;
        self
    }

    /// Encrypted with a key of yours: its id in SAKURA Cloud's key management (API doc "Create": `KMSKey`).
    #[must_use]
    pub fn encrypted_with(mut self, key: impl Into<String>) -> Self {
        self.kms_key = Some(key.into());
        self.encrypted()
    }

    /// With a name of its own in the cloud.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    pub(in crate::sakura) const fn size(&self) -> u32 {
        self.size
    }

    pub(in crate::sakura) const fn plan(&self) -> DiskPlan {
        self.plan
    }

    pub(super) const fn encryption(&self) -> Encryption {
        self.encryption
    }

    pub(super) fn kms_key(&self) -> Option<Id> {
        self.kms_key.as_deref().and_then(|key| key.parse().ok())
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(in crate::sakura) fn source(&self) -> Source<'_> {
        match (&self.os, &self.source_archive, &self.source_disk) {
            (Some(os), ..) => Source::OperatingSystem(os),
            (_, Some(archive), _) => Source::Archive(archive),
            (.., Some(disk)) => Source::Disk(disk),
            _ => Source::Nothing,
        }
    }

    /// The user who may log in on a server that boots from it.
    pub(super) fn login_user(&self) -> &'static str {
        self.os.as_deref().and_then(os::find).map_or("root", |os| os.user)
    }

    /// What is wrong with it as the disk at `path`.
    pub(super) fn check(&self, path: &Path, place: Place) -> Vec<Problem> {
        let sources = [&self.os, &self.source_archive, &self.source_disk];
        let count = sources.into_iter().flatten().count();
        let mut problems = Vec::new();
        if count > 1 {
            let message = "only one of `os`, `source-archive` and `source-disk` can be copied to it";
            problems.push(Problem::at(path.clone(), message).help("keep one of them"));
        }
        if count == 0 && place == Place::Boot {
            let help = "add `os=\"ubuntu-24.04\"`, `source-archive` or `source-disk`";
            problems.push(Problem::at(path.clone(), "a server cannot boot from an empty disk").help(help));
        }
        problems.extend(self.check_os(path));
        problems.extend(check_id("source_archive", self.source_archive.as_deref(), path));
        problems.extend(check_id("source_disk", self.source_disk.as_deref(), path));
        problems.extend(check_id("kms_key", self.kms_key.as_deref(), path));
        if self.kms_key.is_some() && self.encryption.is_none() {
            let problem = Problem::at(path.key("kms_key"), "a key encrypts nothing without `encryption`");
            problems.push(problem.help("add `encryption=\"aes256-xts\"`"));
        }
        problems
    }

    fn check_os(&self, path: &Path) -> Option<Problem> {
        let name = self.os.as_deref().filter(|name| os::find(name).is_none())?;
        let message = format!("there is no operating system `{name}`");
        Some(Problem::at(path.key("os"), message).help(os::advice(name)))
    }
}

/// Which of a server's disks it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The first: the server boots from it.
    Boot,
    /// Any other.
    Further,
}

fn check_id(field: &str, value: Option<&str>, path: &Path) -> Option<Problem> {
    let value = value.filter(|value| value.parse::<Id>().is_err())?;
    let problem = Problem::at(path.key(field), format!("`{value}` is not an id"));
    Some(problem.help("write the number that the control panel shows"))
}
