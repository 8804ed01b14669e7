//! The checks that a text field's schema may ask for by name (`x-format`). Each says what is wrong in a sentence.

use std::net::Ipv4Addr;

/// A check of a text.
pub type Check = fn(&str) -> Result<(), String>;

/// The check called `name`.
pub fn check_of(name: &str) -> Option<Check> {
    CHECKS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, check)| *check)
}

const CHECKS: &[(&str, Check)] = &[
    ("ipv4", |text| {
        text.parse::<Ipv4Addr>()
            .map(drop)
            .map_err(|_| format!("`{text}` is not an IPv4 address"))
    }),
    ("name", resource_name),
];

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
