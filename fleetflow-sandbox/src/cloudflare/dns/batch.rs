//! The batch request: deletes, patches, puts, posts in that order, all or nothing (API doc §3.4).

use serde::{Deserialize, Serialize};

use super::body::Body;
use super::table::Table;
use super::{Record, refusal, shown, write};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};

/// The four lists, each of which may be missing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Batch {
    deletes: Vec<Body>,
    patches: Vec<Body>,
    puts: Vec<Body>,
    posts: Vec<Body>,
}

/// What was done, in the same lists.
#[derive(Serialize)]
struct Done {
    #[serde(serialize_with = "shown::rows")]
    deletes: Vec<Record>,
    #[serde(serialize_with = "shown::rows")]
    patches: Vec<Record>,
    #[serde(serialize_with = "shown::rows")]
    puts: Vec<Record>,
    #[serde(serialize_with = "shown::rows")]
    posts: Vec<Record>,
}

pub(super) fn batch(context: &mut Context<'_>, call: &Call) -> Outcome {
    let batch: Batch = call.json()?;
    let identifiers: Vec<String> = batch.posts.iter().map(|_| context.identifier()).collect();
    let done = write::with_table(context, call, |table| {
        let given = batch.len();
        if given > table.zone.plan.batch() {
            return Err(refusal::batch_too_large(given, table.zone.plan.batch()));
        }
        batch.run_whole(table, identifiers)
    })?;
    Answer::of(done)
}

impl Batch {
    fn len(&self) -> usize {
        self.deletes.len() + self.patches.len() + self.puts.len() + self.posts.len()
    }

    /// Leaves everything as it was unless all of it succeeded.
    fn run_whole(self, table: &mut Table<'_>, identifiers: Vec<String>) -> Result<Done, Failure> {
        self.run(table, identifiers).inspect_err(|_| table.undo())
    }

    fn run(self, table: &mut Table<'_>, identifiers: Vec<String>) -> Result<Done, Failure> {
        let mut identifiers = identifiers.into_iter();
        Ok(Done {
            deletes: each(self.deletes, |body| table.remove(&id(&body)?))?,
            patches: each(self.patches, |body| table.merge(&id(&body)?, body))?,
            puts: each(self.puts, |body| table.overwrite(&id(&body)?, body))?,
            posts: each(self.posts, |body| {
                table.add(identifiers.next().unwrap_or_default(), body)
            })?,
        })
    }
}

fn each(
    bodies: Vec<Body>,
    operation: impl FnMut(Body) -> Result<Record, Failure>,
) -> Result<Vec<Record>, Failure> {
    bodies.into_iter().map(operation).collect()
}

fn id(body: &Body) -> Result<String, Failure> {
    body.id.clone().ok_or_else(|| refusal::required("id"))
}
