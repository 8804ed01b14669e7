//! The records of one zone as a table that single requests and batches change alike. It does not answer requests.

use jiff::Timestamp;

use super::body::Body;
use super::fields::Fields;
use super::{Meta, Record, conflict, refusal, settle};
use crate::cloudflare::answer::Failure;
use crate::cloudflare::rows::Zone;

/// A zone with its records, at one moment.
pub(super) struct Table<'a> {
    pub(super) zone: &'a Zone,
    pub(super) records: &'a mut Vec<Record>,
    pub(super) now: Timestamp,
}

impl Table<'_> {
    /// The record with this id.
    pub(super) fn find(&self, id: &str) -> Result<&Record, Failure> {
        self.records
            .iter()
            .find(|record| record.id == id)
            .ok_or_else(refusal::missing)
    }

    /// Adds a record.
    pub(super) fn add(&mut self, id: String, body: Body) -> Result<Record, Failure> {
        let fields = settle::settle(body.alone()?, self.zone)?;
        conflict::check(self.records, &fields, None, &self.zone.name)?;
        let record = Record::new(id, fields, Meta::default(), self.now);
        self.records.push(record.clone());
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
        self.find_own(id)?;
        let at = self
            .records
            .iter()
            .position(|record| record.id == id)
            .ok_or_else(refusal::missing)?;
        let removed = self.records.remove(at);
        if let Err(failure) = conflict::check_remaining(self.records, &removed.fields.name) {
            self.records.insert(at, removed);
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
        let now = self.now;
        let record = self
            .records
            .iter_mut()
            .find(|record| record.id == id)
            .ok_or_else(refusal::missing)?;
        record.change(fields, now);
        Ok(record.clone())
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
