//! Reads the members of a request's objects, and refuses what has the wrong form. What members mean is said elsewhere.

use serde_json::Value;

use super::refusal::{Outcome, refuse};

/// An object of a request. Members that nobody asks for are ignored, as the API ignores them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a Value);

impl<'a> Fields<'a> {
    /// The member, unless it is missing or null.
    pub(super) fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// True if the member is there, null or not.
    pub(super) fn has(self, key: &str) -> Presence {
        self.0.get(key).map_or(Presence::Absent, |_| Presence::Given)
    }

    /// An object.
    pub(super) fn object(self, key: &str) -> Outcome<Option<Fields<'a>>> {
        match self.get(key) {
            None => Ok(None),
            Some(object @ Value::Object(_)) => Ok(Some(Fields(object))),
            // An empty map of PHP clients.
            Some(Value::Array(items)) if items.is_empty() => Ok(None),
            Some(_) => refuse("invalid_format"),
        }
    }

    /// A string.
    pub(super) fn text(self, key: &str) -> Outcome<Option<&'a str>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => refuse("invalid_format"),
        }
    }

    /// A string that has to be there and not be empty.
    pub(super) fn required_text(self, key: &str) -> Outcome<&'a str> {
        match self.text(key)? {
            None | Some("") => refuse("missing_param"),
            Some(text) => Ok(text),
        }
    }

    /// A string of at most so many characters.
    pub(super) fn bounded_text(self, key: &str, most: usize) -> Outcome<Option<&'a str>> {
        match self.text(key)? {
            Some(text) if text.chars().count() > most => refuse("invalid_range"),
            text => Ok(text),
        }
    }

    /// One of a few words.
    pub(super) fn word(self, key: &str, words: &[&'static str]) -> Outcome<Option<&'static str>> {
        let Some(text) = self.text(key)?.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        match words.iter().find(|word| **word == text) {
            Some(word) => Ok(Some(word)),
            None => refuse("invalid_format"),
        }
    }

    /// A whole number, as a number or as digits.
    pub(super) fn integer(self, key: &str) -> Outcome<Option<u64>> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => number(value).map(Some),
        }
    }

    /// A boolean; some clients send 0 and 1.
    pub(super) fn flag(self, key: &str) -> Outcome<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::Number(number)) => Ok(Some(number.as_u64() != Some(0))),
            Some(_) => refuse("invalid_format"),
        }
    }

    /// A list of anything.
    pub(super) fn list(self, key: &str) -> Outcome<Option<&'a [Value]>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => refuse("invalid_format"),
        }
    }

    /// A list of strings.
    pub(super) fn texts(self, key: &str) -> Outcome<Option<Vec<&'a str>>> {
        let Some(items) = self.list(key)? else {
            return Ok(None);
        };
        let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
        texts.map_or_else(|| refuse("invalid_format"), |texts| Ok(Some(texts)))
    }

    /// The id in `{"ID": n}` under `key`; 0 is how some clients say "none".
    pub(super) fn reference(self, key: &str) -> Outcome<Option<u64>> {
        let Some(object) = self.object(key)? else {
            return Ok(None);
        };
        Ok(object.integer("ID")?.filter(|id| *id != 0))
    }
}

/// Whether a member was sent at all: null may mean something else than silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Given,
    Absent,
}

/// A whole number, as a number or as digits.
pub(super) fn number(value: &Value) -> Outcome<u64> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    };
    number.map_or_else(|| refuse("invalid_format"), Ok)
}
