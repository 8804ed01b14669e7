//! Changes of the disks of a server that exists. A disk never changes: a bigger one is a copy, and the old one is kept
//! until the server runs from the new one. A run may be interrupted anywhere; what it left is understood by `layout`.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::disk::{Place, Source};
use super::image::Content;
use super::layout::{Layout, Slot};
use super::wire::{Machine, Volume};
use super::work::Work;
use crate::error::{Error, ErrorKind, Result};
use crate::sakura::client::{self, Call};
use crate::sakura::wait::{Look, until, until_released};
use crate::sakura::watch::{DISKS, row};
use crate::sakura::{Id, mark, os};

/// How long a copy may take.
const COPY: Duration = Duration::from_hours(6);
/// How long a disk may stay busy after it was unplugged.
const RELEASE: Duration = Duration::from_mins(10);

impl Work<'_> {
    /// How the disks that are there stand to the declared ones.
    pub(super) async fn layout(&self, machine: &Machine) -> Result<Layout> {
        let rows = self.disks_of_zone().await?;
        Ok(Layout::of(self.spec, &self.context.owner, machine, &rows))
    }

    async fn disks_of_zone(&self) -> Result<Vec<Volume>> {
        let call = Call::get(self.zone, "disk", format!("list the disks of {}", self.zone));
        self.sakura.list(call, "Disks", serde_json::Value::Null).await
    }

    /// That the cloud sells every disk that has to be made, and what is copied to it. Before anything is changed.
    pub(super) async fn check_layout(&self, layout: &Layout) -> Result<Vec<Option<Content>>> {
        let mut contents = Vec::new();
        for (disk, slot) in self.spec.disk.iter().zip(&layout.slots) {
            let content = match slot {
                Slot::Is(_) | Slot::Outgrown { copy: Some(_), .. } => None,
                Slot::Outgrown { old, copy: None } => {
                    let content = Content::of_disk(old.id, old.size_mb);
                    self.check_size(disk, Some(&content)).await?;
                    Some(content)
                }
                Slot::Empty => {
                    let content = self.content(disk, Place::Further).await?;
                    self.check_size(disk, content.as_ref()).await?;
                    content
                }
            };
            contents.push(content);
        }
        Ok(contents)
    }

    /// Writes down in the cloud what is going to happen, so that an interrupted run can be gone on with: which disks
    /// are ours, and which were to go.
    pub(super) async fn announce(&self, layout: &Layout) -> Result<()> {
        for slot in &layout.slots {
            if let Slot::Outgrown { old, .. } = slot
                && mark::owner_in(&old.tags).is_none()
            {
                let mark = mark::tag(&self.context.owner);
                self.tag(old, mark).await?;
            }
        }
        for disk in layout
            .leaving
            .iter()
            .filter(|disk| self.is_ours(disk) && !mark::is_leaving(&disk.tags))
        {
            self.tag(disk, mark::LEAVING.to_owned()).await?;
        }
        Ok(())
    }

    fn is_ours(&self, disk: &Volume) -> bool {
        mark::owner_in(&disk.tags).as_ref() == Some(&self.context.owner)
    }

    async fn tag(&self, disk: &Volume, tag: String) -> Result<()> {
        let tags: Vec<_> = disk.tags.iter().cloned().chain([tag]).collect();
        let call = Call::put(self.zone, format!("disk/{}", disk.id), "mark a disk");
        self.patiently(call.body(json!({ "Disk": { "Tags": tags } })), &[])
            .await
    }

    /// Gives the disks their declared names. It disturbs nobody.
    pub(super) async fn rename(&self, layout: &Layout) -> Result<()> {
        for (disk, slot) in self.spec.disk.iter().zip(&layout.slots) {
            let Slot::Is(there) = slot else { continue };
            let name = disk.name().unwrap_or(&self.spec.name);
            if there.name != name && (disk.name().is_some() || self.is_ours(there)) {
                let call = Call::put(self.zone, format!("disk/{}", there.id), "rename a disk");
                self.patiently(call.body(json!({ "Disk": { "Name": name } })), &[])
                    .await?;
            }
        }
        Ok(())
    }

    /// Makes the disks that are missing or outgrown, and plugs all of them in, in their order. The server is off.
    /// Answers which disk it boots from.
    pub(super) async fn arrange(&self, layout: &Layout, contents: &[Option<Content>]) -> Result<Option<Id>> {
        let mut order = Vec::new();
        let mut grown = Vec::new();
        let known = |slot: &Slot| match slot {
            Slot::Is(disk) => Some(disk.id),
            Slot::Outgrown { copy: Some(disk), .. } => Some(disk.id),
            Slot::Outgrown { copy: None, .. } | Slot::Empty => None,
        };
        for (index, (slot, content)) in layout.slots.iter().zip(contents).enumerate() {
            let id = match known(slot) {
                Some(id) => id,
                None => self.add_loose(index, content.as_ref()).await?,
            };
            if let Slot::Outgrown { old, .. } = slot {
                grown.push((index, old.size_mb, id));
            }
            order.push(id);
        }
        for id in &order {
            self.usable(*id).await?;
        }
        for (index, before, id) in grown {
            self.fill(index, before, id).await?;
        }
        self.plug_in(layout, &order).await?;
        Ok(order.first().copied())
    }

    /// Orders a disk that is not plugged in yet. A lost answer is looked for among ours that are in no use.
    async fn add_loose(&self, index: usize, content: Option<&Content>) -> Result<Id> {
        let mut body = self.disk(&self.spec.disk[index], content);
        let boots = (index == 0).then(|| mark::BOOT.to_owned());
        body["Disk"]["Tags"] = mark::tags(&BTreeSet::new(), &self.context.owner, boots).into();
        let call = Call::post(self.zone, "disk", "create the disk").body(body);
        let before: BTreeSet<_> = self.disks_of_zone().await?.iter().map(|disk| disk.id).collect();
        let before = &before;
        let find = || async move {
            let new = |disk: &Volume| !before.contains(&disk.id) && self.is_ours(disk);
            Ok(self.disks_of_zone().await?.into_iter().find(new))
        };
        let made: Volume = self.make(call, "Disk", find).await?;
        Ok(made.id)
    }

    /// Waits until the disk `id` can be used.
    async fn usable(&self, id: Id) -> Result<()> {
        until(self.context, COPY, |fresh| async move {
            let rows = self.sakura.glance(self.zone, DISKS, fresh).await?;
            let Some(row) = row(&rows, id) else {
                let message = format!("the disk {id} is gone");
                return Err(Error::new(ErrorKind::NotFound, message).on(&self.context.owner.address));
            };
            let disk: Volume = client::decode(row.clone(), "Disks")?;
            match disk.availability.as_str() {
                "available" => Ok(Look::Ready(())),
                "failed" => Err(self.failed_copy(&disk)),
                _ => Ok(Look::NotYet(format!("disk copy {} %", disk.percent()))),
            }
        })
        .await
    }

    /// Lets the last partition fill a boot disk that has become bigger (API doc "Paths"). Images with cloud-init do that
    /// by themselves; what is on further disks is not known.
    async fn fill(&self, index: usize, before_mb: u64, id: Id) -> Result<()> {
        let disk = &self.spec.disk[index];
        let is_bigger = u64::from(disk.size()) * 1024 > before_mb;
        if index > 0 || !is_bigger || !self.has_known_partitions(id).await? {
            return Ok(());
        }
        let path = format!("disk/{id}/resize-partition");
        let call = Call::put(self.zone, path, "let the partition fill the bigger disk");
        self.patiently(call.body(json!({ "Background": true })), &[])
            .await?;
        self.usable(id).await
    }

    async fn has_known_partitions(&self, id: Id) -> Result<bool> {
        match self.spec.disk[0].source() {
            Source::OperatingSystem(name) => Ok(os::find(name).is_some_and(os::OperatingSystem::is_edited)),
            _ => {
                let copy = self.sakura.copied(self.zone, &format!("disk/{id}")).await?;
                self.is_editable(copy).await
            }
        }
    }

    /// Unplugs what is in the wrong place, from behind: what the server boots from goes last, and comes back first.
    async fn plug_in(&self, layout: &Layout, order: &[Id]) -> Result<()> {
        let same = layout
            .plugged
            .iter()
            .zip(order)
            .take_while(|(there, wanted)| there == wanted)
            .count();
        for id in layout.plugged.iter().skip(same).rev() {
            let call = Call::delete(self.zone, format!("disk/{id}/to/server"), "unplug a disk");
            self.patiently(call, &["res_already_disconnected"]).await?;
        }
        let server = self.server_now().await?;
        for id in order.iter().skip(same) {
            let call = Call::put(
                self.zone,
                format!("disk/{id}/to/server/{server}"),
                "plug a disk in",
            );
            self.patiently(call, &["res_already_connected"]).await?;
        }
        Ok(())
    }

    async fn server_now(&self) -> Result<Id> {
        let machine = self.marked().await?;
        machine.map(|machine| machine.id).ok_or_else(|| self.gone())
    }

    /// Deletes what is not needed any more, now that the server runs: disks whose copies have taken their places, copies
    /// that were begun in vain, and disks that were to go. What we did not make is only unplugged.
    pub(super) async fn clear(&self, layout: &Layout) -> Result<()> {
        let outgrown = layout.slots.iter().filter_map(|slot| match slot {
            Slot::Outgrown { old, .. } => Some(old.id),
            Slot::Is(_) | Slot::Empty => None,
        });
        let leaving = layout
            .leaving
            .iter()
            .filter(|disk| self.is_ours(disk))
            .map(|disk| disk.id);
        for id in outgrown
            .chain(leaving)
            .chain(layout.spare.iter().map(|disk| disk.id))
        {
            let call = Call::delete(
                self.zone,
                format!("disk/{id}"),
                "delete a disk that is not needed any more",
            );
            until_released(self.sakura, self.context, call, RELEASE).await?;
        }
        Ok(())
    }
}
