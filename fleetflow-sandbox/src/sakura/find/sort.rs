//! Order among rows: by fields, a leading minus for descending; times are compared as moments, not as text.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::{text, values};

/// Sorts by the first key, then the next. Rows that are equal stay in their order.
pub(super) fn apply(rows: &mut [Value], keys: &[&str]) {
    rows.sort_by(|left, right| {
        keys.iter()
            .map(|key| by_key(left, right, key))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
}

fn by_key(left: &Value, right: &Value, key: &str) -> Ordering {
    let first = |row, key| {
        values(row, key)
            .first()
            .map_or(Value::Null, |value| (*value).clone())
    };
    match key.strip_prefix('-') {
        Some(key) => compare(&first(right, key), &first(left, key)),
        None => compare(&first(left, key), &first(right, key)),
    }
}

/// Numbers as numbers, times as moments, the rest as text; what has no value comes first.
pub(super) fn compare(left: &Value, right: &Value) -> Ordering {
    let (Some(left), Some(right)) = (text(left), text(right)) else {
        return left.is_null().cmp(&right.is_null()).reverse();
    };
    if let (Ok(left), Ok(right)) = (left.parse::<f64>(), right.parse::<f64>()) {
        return left.total_cmp(&right);
    }
    if let (Ok(left), Ok(right)) = (left.parse::<Timestamp>(), right.parse::<Timestamp>()) {
        return left.cmp(&right);
    }
    left.cmp(&right)
}
