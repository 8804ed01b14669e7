//! What scripts say about themselves in comments that start with `@sacloud-` (API doc §5.2). Choices and API keys are not read.

use serde_json::{Map, Value, json};

/// `@sacloud-desc`, one line or a block of them.
pub(super) fn description(content: &str) -> Option<String> {
    let mut lines = Vec::new();
    let mut is_inside = false;
    for line in comments(content) {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("@sacloud-desc", text) => lines.push(text.trim()),
            ("@sacloud-desc-begin", _) => is_inside = true,
            ("@sacloud-desc-end", _) => is_inside = false,
            _ if is_inside => lines.push(line),
            _ => {}
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// `Remark`: the variables, and the archives the script is for. Null when it says neither.
pub(super) fn remark(content: &str) -> Value {
    let form: Vec<Value> = variables(content).map(|variable| variable.view()).collect();
    let archives: Vec<Vec<&str>> = comments(content)
        .filter_map(|line| line.strip_prefix("@sacloud-require-archive "))
        .map(|tags| tags.split_whitespace().collect())
        .collect();
    match (form.is_empty(), archives.is_empty()) {
        (true, true) => Value::Null,
        (false, true) => json!({ "Form": form }),
        _ => json!({ "Form": form, "Require": { "Archive": { "Tags": archives } } }),
    }
}

/// The required variables that have no value.
pub(in crate::sakura) fn missing_variables<'a>(
    content: &'a str,
    values: &'a Value,
) -> impl Iterator<Item = &'a str> {
    let has_value = |name: &str| values[name].as_str().is_some_and(|value| !value.is_empty());
    variables(content)
        .filter(|variable| variable.options.contains(&"required"))
        .map(|variable| variable.name)
        .filter(move |name| !has_value(name))
}

/// A variable of a script.
#[derive(Debug)]
struct Variable<'a> {
    kind: &'a str,
    options: Vec<&'a str>,
    name: &'a str,
    label: &'a str,
}

impl Variable<'_> {
    fn view(&self) -> Value {
        let options: Map<String, Value> = self
            .options
            .iter()
            .map(|option| match option.split_once('=') {
                Some((key, value)) => (key.to_owned(), value.trim_matches('"').into()),
                None => ((*option).to_owned(), true.into()),
            })
            .collect();
        json!({ "type": self.kind, "name": self.name, "label": self.label, "options": options })
    }
}

fn variables(content: &str) -> impl Iterator<Item = Variable<'_>> {
    comments(content).filter_map(|line| {
        let (kind, rest) = line.strip_prefix("@sacloud-")?.split_once(' ')?;
        if !matches!(kind, "text" | "password" | "textarea") {
            return None;
        }
        // Options first, then the name, then the label in quotes.
        let (words, label) = match rest.trim_end().strip_suffix('"') {
            Some(rest) => rest.rsplit_once('"')?,
            None => (rest, ""),
        };
        let mut options: Vec<&str> = words.split_whitespace().collect();
        let name = options.pop()?;
        Some(Variable {
            kind,
            options,
            name,
            label,
        })
    })
}

fn comments(content: &str) -> impl Iterator<Item = &str> {
    content
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix('#'))
        .map(str::trim)
}
