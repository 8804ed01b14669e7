//! The records of one zone as a table that single requests and batches change alike. It does not answer requests.

use jiff::Timestamp;

use super::body::Body;
use super::fields::Fields;
use super::{Meta, Record, Records, conflict, refusal, settle};
use crate::cloudflare::answer::Failure;
use crate::cloudflare::rows::Zone;

/// A zone with its records, at one moment.
pub(super) struct Table<'a> {
    pub(super) zone: &'a Zone,
    pub(super) records: &'a mut Records,
    now: Timestamp,
    /// What was at each place that was changed, in the order of the changes.
    before: Vec<(u64, Option<Record>)>,
}

impl<'a> Table<'a> {
    pub(super) fn new(zone: &'a Zone, records: &'a mut Records, now: Timestamp) -> Self {
        let before = Vec::new();
        Self {
            zone,
            records,
            now,
            before,
        }
    }

    /// Takes every change back.
    pub(super) fn undo(&mut self) {
        while let Some((place, record)) = self.before.pop() {
            self.records.put(place, record);
        }
    }

    fn put(&mut self, place: u64, record: Option<Record>) {
        let before = self.records.put(place, record);
        self.before.push((place, before));
    }

    /// The record with this id.
    pub(super) fn find(&self, id: &str) -> Result<&Record, Failure> {
        let found = self.records.find(id).ok_or_else(refusal::missing)?;
        Ok(found.1)
    }

    /// Adds a record.
    pub(super) fn add(&mut self, id: String, body: Body) -> Result<Record, Failure> {
        let fields = settle::settle(body.alone()?, self.zone)?;
        conflict::check(self.records, &fields, None, &self.zone.name)?;
        let record = Record::new(id, fields, Meta::default(), self.now);
        self.put(self.records.end(), Some(record.clone()));
        Ok(record)
    }

    /// Replaces a record: what is not sent goes back to its default.
    pub(super) fn overwrite(&mut self, id: &str, body: Body) -> Result<Record, Failure> {
        self.find_own(id)?;
        self.replace(id, body.alone()?)
    }

    /// Changes a record: what is not sent stays.
    pub(super) fn merge(&mut self, id: &str, body: Body) -> Result<Record, Failure> {
        let base = self.find_own(id)?.fields.clone();
        self.replace(id, body.over(base)?)
    }

    /// Takes a record away.
    pub(super) fn remove(&mut self, id: &str) -> Result<Record, Failure> {
        let removed = self.find_own(id)?.clone();
        let (place, _) = self.records.find(id).ok_or_else(refusal::missing)?;
        self.put(place, None);
        if let Err(failure) = conflict::check_remaining(self.records, &removed.fields.name) {
            self.put(place, Some(removed));
            return Err(failure);
        }
        Ok(removed)
    }

    fn find_own(&self, id: &str) -> Result<&Record, Failure> {
        let record = self.find(id)?;
        if record.meta.read_only {
            Err(refusal::read_only())
        } else {
            Ok(record)
        }
    }

    fn replace(&mut self, id: &str, fields: Fields) -> Result<Record, Failure> {
        let fields = settle::settle(fields, self.zone)?;
        conflict::check(self.records, &fields, Some(id), &self.zone.name)?;
        let (place, record) = self.records.find(id).ok_or_else(refusal::missing)?;
        let mut record = record.clone();
        record.change(fields, self.now);
        self.put(place, Some(record.clone()));
        Ok(record)
    }
}

impl Record {
    /// A record made at this moment.
    pub(super) fn new(id: String, fields: Fields, meta: Meta, now: Timestamp) -> Self {
        let comment_modified_on = fields.comment.as_ref().map(|_| now);
        let tags_modified_on = (!fields.tags.is_empty()).then_some(now);
        Self {
            id,
            fields,
            meta,
            created_on: now,
            modified_on: now,
            comment_modified_on,
            tags_modified_on,
        }
    }

    /// The date of the last write moves even when nothing changed.
    fn change(&mut self, fields: Fields, now: Timestamp) {
        if self.fields.comment != fields.comment {
            self.comment_modified_on = Some(now);
        }
        if self.fields.tags != fields.tags {
            self.tags_modified_on = Some(now);
        }
        self.fields = fields;
        self.modified_on = now;
    }
}
