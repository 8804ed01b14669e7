//! Which bucket a request means: jurisdiction header and name together (API doc §2.1), and the cursors of R2's lists.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Bucket, refusal};
use crate::cloudflare::answer::Failure;
use crate::cloudflare::call::{Call, Context};

/// The jurisdiction a request speaks of; a bucket is only seen from its own.
pub(super) fn jurisdiction(call: &Call) -> Result<&str, Failure> {
    let named = call.header("cf-r2-jurisdiction").unwrap_or("default");
    if ["default", "eu", "fedramp"].contains(&named) {
        return Ok(named);
    }
    Err(refusal::malformed(
        "cf-r2-jurisdiction must be default, eu or fedramp",
    ))
}

/// How a bucket is filed.
pub(super) fn key(jurisdiction: &str, name: &str) -> String {
    format!("{jurisdiction}/{name}")
}

/// The bucket a request names.
pub(super) fn bucket<'a>(context: &'a mut Context<'_>, call: &Call) -> Result<&'a mut Bucket, Failure> {
    let key = key(jurisdiction(call)?, call.path("bucket_name"));
    context
        .rows()
        .r2
        .buckets
        .get_mut(&key)
        .ok_or_else(refusal::no_bucket)
}

/// A page of a list that is read by cursor.
pub(super) struct CursorPage {
    after: Option<String>,
    size: usize,
}

impl CursorPage {
    pub(super) fn read(call: &Call) -> Result<Self, Failure> {
        let size = call.query("per_page").map_or(Some(20), |text| text.parse().ok());
        let size = size
            .filter(|size| (1..=1000).contains(size))
            .ok_or_else(refusal::cursor)?;
        let cursor = call.query("cursor").filter(|cursor| !cursor.is_empty());
        let after = match cursor {
            Some(cursor) => Some(decode(cursor)?),
            None => None,
        };
        Ok(Self { after, size })
    }

    /// The rows after the cursor, and the `result_info` with the next cursor if there are more.
    /// `rows` are in the order of the list, each under the name that cursors speak of.
    pub(super) fn cut<T>(&self, rows: Vec<(String, T)>) -> (Vec<T>, Value) {
        let start = self.after.as_ref().map_or(0, |after| {
            rows.iter()
                .position(|(name, _)| name == after)
                .map_or(rows.len(), |at| at + 1)
        });
        let more = rows.len() > start + self.size;
        let page: Vec<(String, T)> = rows.into_iter().skip(start).take(self.size).collect();
        let mut info = json!({ "per_page": self.size });
        if let (true, Some((last, _))) = (more, page.last()) {
            info["cursor"] = json!(URL_SAFE_NO_PAD.encode(last));
        }
        (page.into_iter().map(|(_, row)| row).collect(), info)
    }
}

fn decode(cursor: &str) -> Result<String, Failure> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refusal::cursor())?;
    String::from_utf8(bytes).map_err(|_| refusal::cursor())
}
