//! Looking in every zone in which something may be, at once. What is looked for is said elsewhere.

use std::collections::BTreeSet;

use futures::future::try_join_all;

use crate::error::Result;
use crate::model::{Found, Wanted};

/// What `look` finds in each zone in which something of `wanted` may be.
pub(super) async fn in_each_zone<'w, F>(wanted: &'w [Wanted], look: impl Fn(&'w str) -> F) -> Result<Found>
where
    F: Future<Output = Result<Found>>,
{
    let mut found = Found::default();
    found.extend(try_join_all(zones(wanted).into_iter().map(look)).await?);
    Ok(found)
}

/// The zones in which something of `wanted` may be: where it is declared, and where it was.
fn zones(wanted: &[Wanted]) -> BTreeSet<&str> {
    wanted.iter().flat_map(zones_of).collect()
}

fn zones_of(wanted: &Wanted) -> impl Iterator<Item = &str> {
    let was = wanted.remembered.iter();
    let was = was.flat_map(|was| [was.spec.get("zone"), was.outputs.get("zone")]);
    let all = std::iter::once(wanted.spec.get("zone")).chain(was);
    all.flatten().filter_map(serde_json::Value::as_str)
}
