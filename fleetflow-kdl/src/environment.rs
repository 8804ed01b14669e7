//! Where `env=` looks: the process environment that the caller hands over, and the `.env` files beside flow.kdl. It
//! never asks the process itself.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::files::Files;
use crate::source::{SourceFile, Sources, Span};

/// Variables in layers; the first layer that has one wins.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    layers: Vec<BTreeMap<String, String>>,
}

impl Environment {
    /// The process environment over `.env.STAGE` over `.env`.
    pub(crate) fn read(
        process: &BTreeMap<String, String>,
        files: &dyn Files,
        folder: &Path,
        stage: &str,
        sources: &mut Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut layers = vec![process.clone()];
        for name in [format!(".env.{stage}"), ".env".to_owned()] {
            let path = folder.join(name);
            match files.read(&path) {
                Ok(text) => layers.push(parse(SourceFile::new(path, text), sources, diagnostics)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => diagnostics.push(Diagnostic::error(
                    "flow::environment",
                    None,
                    format!("cannot read {}: {error}", path.display()),
                )),
            }
        }
        Self { layers }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.layers
            .iter()
            .find_map(|layer| layer.get(name))
            .map(String::as_str)
    }
}

/// Values may be secrets: only how many variables there are is shown.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: Vec<_> = self.layers.iter().map(BTreeMap::len).collect();
        f.debug_struct("Environment").field("layers", &sizes).finish()
    }
}

/// `NAME=value` lines, as other tools read them: `export` before the name, quotes around the value, `#` comments.
fn parse(
    file: SourceFile,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, String> {
    let text = file.text().to_owned();
    let mut found = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        match pair(line) {
            Ok(Some((name, value))) => drop(found.insert(name, value)),
            Ok(None) => {}
            Err(message) => wrong.push((start..start + line.trim_end().len(), message)),
        }
        start += line.len();
    }
    if !wrong.is_empty() {
        let id = sources.add(file);
        diagnostics.extend(wrong.into_iter().map(|(range, message)| {
            Diagnostic::error("flow::environment", Span::new(id, range), message).label("in this line")
        }));
    }
    found
}

/// A line's variable. Errors do not repeat the line: it may hold a secret.
fn pair(line: &str) -> Result<Option<(String, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("expected NAME=value")?;
    let name = name.trim();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err("a variable's name has letters, digits and `_` only");
    }
    Ok(Some((name.to_owned(), unquoted(value.trim())?)))
}

fn unquoted(value: &str) -> Result<String, &'static str> {
    for quote in ['"', '\''] {
        let Some(rest) = value.strip_prefix(quote) else {
            continue;
        };
        let Some(end) = closing(rest, quote) else {
            return Err("the quote is not closed on this line");
        };
        let after = rest[end + 1..].trim();
        if !after.is_empty() && !after.starts_with('#') {
            return Err("only a comment may stand behind the closing quote");
        }
        return Ok(if quote == '"' {
            unescaped(&rest[..end])
        } else {
            rest[..end].to_owned()
        });
    }
    Ok(value
        .split_once(" #")
        .map_or(value, |(value, _)| value)
        .trim_end()
        .to_owned())
}

fn closing(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some(other)) => out.push(other),
            (c, _) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::MemoryFiles;

    fn read(files: &MemoryFiles, process: &[(&str, &str)]) -> (Environment, Vec<Diagnostic>) {
        let process = process.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let mut diagnostics = Vec::new();
        let mut sources = Sources::default();
        let found = Environment::read(
            &process,
            files,
            Path::new("p"),
            "dev",
            &mut sources,
            &mut diagnostics,
        );
        (found, diagnostics)
    }

    #[test]
    fn process_over_stage_file_over_common_file() {
        let files = MemoryFiles::new()
            .with("p/.env", "A=1\nB=1\nC=1")
            .with("p/.env.dev", "A=2\nB=2");
        let (environment, diagnostics) = read(&files, &[("A", "3")]);
        let all = ["A", "B", "C", "D"].map(|name| environment.get(name));
        assert_eq!(
            (all, diagnostics.len()),
            ([Some("3"), Some("2"), Some("1"), None], 0)
        );
    }

    #[test]
    fn quotes_comments_and_exports_are_understood() {
        let text = "# c\nexport A=\"x # \\\"y\\\"\\n\" # c\nB='a\\n'\nC=plain # c\nD=a#b\nE=\n\n";
        let (environment, _) = read(&MemoryFiles::new().with("p/.env", text), &[]);
        let all = ["A", "B", "C", "D", "E"].map(|name| environment.get(name).unwrap());
        assert_eq!(all, ["x # \"y\"\n", "a\\n", "plain", "a#b", ""]);
    }

    #[test]
    fn a_wrong_line_is_reported_without_its_content() {
        let (_, diagnostics) = read(
            &MemoryFiles::new().with("p/.env", "A=1\nhunter2\nB=\"open\nC-D=1\n"),
            &[],
        );
        assert_eq!(diagnostics.len(), 3);
        assert!(
            diagnostics
                .iter()
                .all(|found| !format!("{found:?}").contains("hunter2"))
        );
    }
}
