//! Canonical layout of a file: KDL 2.0 keywords, four spaces for each level, comments kept. It moves the user's own
//! tokens and never prints from the parsed tree; it proves that the data is the same before it answers.

mod layout;

use crate::ast::same_data;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::dialect::{self, Document};
use crate::lexer::{Kind, tokens};
use crate::load::{LoadOptions, read};
use crate::source::{FileId, SourceFile, Sources, Span};

/// The canonical form of `text`, or why it cannot be read. Formatting the result again changes nothing.
///
/// ```
/// let text = "dns \"example.jp\" { // ours\nrecord \"www\"  proxied=true\n}";
/// assert_eq!(
///     fleetflow_kdl::format(text)?,
///     "dns \"example.jp\" { // ours\n    record \"www\" proxied=#true\n}\n",
/// );
/// # Ok::<(), fleetflow_kdl::Diagnostics>(())
/// ```
pub fn format(text: &str) -> Result<String, Diagnostics> {
    laid_out(text, SourceFile::new("flow.kdl".into(), text))
}

/// Reads the file that `options` name, and lays it out: its text as it is, and in canonical form. What it includes is left alone.
///
/// Errors: it cannot be read, or is not KDL; both name it as `options` show it.
pub fn format_file(options: &LoadOptions<'_>) -> Result<(String, String), Diagnostics> {
    let text = options.files.read(&options.path);
    let text =
        text.map_err(|error| Diagnostics::one(Sources::default(), read::unreadable(options, &error)))?;
    let shown = options.shown(&options.path);
    let source = SourceFile::new(options.path.clone(), text.as_str()).shown_as(shown);
    let laid_out = laid_out(&text, source)?;
    Ok((text, laid_out))
}

fn laid_out(text: &str, source: SourceFile) -> Result<String, Diagnostics> {
    let mut sources = Sources::default();
    let file = sources.add(source);
    formatted(file, text).or_else(|found| match Diagnostics::new(sources, found) {
        Some(diagnostics) => Err(diagnostics),
        None => Ok(text.to_owned()),
    })
}

fn formatted(file: FileId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let document = dialect::parse(file, text)?;
    let (modern, _) = modernised(text, &document);
    let out = layout::lay_out(&modern);
    if same(file, &document, text, &out) {
        return Ok(out);
    }
    Err(vec![
        Diagnostic::error(
            "flow::format",
            Span::new(file, 0..0),
            "this file cannot be formatted without changing it",
        )
        .help("report this, with the file".to_owned()),
    ])
}

/// The text with KDL 2.0 keywords: `#true` for `true`.
fn modernised(text: &str, document: &Document) -> (String, usize) {
    let mut out = text.to_owned();
    for range in document.bare_keywords.iter().rev() {
        out.insert(range.start, '#');
    }
    (out, document.bare_keywords.len())
}

/// Whether the two texts hold the same data and the same comments.
fn same(file: FileId, document: &Document, before: &str, after: &str) -> bool {
    dialect::parse(file, after).is_ok_and(|again| {
        again.bare_keywords.is_empty()
            && same_data(&document.nodes, &again.nodes)
            && comments(before).eq(comments(after))
    })
}

fn comments(text: &str) -> impl Iterator<Item = &str> {
    let all = tokens(text)
        .into_iter()
        .filter(|t| matches!(t.kind, Kind::LineComment | Kind::BlockComment));
    all.map(|token| text[token.range].trim_end())
}

#[cfg(test)]
mod tests;
