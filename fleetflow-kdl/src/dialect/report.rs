//! Makes the parser's diagnostics fit for reading: one for each mistake, on one line, in plain words. It finds no
//! mistakes of its own.

use kdl::{KdlDiagnostic, KdlError};

use super::Keyword;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Kind, is_newline, tokens};
use crate::source::{FileId, Span};

/// Always follows "No closing '}'", with the whole block as its span.
const REPEATED: &str = "Closing '}' was not found after nodes";

const UNCLOSED: &str = "this block is never closed";
const MISPLACED: &str = "this does not belong here";

pub(super) fn readable(file: FileId, text: &str, masked: &str, error: &KdlError) -> Vec<Diagnostic> {
    let mut found: Vec<_> = error
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.message.as_deref() != Some(REPEATED))
        .map(|diagnostic| one(file, text, masked, diagnostic))
        .collect();
    found.sort_by_key(|diagnostic| diagnostic.span);
    let assignments = assignments(file, text);
    let stumbled = |told: &Diagnostic| assignments.iter().any(|other| other.span == told.span);
    if let Some(first) = found.iter().find(|told| stumbled(told)).map(|told| told.span) {
        // The parser loses its way there: what it says of blocks and of the rest only follows from it.
        found.retain(|told| told.message != UNCLOSED && (told.message != MISPLACED || told.span < first));
        found.extend(assignments);
        found.sort_by_key(|diagnostic| diagnostic.span);
    }
    let mut kept: Vec<Diagnostic> = Vec::new();
    for diagnostic in found {
        if !kept.iter().any(|earlier| repeats(text, earlier, &diagnostic)) {
            kept.push(diagnostic);
        }
    }
    kept
}

/// After one mistake the parser often stumbles a second time over what is left of the same word or line.
fn repeats(text: &str, earlier: &Diagnostic, later: &Diagnostic) -> bool {
    let (Some(earlier), Some(later)) = (earlier.span, later.span) else {
        return false;
    };
    let between = text.get(earlier.start..later.start).unwrap_or_default();
    later.start <= earlier.end || !between.contains(is_newline)
}

fn one(file: FileId, text: &str, masked: &str, diagnostic: &KdlDiagnostic) -> Diagnostic {
    let span = on_one_line(file, text, diagnostic.span.offset(), diagnostic.span.len());
    if let Some(raw) = raw_string(text, span) {
        return raw;
    }
    if let Some(keyword) = keyword_at(masked, span) {
        return keyword;
    }
    if let Some(escape) = escape(text, span) {
        return escape;
    }
    let message = diagnostic.message.as_deref().unwrap_or("this is not KDL");
    let (message, label) = plain_words(message, diagnostic.label.as_deref());
    let help = advice(&message, diagnostic.help.as_deref());
    Diagnostic::error("kdl::syntax", span, message)
        .label(label)
        .help(help)
}

/// What to write, in the words of this program where the parser's are of something else.
fn advice(message: &str, said: Option<&str>) -> Option<String> {
    match message {
        UNCLOSED => Some("add the `}` that is missing".to_owned()),
        "a block needs a name" => {
            Some("write the kind and the name before it: r2-bucket \"uploads\" { ... }".to_owned())
        }
        "this text is never closed" => {
            Some("close it; a text of several lines stands between \"\"\" and \"\"\"".to_owned())
        }
        _ => said.map(str::to_owned),
    }
}

/// `zone = "tk1a"`, as other languages write it: each `=` that stands where the first value of a node belongs.
fn assignments(file: FileId, text: &str) -> Vec<Diagnostic> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    // The name of the node that has just begun; none within a node, an empty one before it.
    let mut name = Some("");
    for token in &tokens {
        let written = &text[token.range.clone()];
        name = match (token.kind, name) {
            (Kind::Newline | Kind::Semicolon | Kind::OpenBrace | Kind::CloseBrace, _) => Some(""),
            (Kind::Bom | Kind::Space | Kind::BlockComment, name) => name,
            (Kind::Word | Kind::Quoted, Some("")) => Some(written),
            (Kind::Equals, Some(name)) if !name.is_empty() => {
                found.push(assignment(Span::new(file, token.range.clone()), name));
                None
            }
            _ => None,
        };
    }
    found
}

fn assignment(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("kdl::syntax", span, format!("`{name}` is set with `=`"))
        .label("not needed here")
        .help(format!("write the value behind the name: {name} VALUE"))
}

fn plain_words(message: &str, label: Option<&str>) -> (String, String) {
    let label = label.unwrap_or("here").to_owned();
    match message {
        "Expected identifier string" => ("this word needs quotes".into(), "not a name by itself".into()),
        "No closing '}' for child block" => (UNCLOSED.into(), "no `}` for this `{`".into()),
        "Expected end of document" => (MISPLACED.into(), "not expected here".into()),
        "Found child block instead of node name" => {
            ("a block needs a name".into(), "no name before this `{`".into())
        }
        "Found invalid node name" => ("this cannot name a node".into(), "not a name".into()),
        "Unexpected newline in single-line quoted string" | "missing string closing quote" => {
            ("this text is never closed".into(), "no `\"` at its end".into())
        }
        "Expected quoted string" => ("this text cannot be read".into(), "not a text".into()),
        "missing multiline string closing quotes" => (
            "this text is never closed".into(),
            "no `\"\"\"` on a line of its own".into(),
        ),
        _ => (message.trim_end_matches('.').to_owned(), label),
    }
}

/// At least one character where there is one, never over the end of a line, always inside the text.
fn on_one_line(file: FileId, text: &str, offset: usize, length: usize) -> Span {
    let mut start = offset.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = (offset + length).min(text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    let line = text[start..].find(is_newline).map_or(text.len(), |at| start + at);
    let first = text[start..]
        .chars()
        .next()
        .map_or(start, |c| start + c.len_utf8());
    Span::new(file, start..end.max(first).min(line).max(start))
}

/// `r"…"` and `r#"…"#` of KDL 1.0: the parser stops somewhere around the `r`.
fn raw_string(text: &str, span: Span) -> Option<Diagnostic> {
    let line_start = text[..span.start].rfind(is_newline).map_or(0, |at| at + 1);
    let before = text[line_start..span.start].trim_end_matches(|c: char| !c.is_whitespace() && c != '=');
    let start = line_start + before.len();
    let rest = text[start..].strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let body = rest[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let length = body
        .find(&close)
        .map_or(1, |at| 1 + hashes + 1 + at + close.len());
    let line = text[start..].find(is_newline).map_or(text.len(), |at| start + at);
    let span = Span::new(span.file, start..(start + length).min(line));
    Some(
        Diagnostic::error("kdl::raw_string", span, "raw strings are written without the `r`")
            .label("a raw string of KDL 1.0")
            .help("write #\"...\"#".to_owned()),
    )
}

/// `"C:\Users\me"`: the parser says of the whole text that it is none. KDL 2.0 section 3.12.1 lists what may follow a `\`.
fn escape(text: &str, span: Span) -> Option<Diagnostic> {
    let body = text[span.start..].strip_prefix('"')?;
    let line = &body[..body.find(is_newline).unwrap_or(body.len())];
    let mut letters = line.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '"' {
            return None;
        }
        if letter != '\\' {
            continue;
        }
        let (_, next) = letters.next()?;
        let is_known = match next {
            'u' => line[at + 2..].starts_with('{'),
            '"' | '\\' | 'b' | 'f' | 'n' | 'r' | 's' | 't' => true,
            _ => next.is_whitespace(),
        };
        if !is_known {
            let start = span.start + 1 + at;
            let span = Span::new(span.file, start..start + 1 + next.len_utf8());
            let message = format!("`\\{next}` stands for nothing in a text");
            let help = "write / in paths, \\\\ for each \\, or the text as it is between #\" and \"#";
            let error = Diagnostic::error("kdl::syntax", span, message);
            return Some(error.label("not an escape").help(help.to_owned()));
        }
    }
    None
}

fn keyword_at(masked: &str, span: Span) -> Option<Diagnostic> {
    let keyword = Keyword::masked(masked.get(span.range())?)?;
    let word = keyword.word();
    let message = format!("`{word}` is a keyword and cannot stand here");
    Some(
        Diagnostic::error("kdl::keyword", span, message)
            .label("a keyword")
            .help(format!("quote it: \"{word}\"")),
    )
}
