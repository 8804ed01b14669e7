//! Writing under the lease: appends, snapshots, and setting aside what is damaged.

use tokio::sync::Mutex;

use super::journal::{OLD_SNAPSHOT, Reading, SNAPSHOT, decode, numbers_after, page};
use super::lease::{self, Held};
use super::objects::{Condition, Objects, Put};
use super::{BucketStore, LONG};
use crate::error::Result;
use crate::state::format::{Header, Journal, Snapshot, encode, encode_header};
use crate::state::store::fenced;
use crate::state::{Event, Holder};

/// The holder of the lease.
#[derive(Debug)]
pub(in crate::state) struct Writer {
    pub(super) number: u64,
    objects: Objects,
    held: Held,
    /// Where the journal goes on: everything up to and with the page that was written last.
    cursor: Mutex<Reading>,
}

impl Writer {
    /// Takes the lease, and puts a page of its own behind all others: from then on nobody before it can write.
    pub(super) async fn begin(store: &BucketStore, holder: Holder) -> Result<Self> {
        let (held, mut reading) = lease::take(store, &holder).await?;
        let objects = &store.objects;
        loop {
            let next = reading.page + 1;
            let header = Header::new(next, held.number, reading.state.serial());
            let fence = encode_header(&header)?.into_bytes();
            if let Put::Done(_) = objects.put(&page(next), fence, Condition::Absent).await? {
                reading.page = next;
                break;
            }
            // The holder before us was not dead yet, and wrote one more.
            reading = Reading::read(objects).await?;
            if reading.lease > held.number {
                return Err(fenced());
            }
        }
        let writer = Self {
            number: held.number,
            objects: objects.clone(),
            held,
            cursor: Mutex::new(reading),
        };
        writer.snapshot_if_long().await?;
        Ok(writer)
    }

    /// As a machine that hangs: the holder shows no life any more.
    #[cfg(test)]
    pub(super) fn hang(&self) {
        self.held.hang();
    }

    /// As a machine that slept: the holder believes that it showed life just now.
    #[cfg(test)]
    pub(super) fn believe(&self) {
        self.held.believe();
    }

    /// What is known without asking.
    pub(super) fn still_held(&self) -> Result<()> {
        if self.held.is_certain() {
            Ok(())
        } else {
            Err(fenced())
        }
    }

    /// One put, however long the journal is.
    pub(super) async fn append(&self, events: &[Event]) -> Result<()> {
        let mut cursor = self.cursor.lock().await;
        loop {
            self.still_held()?;
            let (next, serial) = (cursor.page + 1, cursor.state.serial());
            let mut text = encode_header(&Header::new(next, self.number, serial))?;
            text += &encode(events, serial + 1, self.number)?;
            let name = page(next);
            let put = self.objects.put(&name, text.into_bytes(), Condition::Absent);
            match put.await? {
                Put::Done(_) => {
                    cursor.take_in(next, events);
                    return Ok(());
                }
                Put::Refused => self.look_who_wrote(next, &mut cursor).await?,
            }
        }
    }

    /// The page is there already: somebody took over; or it is ours, of an append that nobody waited for.
    async fn look_who_wrote(&self, number: u64, cursor: &mut Reading) -> Result<()> {
        let name = page(number);
        let found = self.objects.get(&name).await?;
        let journal = match &found {
            Some(found) => decode(&self.objects, &name, &found.bytes)?,
            None => Journal::default(),
        };
        if journal.header.lease != self.number {
            self.held.lost();
            return Err(fenced());
        }
        let events: Vec<_> = journal.records.into_iter().map(|record| record.event).collect();
        cursor.take_in(number, &events);
        Ok(())
    }

    /// Gives the lease back.
    pub(super) async fn end(&self) -> Result<()> {
        // The snapshot only saves time. If it fails now, the next run makes it, and says what stands in its way.
        if let Err(error) = self.snapshot_if_long().await {
            tracing::warn!(%error, "no snapshot of the state was made");
        }
        let serial = self.cursor.lock().await.state.serial();
        self.held.give_back(serial).await
    }

    async fn snapshot_if_long(&self) -> Result<()> {
        let mut cursor = self.cursor.lock().await;
        // What is damaged is not covered up: it is told until it is repaired.
        if cursor.page - cursor.covered < LONG || !cursor.state.damage().is_empty() {
            return Ok(());
        }
        if cursor.snapshot.is_some() {
            self.objects.copy(SNAPSHOT, OLD_SNAPSHOT).await?;
        }
        let before = cursor.covered;
        if self.put_snapshot(&mut cursor).await? {
            // The pages of the generation before stay, so that a damaged snapshot can be made again.
            self.remove_pages(before).await?;
        }
        Ok(())
    }

    /// Folds everything into the snapshot; false when somebody else changed it.
    async fn put_snapshot(&self, cursor: &mut Reading) -> Result<bool> {
        let text = Snapshot::new(cursor.page, self.number, cursor.state.clone()).encode()?;
        let condition = match cursor.snapshot.clone() {
            Some(version) => Condition::Unchanged(version),
            None => Condition::Absent,
        };
        match self.objects.put(SNAPSHOT, text.into_bytes(), condition).await? {
            Put::Done(version) => {
                cursor.snapshot = Some(version);
                cursor.covered = cursor.page;
                Ok(true)
            }
            Put::Refused => Ok(false),
        }
    }

    /// Removes the pages up to `last`.
    async fn remove_pages(&self, last: u64) -> Result<()> {
        let numbers = numbers_after(&self.objects, 0).await?;
        let names: Vec<_> = numbers
            .into_iter()
            .filter(|number| *number <= last)
            .map(page)
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        self.objects.remove(names).await
    }

    /// Keeps copies of everything, and goes on from a snapshot of what is whole.
    pub(super) async fn repair(&self) -> Result<Vec<String>> {
        let mut cursor = self.cursor.lock().await;
        self.still_held()?;
        *cursor = Reading {
            page: cursor.page,
            ..Reading::read(&self.objects).await?
        };
        let damage = cursor.state.damage().to_vec();
        if damage.is_empty() {
            return Ok(damage);
        }
        let pages = numbers_after(&self.objects, 0).await?;
        let names = pages
            .into_iter()
            .map(page)
            .chain([SNAPSHOT, OLD_SNAPSHOT].map(str::to_owned));
        for name in names {
            if self.objects.stored(&name).await?.is_some() {
                let aside = format!("damaged-{}/{name}", self.number);
                self.objects.copy(&name, &aside).await?;
            }
        }
        if !self.put_snapshot(&mut cursor).await? {
            return Err(fenced());
        }
        self.objects.remove(vec![OLD_SNAPSHOT.to_owned()]).await?;
        self.remove_pages(cursor.page).await?;
        Ok(damage)
    }
}

impl Reading {
    /// Page `number` holds `events`.
    fn take_in(&mut self, number: u64, events: &[Event]) {
        for event in events {
            self.state.apply(event);
        }
        self.page = number;
    }
}
