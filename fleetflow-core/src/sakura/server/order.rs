//! Ordering a server and its disks: in two calls where it has one disk, and never twice when an answer was lost.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::disk::{Disk, Encryption};
use super::image::{self, Content, SetUp};
use super::power::Start;
use super::wire::{Machine, Volume};
use super::work::Work;
use crate::error::{Error, ErrorKind, Result};
use crate::sakura::client::{self, Call};
use crate::sakura::wait::{Look, until, until_released};
use crate::sakura::watch::DISKS;
use crate::sakura::{Id, mark};

/// How long a copy may take: captured estimates go up to 15 minutes for 100 GiB (API doc "Read and progress").
const COPY: Duration = Duration::from_hours(3);
/// How often something whose answer was lost is looked for before it is asked for again, and how much longer the pause
/// before each look is: a gateway gives up on what may still be done behind it.
const LOOKS: u32 = 3;
const LATE: Duration = Duration::from_millis(500);
/// How long a deleted server's disk may stay busy.
const RELEASE: Duration = Duration::from_mins(10);

impl Work<'_> {
    /// Orders the server: powered off, without disks, with its network interfaces (API doc "Create").
    pub(super) async fn order(&self) -> Result<Machine> {
        let body = json!({ "Server": self.description()? });
        let call = Call::post(self.zone, "server", "create the server").body(body);
        match self.until_free(|| self.sakura.one(call.clone(), "Server")).await {
            // Whoever runs this looks for longer, before a second one is made.
            Err(error) if error.kind() == ErrorKind::Ambiguous => self.marked().await?.ok_or(error),
            other => other,
        }
    }

    /// What `call` makes, under `key` of its answer. When the answer is lost, `find` looks for it before it is asked for
    /// again.
    pub(super) async fn make<T, F>(&self, call: Call, key: &str, find: impl Fn() -> F) -> Result<T>
    where
        T: DeserializeOwned,
        F: Future<Output = Result<Option<T>>>,
    {
        let lost = match self.until_free(|| self.sakura.one(call.clone(), key)).await {
            Err(error) if error.kind() == ErrorKind::Ambiguous => error,
            other => return other,
        };
        for look in 0..LOOKS {
            tokio::time::sleep(LATE * look).await;
            if let Some(found) = find().await? {
                return Ok(found);
            }
            let operation = lost.operation().unwrap_or_default();
            self.context.waiting(format!("the answer was lost: {operation}"));
        }
        self.until_free(|| self.sakura.one(call.clone(), key)).await
    }

    fn description(&self) -> Result<Value> {
        let spec = self.spec;
        Ok(json!({
            "Name": spec.name,
            "Description": spec.description.as_deref().unwrap_or_default(),
            "Tags": self.tags(None),
            "ServerPlan": spec.plan.member(),
            "ConnectedSwitches": self.links()?,
            "WaitDiskMigration": false,
        }))
    }

    /// Orders the disks that the server does not have, in their order; the first comes with the configuration. A
    /// single disk starts the server by itself when it is ready.
    pub(super) async fn add_disks(
        &self,
        machine: &Machine,
        contents: &[Option<Content>],
        notes: &[Id],
    ) -> Result<Start> {
        let set_up = image::set_up(contents);
        let mut start = self.asked(machine, set_up)?;
        let all = self.spec.disk.iter().zip(contents).enumerate();
        for (index, (disk, content)) in all.skip(machine.disks.len()) {
            let mut body = self.disk(disk, content.as_ref());
            body["Disk"]["Server"] = json!({ "ID": machine.id });
            if index == 0 && set_up == SetUp::Edited {
                body["Config"] = self.config(notes)?;
            }
            if index == 0 && self.spec.disk.len() == 1 && set_up != SetUp::UserData {
                body["BootAtAvailable"] = true.into();
                start = Start::ByItself;
            }
            self.add_disk(machine.id, index, body).await?;
        }
        Ok(start)
    }

    /// The request for a new disk. The key stands beside the disk (API doc "Create").
    pub(super) fn disk(&self, disk: &Disk, content: Option<&Content>) -> Value {
        let mut described = json!({
            "Name": disk.name().unwrap_or(&self.spec.name),
            "Tags": mark::tags(&BTreeSet::new(), &self.context.owner, None),
            "SizeMB": u64::from(disk.size()) * 1024,
            "Connection": "virtio",
            "Plan": { "ID": disk.plan().id() },
        });
        if disk.encryption() != Encryption::None {
            described["EncryptionAlgorithm"] = disk.encryption().word().into();
        }
        if let Some((key, source)) = content.map(Content::member) {
            described[key] = source;
        }
        let mut body = json!({ "Disk": described });
        if let Some(key) = disk.kms_key() {
            body["KMSKey"] = json!({ "ID": key });
        }
        body
    }

    /// Orders the disk number `index`. Whether a lost order arrived is seen by how many disks the server has.
    async fn add_disk(&self, server: Id, index: usize, body: Value) -> Result<()> {
        let call = Call::post(self.zone, "disk", "create the disk").body(body);
        let find = || async move {
            let there = self.disks_of(server).await?;
            Ok(there.into_iter().nth(index))
        };
        let _: Volume = self.make(call, "Disk", find).await?;
        Ok(())
    }

    async fn disks_of(&self, server: Id) -> Result<Vec<Volume>> {
        let call = Call::get(self.zone, "disk", "list the disks of the server");
        self.sakura
            .list(call, "Disks", json!({ "Server.ID": [server] }))
            .await
    }

    /// Waits until every disk can be used. A failed copy is an error at once; a failed configuration too where it is
    /// `news`, because this run asked for it. Otherwise the answer is whether one failed before.
    pub(super) async fn disks_ready(&self, server: Id, news: bool) -> Result<bool> {
        until(self.context, COPY, |fresh| async move {
            let rows = self.sakura.glance(self.zone, DISKS, fresh).await?;
            let mut broken = false;
            let mut disks = Vec::new();
            for row in rows.iter() {
                let disk: Volume = client::decode(row.clone(), "Disks")?;
                if disk.server.is_some_and(|of| of.id == server) {
                    disks.push(disk);
                }
            }
            disks.sort_by_key(|disk| disk.connection_order);
            for disk in &disks {
                if disk.availability == "failed" {
                    return Err(self.failed_copy(disk));
                }
                if disk.availability != "available" {
                    return Ok(Look::NotYet(format!("disk copy {} %", disk.percent())));
                }
                match disk.config_error() {
                    Some(cause) if news => return Err(self.misconfigured(disk, cause)),
                    error => broken |= error.is_some(),
                }
            }
            Ok(Look::Ready(broken))
        })
        .await
    }

    pub(super) fn failed_copy(&self, disk: &Volume) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!("the copy to the disk {} failed", disk.id),
        )
        .on(&self.context.owner.address)
        .help("run the same command again: the disk is made anew")
    }

    /// Removes the disks from number `first` on, one of which is useless. A server that has run keeps its disks.
    pub(super) async fn drop_disks(&self, machine: &Machine, first: usize) -> Result<()> {
        if machine.has_run() {
            let message = "a copy to one of its disks failed, and the server has run already".to_owned();
            return Err(self.invalid(
                message,
                "remove that disk in the control panel, then run the same command again",
            ));
        }
        for disk in machine.disks.iter().skip(first) {
            self.drop_disk(disk.id).await?;
        }
        Ok(())
    }

    async fn drop_disk(&self, disk: Id) -> Result<()> {
        let path = format!("disk/{disk}");
        let unplug = Call::delete(
            self.zone,
            format!("{path}/to/server"),
            "take the failed disk off the server",
        );
        match self.patiently(unplug, &["res_already_disconnected"]).await {
            Err(error) if error.is_not_found() => return Ok(()),
            other => other?,
        }
        let call = Call::delete(self.zone, path, "delete the failed disk");
        until_released(self.sakura, self.context, call, RELEASE).await
    }
}
