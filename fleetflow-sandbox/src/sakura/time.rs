//! Times as SAKURA Cloud writes them: RFC 3339 in Japan's time zone, in whole seconds (API doc §1.3).

use jiff::tz::{self, TimeZone};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// A moment in the API's own form.
pub(super) fn text(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(tz::offset(9)))
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// The moment so long after another one.
pub(super) fn after(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}
