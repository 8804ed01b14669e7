//! The checks that a text field's schema may ask for by name (`x-format`). Each says what is wrong in a sentence.

use std::net::Ipv4Addr;
use std::time::Duration;

/// A check of a text.
pub type Check = fn(&str) -> Result<(), String>;

/// The check called `name`.
pub fn check_of(name: &str) -> Option<Check> {
    CHECKS
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, check, _)| *check)
}

/// Two texts that pass the check called `name`, for where any would do.
pub(super) fn examples_of(name: &str) -> Option<[&'static str; 2]> {
    CHECKS
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(.., examples)| *examples)
}

const CHECKS: &[(&str, Check, [&str; 2])] = &[
    ("ipv4", ipv4, ["192.0.2.1", "192.0.2.2"]),
    ("name", resource_name, ["supposed", "supposed-too"]),
    ("bytes", |text| bytes(text).map(drop), ["64m", "4g"]),
    ("duration", |text| duration(text).map(drop), ["1s", "1h"]),
    (
        "image",
        crate::docker::formats::image,
        ["supposed:1", "supposed:2"],
    ),
    ("port", crate::docker::formats::port, ["65533", "65534"]),
    (
        "mount",
        crate::docker::formats::mount,
        ["supposed:/supposed", "supposed-too:/supposed-too"],
    ),
];

fn ipv4(text: &str) -> Result<(), String> {
    let address = text.parse::<Ipv4Addr>().map(drop);
    address.map_err(|_| format!("`{text}` is not an IPv4 address"))
}

/// An amount of memory as its number of bytes: `512m`, `1.5g`, `64 MiB`. All units are powers of 1024.
pub fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not an amount of memory, for example `512m` or `2g`");
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(lower.len());
    let factor: u64 = match &lower[digits..] {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => return Err(wrong()),
    };
    let number: f64 = lower[..digits].trim().parse().map_err(|_| wrong())?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "the factors are powers of two and exact"
    )]
    let total = number * factor as f64;
    if !(1.0..=9e15).contains(&total) {
        return Err(wrong());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked; a fraction of a byte is dropped"
    )]
    Ok(total as u64)
}

/// A length of time: `10s`, `1m30s`, `500ms`, `1h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a length of time, for example `10s` or `1m30s`");
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = rest[digits..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |length| digits + length);
        let seconds = match &rest[digits..unit] {
            "us" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        total += Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
        rest = &rest[unit..];
    }
    Ok(total)
}

/// The name of something that users declare: it ends up in marks, tags and container names.
fn resource_name(text: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 63 {
        return Err(format!("`{text}` must have 1 to 63 characters"));
    }
    if !text.chars().all(legal) || !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(format!(
            "`{text}` may have only letters, digits, `-`, `_` and `.`, and must begin with a letter or a digit"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn examples_pass_their_checks() {
        for (name, check, examples) in super::CHECKS {
            for example in examples {
                assert_eq!(check(example), Ok(()), "{name}");
            }
        }
    }

    use super::*;

    #[test]
    fn memory_is_counted_in_powers_of_1024() {
        assert_eq!(bytes("512m"), Ok(512 << 20));
        assert_eq!(bytes("1.5 GiB"), Ok(3 << 29));
        assert_eq!(bytes("1048576"), Ok(1 << 20));
        for bad in ["", "m", "0", "-1m", "1x", "512 m m"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lengths_of_time_are_sums() {
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for bad in ["", "10", "s", "1d", "-1s", "1s2"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
