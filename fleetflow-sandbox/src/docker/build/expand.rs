//! Variables in a Dockerfile: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}`.

use std::collections::BTreeMap;

/// Replaces variables by their values; an unknown one is empty.
pub(super) fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        if let Some(literal) = before.strip_suffix('\\') {
            result.push_str(literal);
            result.push('$');
            rest = &after[1..];
            continue;
        }
        result.push_str(before);
        rest = reference(&after[1..], variables, &mut result);
    }
    result.push_str(rest);
    result
}

/// Writes the value of the variable the text begins with, and gives back what follows it.
fn reference<'a>(text: &'a str, variables: &BTreeMap<String, String>, result: &mut String) -> &'a str {
    if let Some((inner, rest)) = text.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        result.push_str(&braced(inner, variables));
        return rest;
    }
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        result.push('$');
    }
    result.push_str(variables.get(name).map_or("", String::as_str));
    rest
}

fn braced(inner: &str, variables: &BTreeMap<String, String>) -> String {
    let value = |name: &str| variables.get(name).filter(|value| !value.is_empty());
    if let Some((name, default)) = inner.split_once(":-") {
        return value(name).cloned().unwrap_or_else(|| expand(default, variables));
    }
    if let Some((name, other)) = inner.split_once(":+") {
        return value(name).map(|_| expand(other, variables)).unwrap_or_default();
    }
    variables.get(inner).cloned().unwrap_or_default()
}
