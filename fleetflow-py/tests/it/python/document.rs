//! Descriptions of schemas as docstrings. Examples in Rust are left out.

use serde_json::Value;

const WIDTH: usize = 112;

/// The sentences of a description, a paragraph each.
pub(crate) fn paragraphs(description: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let mut in_example = false;
    for line in description.lines().map(str::trim) {
        if line.starts_with("```") {
            in_example = !in_example;
        } else if in_example {
        } else if line.is_empty() {
            paragraphs.push(String::new());
        } else if let Some(last) = paragraphs.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(line);
        }
    }
    // What introduces an example that was left out ends in a colon.
    paragraphs.retain(|paragraph| !paragraph.is_empty() && !paragraph.ends_with(':'));
    paragraphs.iter().map(|paragraph| quoted(paragraph)).collect()
}

/// A docstring of `paragraphs`, and of `fields` with a sentence each.
pub(crate) fn docstring(indent: usize, paragraphs: &[String], fields: &[(String, String)]) -> String {
    let pad = " ".repeat(indent);
    let mut lines = Vec::new();
    for paragraph in paragraphs {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(wrapped(paragraph, indent, ""));
    }
    if !fields.is_empty() {
        lines.extend([String::new(), format!("{pad}Args:")]);
        for (name, text) in fields {
            lines.extend(wrapped(&format!("{name}: {text}"), indent + 4, "    "));
        }
    }
    let body = lines.join("\n");
    let body = body.trim_start();
    if body.contains('\n') {
        format!("{pad}\"\"\"{body}\n{pad}\"\"\"\n")
    } else {
        format!("{pad}\"\"\"{body}\"\"\"\n")
    }
}

/// What is to be known of a field: its description, its range, its default.
pub(crate) fn field(schema: &Value, target: &Value) -> String {
    let description = [schema, target]
        .into_iter()
        .find_map(|schema| schema["description"].as_str())
        .unwrap_or_default();
    let mut text = paragraphs(description).join(" ");
    if let Some(range) = range(schema) {
        text = format!("{} ({range}).", text.trim_end_matches('.'));
    }
    text
}

fn range(schema: &Value) -> Option<String> {
    let number = |name: &str| schema[name].as_f64();
    match (number("minimum"), number("maximum")) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) if least > 0.0 => Some(format!("{least} or more")),
        (None, Some(most)) => Some(format!("at most {most}")),
        _ => None,
    }
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('`', "``")
}

fn wrapped(text: &str, indent: usize, further: &str) -> Vec<String> {
    let pad = " ".repeat(indent);
    let mut lines = Vec::new();
    let mut line = pad.clone();
    for word in text.split(' ') {
        let empty = line.trim().is_empty();
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, format!("{pad}{further}{word}")));
        } else {
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.push(line);
    lines
}
