//! The conditions under which a Worker reads or writes an object (API doc §6.5; RFC 9110 §13.1). It knows no bucket.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// All that are given have to hold.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::cloudflare) struct Condition {
    etag_matches: Vec<Tag>,
    etag_does_not_match: Vec<Tag>,
    /// Milliseconds since the epoch, perhaps as a text.
    uploaded_before: Option<Value>,
    uploaded_after: Option<Value>,
    seconds_granularity: bool,
}

#[derive(Deserialize)]
struct Tag {
    /// `strong`, `weak` or `wildcard`.
    #[serde(rename = "type")]
    kind: String,
    value: Option<String>,
}

impl Condition {
    /// Whether they hold for an object with this tag and time, or for none.
    pub(in crate::cloudflare) fn holds(&self, known: Option<(&str, Timestamp)>) -> bool {
        let matches = |tags: &[Tag]| tags.iter().any(|tag| tag.is(known.map(|(etag, _)| etag)));
        if !self.etag_matches.is_empty() && !matches(&self.etag_matches) {
            return false;
        }
        if !self.etag_does_not_match.is_empty() && matches(&self.etag_does_not_match) {
            return false;
        }
        let uploaded = known.map(|(_, uploaded)| self.granular(uploaded.as_millisecond()));
        let limit = |value: &Option<Value>| value.as_ref().and_then(number).map(|limit| self.granular(limit));
        // A tag that was asked for and found decides alone; so does one that was asked not to be there.
        let before = limit(&self.uploaded_before).filter(|_| self.etag_matches.is_empty());
        let after = limit(&self.uploaded_after).filter(|_| self.etag_does_not_match.is_empty());
        match uploaded {
            None => self.uploaded_before.is_none() && self.etag_matches.is_empty(),
            Some(uploaded) => {
                before.is_none_or(|before| uploaded < before) && after.is_none_or(|after| uploaded > after)
            }
        }
    }

    fn granular(&self, milliseconds: i64) -> i64 {
        match self.seconds_granularity {
            true => milliseconds / 1000,
            false => milliseconds,
        }
    }
}

impl Tag {
    fn is(&self, etag: Option<&str>) -> bool {
        match self.kind.as_str() {
            "strong" => etag.is_some() && self.value.as_deref() == etag,
            "wildcard" => etag.is_some(),
            _ => false,
        }
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    }
}
