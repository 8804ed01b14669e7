//! Reads the dialect of flow.kdl: KDL 2.0 in which `true`, `false` and `null` may also stand bare as values, as in
//! KDL 1.0. It reports what the parser reports, at the places of the user's own text; it does not interpret nodes.
//!
//! How: the KDL 2.0 parser itself says where it stumbles over such a word. There, and only there, the word is replaced
//! by a placeholder of the same length, and the text is parsed again; so a place in the parsed text is the same place
//! in the user's text, and what the parser did not complain about (strings, comments) is never touched.

mod guard;
mod pieces;
mod report;
mod tree;

use std::ops::Range;

use kdl::KdlDocument;

use crate::ast::Node;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// Enough for the deepest text that the guard lets through, also in unoptimised builds.
const STACK: usize = 16 * 1024 * 1024;

/// A parsed text.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) nodes: Vec<Node>,
    /// Where `true`, `false` and `null` stand bare, also inside what `/-` leaves out.
    pub(crate) bare_keywords: Vec<Range<usize>>,
}

/// The nodes of `text`, or everything that is wrong with its syntax.
pub(crate) fn parse(file: FileId, text: &str) -> Result<Document, Vec<Diagnostic>> {
    let tokens = guard::check(file, text)?;
    if text.len() > pieces::LONG
        && let Some(document) = pieces::read(file, text, &tokens, pieces::PIECE)
    {
        return Ok(document);
    }
    drop(tokens);
    let outcome = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("flow.kdl parser".into())
            .stack_size(STACK)
            .spawn_scoped(scope, || parse_guarded(file, text))
            .map(std::thread::ScopedJoinHandle::join)
    });
    match outcome {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(vec![failed(file, "the parser broke down on this file")]),
        Err(error) => Err(vec![failed(file, &format!("cannot start the parser: {error}"))]),
    }
}

fn failed(file: FileId, message: &str) -> Diagnostic {
    Diagnostic::error("kdl::parser", Span::new(file, 0..0), message)
        .help("report this, with the file".to_owned())
}

fn parse_guarded(file: FileId, text: &str) -> Result<Document, Vec<Diagnostic>> {
    let mut masked = text.to_owned();
    let mut bare_keywords = Vec::new();
    loop {
        let result = KdlDocument::parse_v2(&masked);
        let found = bare_words(&masked, &result);
        for range in &found {
            if let Some(keyword) = Keyword::written(&masked[range.clone()]) {
                masked.replace_range(range.clone(), keyword.placeholder());
            }
        }
        if found.is_empty() {
            bare_keywords.sort_by_key(|range: &Range<usize>| range.start);
            return match result {
                Ok(document) => {
                    tree::build(file, text, &document).map(|nodes| Document { nodes, bare_keywords })
                }
                Err(error) => Err(report::readable(file, text, &masked, &error)),
            };
        }
        bare_keywords.extend(found);
    }
}

/// The words that the parser complained about and that are keywords of KDL 1.0.
fn bare_words(masked: &str, result: &Result<KdlDocument, kdl::KdlError>) -> Vec<Range<usize>> {
    let diagnostics = result
        .as_ref()
        .err()
        .into_iter()
        .flat_map(|error| &error.diagnostics);
    let mut found: Vec<_> = diagnostics
        .map(|diagnostic| diagnostic.span.offset()..diagnostic.span.offset() + diagnostic.span.len())
        .filter(|range| masked.get(range.clone()).and_then(Keyword::written).is_some())
        .collect();
    found.sort_by_key(|range| range.start);
    found.dedup();
    found
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    True,
    False,
    Null,
}

impl Keyword {
    const ALL: [Self; 3] = [Self::True, Self::False, Self::Null];

    fn word(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Null => "null",
        }
    }

    /// A legal identifier of the same length in bytes, from a private-use plane that no text uses.
    fn placeholder(self) -> &'static str {
        match self {
            Self::True => "\u{10FFF1}",
            Self::False => "\u{10FFF3}_",
            Self::Null => "\u{10FFF2}",
        }
    }

    fn written(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.word() == word)
    }

    fn masked(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|keyword| keyword.placeholder() == text)
    }
}

#[cfg(test)]
mod tests;
