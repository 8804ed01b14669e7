//! Reads `multipart/form-data` bodies that are in memory already, and writes them. It knows no product's part names.

use serde_json::{Value, json};

use crate::redaction::redact;

/// One part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

/// The parts of a form, if the content type names a boundary and the body keeps to it.
pub(super) fn read(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    if !content_type.to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    read_with(&parameter(content_type, "boundary")?, body)
}

/// The parts of a form whose boundary only its first line tells, as in bundles of functions (API doc §5.2).
pub(super) fn read_bare(body: &[u8]) -> Option<Vec<Part>> {
    let end = find(body, b"\r\n", 0)?;
    let first = std::str::from_utf8(&body[..end]).ok()?;
    read_with(first.strip_prefix("--")?, body)
}

/// The parts of a form as the request log keeps them: names, kinds and sizes; of fields that are no files also what they
/// say, JSON without its secrets.
pub(crate) fn logged(content_type: &str, body: &[u8]) -> Option<Vec<Value>> {
    Some(read(content_type, body)?.iter().map(Part::logged).collect())
}

impl Part {
    fn logged(&self) -> Value {
        let mut logged = json!({ "name": self.name, "bytes": self.body.len() });
        for (name, value) in [("filename", &self.filename), ("content_type", &self.content_type)] {
            if let Some(value) = value {
                logged[name] = json!(value);
            }
        }
        if self.filename.is_none() {
            match serde_json::from_slice::<Value>(&self.body) {
                Ok(mut value @ (Value::Object(_) | Value::Array(_))) => {
                    redact(&mut value);
                    logged["json"] = value;
                }
                _ => logged["text"] = json!(String::from_utf8_lossy(&self.body)),
            }
        }
        logged
    }
}

/// A form with these parts, and its content type.
pub(super) fn write(parts: &[Part], boundary: &str) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for part in parts {
        let filename = part
            .filename
            .as_ref()
            .map(|name| format!("; filename=\"{name}\""))
            .unwrap_or_default();
        let kind = part
            .content_type
            .as_ref()
            .map(|kind| format!("\r\nContent-Type: {kind}"))
            .unwrap_or_default();
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"{filename}{kind}",
            part.name
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(&part.body);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

fn read_with(boundary: &str, body: &[u8]) -> Option<Vec<Part>> {
    let (opening, between) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut at = find(body, opening.as_bytes(), 0)? + opening.len();
    let mut parts = Vec::new();
    while !body[at..].starts_with(b"--") {
        let start = find(body, b"\r\n", at)? + 2;
        let end = find(body, between.as_bytes(), start)?;
        parts.push(part(&body[start..end])?);
        at = end + between.len();
    }
    Some(parts)
}

fn part(text: &[u8]) -> Option<Part> {
    let split = find(text, b"\r\n\r\n", 0)?;
    let head = String::from_utf8_lossy(&text[..split]).into_owned();
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let disposition = header("content-disposition")?;
    Some(Part {
        name: parameter(&disposition, "name")?,
        filename: parameter(&disposition, "filename"),
        content_type: header("content-type"),
        body: text[split + 4..].to_vec(),
    })
}

/// `name="value"` or `name=value` behind a semicolon.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|piece| {
        let (name, value) = piece.trim().split_once('=')?;
        name.eq_ignore_ascii_case(wanted)
            .then(|| value.trim_matches('"').to_owned())
    })
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    body.get(from..)?
        .windows(wanted.len())
        .position(|window| window == wanted)
        .map(|at| at + from)
}
