//! Page-numbered lists and their `result_info` (API doc §1.7). Cursor lists are built by the products that have them.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::answer::Failure;
use super::call::Call;

/// A requested page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// Reads `page` and `per_page`; sizes outside of `allowed` are refused with `refusal`.
    pub(super) fn read(
        call: &Call,
        default: usize,
        allowed: RangeInclusive<usize>,
        refusal: fn() -> Failure,
    ) -> Result<Self, Failure> {
        let number = number(call, "page", 1).ok_or_else(refusal)?;
        let size = number_of(call, default)
            .filter(|size| allowed.contains(size))
            .ok_or_else(refusal)?;
        if number == 0 {
            return Err(refusal());
        }
        Ok(Self { number, size })
    }

    /// The rows of this page and the `result_info` about it. Past the end there are no rows, and no error.
    pub(super) fn cut<T>(self, rows: Vec<T>) -> (Vec<T>, Value) {
        let total = rows.len();
        let start = (self.number - 1).saturating_mul(self.size);
        let page: Vec<T> = rows.into_iter().skip(start).take(self.size).collect();
        let info = json!({
            "page": self.number,
            "per_page": self.size,
            "count": page.len(),
            "total_count": total,
            "total_pages": total.div_ceil(self.size),
        });
        (page, info)
    }
}

fn number_of(call: &Call, default: usize) -> Option<usize> {
    number(call, "per_page", default)
}

fn number(call: &Call, name: &str, default: usize) -> Option<usize> {
    call.query(name).map_or(Some(default), |text| text.parse().ok())
}
