//! TXT contents: quoted character-strings, their limits, and the value they stand for (API doc §3.5).

use super::refusal;
use crate::cloudflare::answer::Failure;

/// Longest character-string.
const STRING: usize = 255;
/// Longest record on the wire.
const RECORD: usize = 4096;
/// Longest contents of all records with one name, together.
pub(super) const COMBINED: usize = 8192;

/// Checks a TXT content and returns it as it is stored: as sent, except that overlong strings are split.
pub(super) fn settle(sent: &str) -> Result<String, Failure> {
    if sent.is_empty() {
        return Err(refusal::chained(9051, "Content for TXT record is required."));
    }
    if sent.contains(['\n', '\r']) {
        return Err(refusal::chained(
            9051,
            "Content for TXT record must not contain line breaks.",
        ));
    }
    let strings = strings(sent).ok_or_else(unbalanced)?;
    if strings.iter().all(String::is_empty) {
        return Err(refusal::chained(9051, "Content for TXT record is required."));
    }
    let stored = if strings.iter().any(|part| part.len() > STRING) {
        quoted(&strings)
    } else {
        sent.to_owned()
    };
    let wire: usize = strings
        .iter()
        .map(|part| part.len() + part.len().div_ceil(STRING).max(1))
        .sum();
    if wire > RECORD {
        return Err(refusal::chained(
            9015,
            "Content for TXT record exceeds 4096 bytes on the wire.",
        ));
    }
    Ok(stored)
}

/// The value that a content stands for, however it was cut and quoted.
pub(super) fn value(content: &str) -> String {
    strings(content).map_or_else(|| content.to_owned(), |parts| parts.concat())
}

/// The character-strings of a content; one, if it is not quoted. `None` when the quotes do not close.
fn strings(content: &str) -> Option<Vec<String>> {
    if !content.starts_with('"') {
        return Some(vec![content.to_owned()]);
    }
    let mut strings = Vec::new();
    let mut rest = content.trim();
    while !rest.is_empty() {
        let (string, after) = first_string(rest)?;
        strings.push(string);
        rest = after.trim_start();
    }
    Some(strings)
}

fn first_string(text: &str) -> Option<(String, &str)> {
    let mut string = String::new();
    let mut characters = text.strip_prefix('"')?.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Some((string, &text[index + 2..])),
            '\\' => string.push(characters.next()?.1),
            other => string.push(other),
        }
    }
    None
}

fn quoted(strings: &[String]) -> String {
    let mut parts = Vec::new();
    for string in strings {
        let mut part = String::new();
        for character in string.chars() {
            if part.len() + character.len_utf8() > STRING {
                parts.push(std::mem::take(&mut part));
            }
            part.push(character);
        }
        parts.push(part);
    }
    let quote = |part: String| format!("\"{}\"", part.replace('\\', "\\\\").replace('"', "\\\""));
    parts.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

fn unbalanced() -> Failure {
    refusal::chained(9051, "Content for TXT record has quotes that do not close.")
}
