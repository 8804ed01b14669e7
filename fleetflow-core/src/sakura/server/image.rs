//! What a server is ordered with: its plan, the sizes of its disks, and what is copied to them. All of it is looked up
//! and checked before anything is made.

use serde_json::{Value, json};

use super::disk::{Disk, Place, Source};
use super::plan::{Commitment, Plan};
use super::work::Work;
use crate::error::{Error, ErrorKind, Result};
use crate::sakura::lookup::Archive;
use crate::sakura::{Id, os};

/// What is copied to a disk.
#[derive(Clone, Debug)]
pub(super) struct Content {
    /// `SourceArchive` or `SourceDisk`.
    key: &'static str,
    id: Id,
    size_mb: u64,
    /// How host name, keys and scripts get into it.
    pub(super) set_up: SetUp,
}

/// How host name, keys and scripts get into a boot disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetUp {
    /// The cloud writes them into the disk.
    Edited,
    /// They are handed over at the first start (API doc "cloud-init variant").
    UserData,
    /// Not at all: Windows, appliances, unknown images.
    Never,
}

/// How the disk that a server with `contents` boots from is set up.
pub(super) fn set_up(contents: &[Option<Content>]) -> SetUp {
    let first = contents.first().and_then(Option::as_ref);
    first.map_or(SetUp::Never, |first| first.set_up)
}

impl Content {
    /// The content of a disk of this server.
    pub(super) const fn of_disk(id: Id, size_mb: u64) -> Self {
        Self {
            key: "SourceDisk",
            id,
            size_mb,
            set_up: SetUp::Never,
        }
    }

    /// The member of a request that names it.
    pub(super) fn member(&self) -> (&'static str, Value) {
        (self.key, json!({ "ID": self.id }))
    }
}

/// How many copies ago the image of a disk may have been published.
const ANCESTORS: usize = 10;

impl Work<'_> {
    /// What each disk is filled with, after everything about the order was checked.
    pub(super) async fn contents(&self) -> Result<Vec<Option<Content>>> {
        self.check_plan().await?;
        let mut contents = Vec::with_capacity(self.spec.disk.len());
        for (index, disk) in self.spec.disk.iter().enumerate() {
            let place = if index == 0 { Place::Boot } else { Place::Further };
            let content = self.content(disk, place).await?;
            self.check_size(disk, content.as_ref()).await?;
            contents.push(content);
        }
        if set_up(&contents) == SetUp::Never {
            self.check_needs_no_edit()?;
        }
        Ok(contents)
    }

    /// That the cloud sells the plan, for a new server and for a new plan of an old one.
    pub(super) async fn check_plan(&self) -> Result<()> {
        let (plan, zone) = (&self.spec.plan, self.zone);
        let sold: Vec<_> = self
            .sakura
            .server_plans(zone)
            .await?
            .into_iter()
            .filter(|row| row.is_sold() && row.commitment_is(plan.commitment()))
            .filter(|row| {
                plan.wanted_generation()
                    .is_none_or(|wanted| wanted == row.generation)
            })
            .collect();
        if sold
            .iter()
            .any(|row| row.cpu == plan.core() && row.memory_mb == plan.memory() * 1024)
        {
            return Ok(());
        }
        let mut near: Vec<_> = sold
            .iter()
            .filter(|row| row.cpu == plan.core())
            .map(|row| row.memory_mb / 1024)
            .collect();
        near.sort_unstable();
        near.dedup();
        let mut cores: Vec<_> = sold.iter().map(|row| row.cpu).collect();
        cores.sort_unstable();
        cores.dedup();
        let help = if near.is_empty() {
            format!("there are servers with {} cores", listed(&cores))
        } else {
            format!("with {} cores there are {} GiB", plan.core(), listed(&near))
        };
        Err(self.invalid(format!("{zone} has no server of {}", described(plan)), help))
    }

    pub(super) async fn check_size(&self, disk: &Disk, content: Option<&Content>) -> Result<()> {
        let sizes = self.sakura.disk_sizes(self.zone, disk.plan().id()).await?;
        let size = u64::from(disk.size());
        let kind = super::disk::plan_name(disk.plan().id());
        if !sizes.contains(&size) {
            let message = format!("{} has no {kind} of {size} GiB", self.zone);
            return Err(self.invalid(message, format!("there are {} GiB", listed(&sizes))));
        }
        let least = content.map_or(0, |content| content.size_mb).div_ceil(1024);
        if size < least {
            let message = format!("a disk of {size} GiB is too small for what is copied to it");
            return Err(self.invalid(message, format!("take at least {least} GiB")));
        }
        Ok(())
    }

    pub(super) async fn content(&self, disk: &Disk, place: Place) -> Result<Option<Content>> {
        let (key, path) = match disk.source() {
            Source::Nothing => return Ok(None),
            Source::OperatingSystem(name) => {
                let archive = self.public(name).await?;
                return self.filled("SourceArchive", archive, place).await.map(Some);
            }
            Source::Archive(id) => ("SourceArchive", format!("archive/{id}")),
            Source::Disk(id) => ("SourceDisk", format!("disk/{id}")),
        };
        let archive = self.sakura.copied(self.zone, &path).await.map_err(|error| {
            let help = format!(
                "archives and disks live in one zone: look for it in {}",
                self.zone
            );
            if error.is_not_found() {
                error.help(help)
            } else {
                error
            }
        })?;
        self.filled(key, archive, place).await.map(Some)
    }

    async fn public(&self, name: &str) -> Result<Archive> {
        let os = os::find(name).ok_or_else(|| {
            self.invalid(format!("there is no operating system `{name}`"), os::advice(name))
        })?;
        self.sakura.public_archive(self.zone, name, os.filter()).await
    }

    /// Only the disk that the server boots from is ever configured.
    async fn filled(&self, key: &'static str, archive: Archive, place: Place) -> Result<Content> {
        let (id, size_mb) = (archive.id, archive.size_mb);
        let set_up = if place == Place::Further {
            SetUp::Never
        } else if archive.reads_user_data() {
            SetUp::UserData
        } else if self.is_editable(archive).await? {
            SetUp::Edited
        } else {
            SetUp::Never
        };
        Ok(Content {
            key,
            id,
            size_mb,
            set_up,
        })
    }

    /// Goes from copy to copy back to an archive that says what it is (API doc "Disk edit").
    pub(super) async fn is_editable(&self, mut archive: Archive) -> Result<bool> {
        for _ in 0..ANCESTORS {
            if let Some(answer) = archive.is_editable() {
                return Ok(answer);
            }
            let Some(path) = archive.source() else { break };
            archive = match self.sakura.copied(self.zone, &path).await {
                Err(error) if error.is_not_found() => break,
                other => other?,
            };
        }
        Ok(false)
    }

    fn check_needs_no_edit(&self) -> Result<()> {
        let spec = self.spec;
        let wanted = [
            ("hostname", spec.hostname.is_some()),
            ("ssh-key", !spec.ssh_key.is_empty()),
            ("password", spec.password.is_some()),
            ("startup-script", spec.startup_script.is_some()),
            ("docker", spec.docker),
            (
                "the addresses of interfaces",
                spec.nic.iter().any(|nic| nic.ip.is_some()),
            ),
        ];
        let wanted: Vec<_> = wanted
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(name, _)| name)
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let message = format!(
            "SAKURA Cloud cannot write {} into the image of its boot disk",
            wanted.join(", ")
        );
        let help = "leave these out and set the server up by hand, or choose a Linux image";
        Err(self.invalid(message, help))
    }

    pub(super) fn invalid(&self, message: String, help: impl Into<String>) -> Error {
        Error::new(ErrorKind::Invalid, message)
            .on(&self.context.owner.address)
            .help(help)
    }
}

impl crate::sakura::lookup::ServerPlan {
    /// Whether `plan` is this size; of several generations, where it names none.
    pub(in crate::sakura) fn is(&self, plan: &Plan) -> bool {
        self.is_sold()
            && self.commitment_is(plan.commitment())
            && self.cpu == plan.core()
            && self.memory_mb == plan.memory() * 1024
            && plan
                .wanted_generation()
                .is_none_or(|wanted| wanted == self.generation)
    }

    fn commitment_is(&self, commitment: Commitment) -> bool {
        (self.commitment == commitment.word())
            || (self.commitment.is_empty() && commitment == Commitment::Standard)
    }
}

fn described(plan: &Plan) -> String {
    let mut text = plan.to_string();
    if plan.commitment() == Commitment::Dedicated {
        text.push_str(" with dedicated cores");
    }
    if let Some(generation) = plan.wanted_generation() {
        text.push_str(&format!(" of generation {generation}"));
    }
    text
}

fn listed<T: std::fmt::Display>(values: &[T]) -> String {
    let texts: Vec<_> = values.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
