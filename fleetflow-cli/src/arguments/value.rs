//! Values inside arguments: durations, variables, levels. Only their text form is known here.

use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use fleetflow_core::plan::Level;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// What `--max-disruption` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Disruption {
    /// Nobody notices.
    None,
    /// A process may restart.
    Restart,
    /// A machine may restart.
    Reboot,
    /// Anything.
    Replace,
}

impl From<Disruption> for Level {
    fn from(disruption: Disruption) -> Self {
        match disruption {
            Disruption::None => Self::None,
            Disruption::Restart => Self::Restart,
            Disruption::Reboot => Self::Reboot,
            Disruption::Replace => Self::Replace,
        }
    }
}

/// `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("write it as NAME=VALUE".to_owned()),
        }
    }
}

/// A moment in the past, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long ago.
    Span(SignedDuration),
    /// Then.
    Time(Timestamp),
}

impl Since {
    /// The moment, where it is `now`.
    pub(crate) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            // What is older than time itself is everything.
            Self::Span(span) => now.checked_sub(span).unwrap_or(Timestamp::MIN),
            Self::Time(time) => time,
        }
    }
}

/// `10m`, `1h 30m`, `2d`, or `2026-01-31T09:00:00Z`. A day has 24 hours here.
pub(crate) fn since(text: &str) -> Result<Since, String> {
    let wrong = "write a span such as 10m, 2h or 1d, or a time in RFC 3339 such as 2026-01-31T09:00:00Z";
    if let Ok(time) = text.parse() {
        return Ok(Since::Time(time));
    }
    let span: Span = text.parse().map_err(|_| wrong.to_owned())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours());
    length
        .map(|length| Since::Span(length.abs()))
        .map_err(|_| wrong.to_owned())
}

/// `30s`, `15m`, `2h`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u32 = digits
        .parse()
        .map_err(|_| "write it as 30s, 15m or 2h".to_owned())?;
    let unit = match &text[digits.len()..] {
        "ms" => 1,
        "s" | "" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        other => return Err(format!("`{other}` is no unit of time; use ms, s, m or h")),
    };
    Ok(Duration::from_millis(u64::from(number) * unit))
}

/// How many steps at once: 1 or more.
pub(crate) fn parallelism(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err("write a whole number from 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert!(duration("m").is_err());
        assert!(duration("5 days").is_err());
    }

    #[test]
    fn a_moment_is_a_span_before_now_or_a_time() {
        let now: Timestamp = "2026-01-31T09:00:00Z".parse().unwrap();
        for (text, moment) in [
            ("10m", "2026-01-31T08:50:00Z"),
            ("1h 30m", "2026-01-31T07:30:00Z"),
            ("1d", "2026-01-30T09:00:00Z"),
            ("10m ago", "2026-01-31T08:50:00Z"),
            ("2026-01-31T10:00:00+09:00", "2026-01-31T01:00:00Z"),
        ] {
            assert_eq!(
                since(text).map(|since| since.moment(now).to_string()),
                Ok(moment.to_owned())
            );
        }
        assert_eq!(Since::Span(SignedDuration::MAX).moment(now), Timestamp::MIN);
        for wrong in [
            "",
            "10",
            "yesterday",
            "1 month",
            "2026-01-31",
            "2026-01-31T09:00:00",
        ] {
            assert!(since(wrong).unwrap_err().contains("10m, 2h or 1d"), "{wrong}");
        }
    }

    #[test]
    fn the_value_of_a_variable_may_hold_an_equals_sign() {
        let variable: Variable = "query=a=b".parse().unwrap();
        assert_eq!(
            (variable.name.as_str(), variable.value.as_str()),
            ("query", "a=b")
        );
        assert!("=x".parse::<Variable>().is_err());
    }
}
