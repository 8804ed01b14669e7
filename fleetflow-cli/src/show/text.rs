//! Small pieces of text: durations, counts, values. No colours and no layout.

use std::time::Duration;

use serde_json::Value;

/// `12,300`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0.3 s`, `48 s`, `2 min 5 s`.
pub(crate) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", elapsed.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// `1 request`, `2 requests`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// A value of a declaration on one line.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(self::value))),
        Value::Object(fields) if fields.contains_key("$secret") => "(secret)".to_owned(),
        Value::Object(fields) if fields.keys().any(|key| key.starts_with('$')) => {
            "(known after up)".to_owned()
        }
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(key, field)| format!("{key}: {}", self::value(field)));
            format!("{{{}}}", joined(fields))
        }
        other => other.to_string(),
    }
}

/// A value for a table or a script: text without quotes.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => joined(items.iter().map(plain)),
        other => self::value(other),
    }
}

/// The items, at most `most` of them, the rest counted.
pub(crate) fn some_of(items: &[String], most: usize) -> String {
    if items.len() <= most {
        return joined(items.iter().cloned());
    }
    format!(
        "{} and {} more",
        joined(items[..most].iter().cloned()),
        items.len() - most
    )
}

pub(crate) fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// Text as it stands in HTML and SVG.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_as_exact_as_they_are_short() {
        let shown = [300, 9_950, 48_000, 125_000].map(|millis| duration(Duration::from_millis(millis)));
        assert_eq!(shown, ["0.3 s", "9.9 s", "48 s", "2 min 5 s"]);
    }

    #[test]
    fn what_is_unknown_or_secret_is_a_placeholder_wherever_it_is() {
        let shown =
            value(&json!({"ip": {"$unknown": "server.a.ip"}, "list": [{"$secret": "env:PW"}, 1, "x"]}));
        assert_eq!(shown, r#"{ip: (known after up), list: [(secret), 1, "x"]}"#);
        let inside = value(&json!({"$text": ["a", {"$secret": "env:PW"}]}));
        assert_eq!(inside, "(known after up)");
    }
}
