//! Changes of one zone in as few requests as the API allows (API doc §3.4). It decides nothing about what changes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::DnsRecord;
use super::look::list;
use super::operations::{Deed, Operation, chunks, ordered};
use super::wire::{Row, body, identity};
use crate::cloudflare::Cloudflare;
use crate::cloudflare::answer::has_code;
use crate::cloudflare::zones::Zone;
use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{BatchStep, Made, Verb};

/// The permission that every change needs.
const PERMISSION: &str = "DNS Write";
/// Operations in one request: on the plan without fees, and on the others (API doc §3.4).
const FREE_LIMIT: usize = 200;
const PAID_LIMIT: usize = 3500;
/// How often a request whose answer was lost is looked after and sent again.
const ATTEMPTS: usize = 5;

/// Carries out `steps`, which are all about the zone `zone`: one answer a step.
pub(super) async fn carry_out(
    cloud: &Cloudflare,
    zone: &str,
    steps: Vec<BatchStep>,
) -> Vec<Result<Option<Made>>> {
    let zone = match cloud.zone(zone).await {
        Ok(zone) => zone,
        Err(error) => return steps.iter().map(|_| Err(error.clone())).collect(),
    };
    let deletes: Vec<bool> = steps
        .iter()
        .map(|step| matches!(step.verb, Verb::Delete { .. }))
        .collect();
    let cancelled = steps.first().map(|step| step.context.cancelled.clone());
    let mut answers = Answers::default();
    let mut operations = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        match Operation::of(index, step) {
            Ok(operation) => operations.push(operation),
            Err(error) => answers.refused(index, error),
        }
    }
    let limit = if zone.is_free() { FREE_LIMIT } else { PAID_LIMIT };
    let errand = Errand { cloud, zone };
    for chunk in chunks(ordered(operations), limit) {
        if cancelled.as_ref().is_some_and(CancellationToken::is_cancelled) {
            let stopped = Error::new(ErrorKind::Cancelled, "stopped before it was sent");
            answers.all_refused(&chunk, &stopped);
        } else {
            errand.carry_out(chunk, &mut answers).await;
        }
    }
    deletes
        .into_iter()
        .enumerate()
        .map(|(index, is_delete)| answers.of(index, is_delete))
        .collect()
}

/// What became of each step.
#[derive(Default)]
struct Answers {
    made: BTreeMap<usize, String>,
    refused: BTreeMap<usize, Error>,
}

impl Answers {
    fn refused(&mut self, step: usize, error: Error) {
        self.refused.entry(step).or_insert(error);
    }

    fn all_refused(&mut self, operations: &[Operation], error: &Error) {
        for operation in operations {
            self.refused(operation.step, error.clone());
        }
    }

    fn done(&mut self, operation: &Operation, id: String) {
        self.made.insert(operation.step, id);
    }

    fn of(&mut self, step: usize, is_delete: bool) -> Result<Option<Made>> {
        match (self.refused.remove(&step), self.made.remove(&step)) {
            (Some(error), _) => Err(error),
            (None, Some(_)) if is_delete => Ok(None),
            (None, Some(id)) => Ok(Some(Made {
                id,
                outputs: Map::new(),
            })),
            (None, None) => Err(Error::new(ErrorKind::Internal, "the batch left a record out")),
        }
    }
}

/// The lists of an answer.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Done {
    posts: Option<Vec<Row>>,
}

struct Errand<'e> {
    cloud: &'e Cloudflare,
    zone: Zone,
}

impl Errand<'_> {
    /// One request; when its answer is lost, what is still to be done goes into the next one.
    async fn carry_out(&self, mut operations: Vec<Operation>, answers: &mut Answers) {
        for attempt in 1..=ATTEMPTS {
            match self.send(&operations).await {
                Ok(done) => return self.take_in(done, &operations, answers).await,
                Err(error) if error.kind() == ErrorKind::Ambiguous && attempt < ATTEMPTS => {
                    match self.still_to_do(operations.clone(), answers).await {
                        Ok(rest) if rest.is_empty() => return,
                        Ok(rest) => operations = rest,
                        Err(error) => return answers.all_refused(&operations, &error),
                    }
                }
                Err(error) if is_about_one(&error) => return self.apart(operations, error, answers).await,
                Err(error) => return answers.all_refused(&operations, &error),
            }
        }
    }

    async fn send(&self, operations: &[Operation]) -> Result<Done> {
        let path = format!("/zones/{}/dns_records/batch", self.zone.id);
        let operation = format!("write {} DNS record(s) of {}", operations.len(), self.zone.name);
        let call = self.cloud.call(http::Method::POST, &path, operation);
        call.needs(PERMISSION).json(&request(operations))?.send().await
    }

    /// Writes down the ids. An answer that leaves a new record out is treated like a lost one.
    async fn take_in(&self, done: Done, operations: &[Operation], answers: &mut Answers) {
        let posts = done.posts.unwrap_or_default();
        let mut unseen = Vec::new();
        for operation in operations {
            let id = match &operation.deed {
                Deed::Delete { id } | Deed::Patch { id, .. } => Some(id.clone()),
                Deed::Post { record } => posts
                    .iter()
                    .find(|row| is_made_by(row, record, &self.zone_name()))
                    .map(|row| row.id.clone()),
            };
            match id {
                Some(id) => answers.done(operation, id),
                None => unseen.push(operation.clone()),
            }
        }
        if unseen.is_empty() {
            return;
        }
        match self.still_to_do(unseen.clone(), answers).await {
            Ok(rest) => {
                let missing = Error::new(ErrorKind::Ambiguous, "the answer does not tell of the new record")
                    .help("run the same command again: it looks first");
                answers.all_refused(&rest, &missing);
            }
            Err(error) => answers.all_refused(&unseen, &error),
        }
    }

    /// Looks at the zone: what took effect is written down, the rest is answered.
    async fn still_to_do(&self, operations: Vec<Operation>, answers: &mut Answers) -> Result<Vec<Operation>> {
        let rows = list(self.cloud, &self.zone.id).await?;
        let zone = self.zone_name();
        let mut rest = Vec::new();
        for operation in operations {
            match operation.effect(&rows, &zone) {
                Some(id) => answers.done(&operation, id),
                None => rest.push(operation),
            }
        }
        Ok(rest)
    }

    /// A batch is refused as a whole, and does not say reliably because of which record (API doc §3.4): halves of it
    /// tell. Records of one name stay together as long as there are others.
    async fn apart(&self, operations: Vec<Operation>, error: Error, answers: &mut Answers) {
        if let [only] = operations.as_slice() {
            return match gone(only, &error) {
                Some(id) => answers.done(only, id),
                None => answers.refused(only.step, explained(&error, only)),
            };
        }
        let (first, second) = halves(operations);
        Box::pin(self.carry_out(first, answers)).await;
        Box::pin(self.carry_out(second, answers)).await;
    }

    fn zone_name(&self) -> String {
        crate::cloudflare::name::host(&self.zone.name).unwrap_or_else(|_| self.zone.name.clone())
    }
}

/// Whether a refusal may be about one record of several, and not about the request.
fn is_about_one(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Refused | ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Invalid
    )
}

/// A record to be deleted that is not there is as good as deleted.
fn gone(operation: &Operation, error: &Error) -> Option<String> {
    match &operation.deed {
        Deed::Delete { id } if has_code(error, &[81_044]) => Some(id.clone()),
        _ => None,
    }
}

/// The same refusal, about this record: what the whole request was called says nothing about it.
fn explained(error: &Error, operation: &Operation) -> Error {
    let help = match error.kind() {
        ErrorKind::Conflict => Some(
            "somebody else's record is in the way: delete it at Cloudflare, or take it over with `flow import`",
        ),
        ErrorKind::NotFound => Some("it was deleted meanwhile: run the same command again to make it anew"),
        _ => error.advice(),
    };
    let code = match error.kind() {
        ErrorKind::Conflict => &codes::TAKEN,
        _ => error.registered(),
    };
    let mut told = Error::of(code, error.message()).during(operation.described());
    if let Some(help) = help {
        told = told.help(help);
    }
    if let Some(code) = error.provider_code() {
        told = told.code(code);
    }
    match error.provider_request_id() {
        Some(id) => told.request_id(id),
        None => told,
    }
}

fn halves(operations: Vec<Operation>) -> (Vec<Operation>, Vec<Operation>) {
    let names: BTreeSet<&str> = operations
        .iter()
        .map(|operation| operation.name.as_str())
        .collect();
    if names.len() < 2 {
        let mut first = operations;
        let second = first.split_off(first.len() / 2);
        return (first, second);
    }
    let middle: Vec<&str> = names.into_iter().collect();
    let middle = middle[middle.len() / 2].to_owned();
    operations
        .into_iter()
        .partition(|operation| operation.name < middle)
}

fn request(operations: &[Operation]) -> Value {
    let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for operation in operations {
        let (list, value) = match &operation.deed {
            Deed::Delete { id } => ("deletes", json!({"id": id})),
            Deed::Patch { id, record, .. } => {
                let mut value = body(record);
                value["id"] = json!(id);
                ("patches", value)
            }
            Deed::Post { record } => ("posts", body(record)),
        };
        lists.entry(list).or_default().push(value);
    }
    json!(lists)
}

impl Operation {
    /// The record's id if the operation took effect, as the zone's `rows` show.
    fn effect(&self, rows: &[Row], zone: &str) -> Option<String> {
        match &self.deed {
            Deed::Delete { id } => rows.iter().all(|row| row.id != *id).then(|| id.clone()),
            Deed::Patch { id, record, .. } => {
                let row = rows.iter().find(|row| row.id == *id)?;
                (row.record(zone)? == canonical(record)).then(|| id.clone())
            }
            Deed::Post { record } => {
                let row = rows.iter().find(|row| is_made_by(row, record, zone))?;
                Some(row.id.clone())
            }
        }
    }
}

/// Whether `row` is the record that was to be made: it has the same mark and says the same.
fn is_made_by(row: &Row, record: &DnsRecord, zone: &str) -> bool {
    let same = |made: DnsRecord| identity(&made) == identity(record);
    row.comment.as_deref() == Some(record.comment.as_str()) && row.record(zone).is_some_and(same)
}

fn canonical(record: &DnsRecord) -> DnsRecord {
    let zone = &record.zone;
    let value = record.value.clone().map(|value| match value {
        crate::model::Input::Value(text) => crate::model::Input::Value(
            crate::cloudflare::dns::value::canonical(record.record_type, &text, zone).unwrap_or(text),
        ),
        other => other,
    });
    DnsRecord {
        value,
        ..record.clone()
    }
}
