//! The files a stack was read from, and places in them. It does not read files and knows nothing about KDL.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Which of the loaded files a [`Span`] lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A byte range of one file, as the user wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    pub(crate) fn new(file: FileId, range: std::ops::Range<usize>) -> Self {
        Self {
            file,
            start: range.start,
            end: range.end,
        }
    }

    /// From the start of this span to the end of `other`; `self` when they lie in different files.
    pub(crate) fn to(self, other: Span) -> Self {
        if self.file != other.file || other.end < self.start {
            return self;
        }
        Self {
            file: self.file,
            start: self.start,
            end: other.end.max(self.end),
        }
    }

    /// Whether `other` lies in it.
    pub(crate) fn has(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start..self.end
    }
}

/// A line and a column as an editor counts them: from one, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Line, from one.
    pub line: usize,
    /// Column in characters (not bytes), from one.
    pub column: usize,
}

/// One text a stack was read from.
#[derive(Debug)]
pub struct SourceFile {
    path: PathBuf,
    name: String,
    text: Arc<str>,
    line_starts: Vec<usize>,
}

impl SourceFile {
    pub(crate) fn new(path: PathBuf, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            name: path.display().to_string(),
            path,
            text,
            line_starts,
        }
    }

    /// Shown under `name` instead of its path.
    pub(crate) fn shown_as(mut self, name: String) -> Self {
        self.name = name;
        self
    }

    /// What it is called in diagnostics.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where a byte offset lies. An offset behind the end counts as the end.
    pub fn location(&self, offset: usize) -> Location {
        let offset = self.floor(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        Location {
            line,
            column: self.text[start..offset].chars().count() + 1,
        }
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    /// The bytes shown around a span: `before` and `after` whole lines of context.
    fn window(&self, span: &SourceSpan, before: usize, after: usize) -> Option<Window> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        if end > self.text.len() {
            return None;
        }
        let first = self.location(start).line - 1;
        let last = self.location(end).line - 1;
        let from = if before == 0 {
            start
        } else {
            self.line_starts[first.saturating_sub(before)]
        };
        let to = if after == 0 {
            end
        } else {
            self.end_of_line(last + after)
        };
        let lines = (last + after).min(self.line_starts.len() - 1) - first.saturating_sub(before) + 1;
        Some(Window {
            from,
            to: to.max(end),
            lines,
        })
    }

    fn end_of_line(&self, line: usize) -> usize {
        match self.line_starts.get(line + 1) {
            Some(next) => self.text[..*next]
                .trim_end_matches(['\r', '\n'])
                .len()
                .max(self.line_starts[line]),
            None => self.text.len(),
        }
    }
}

struct Window {
    from: usize,
    to: usize,
    lines: usize,
}

/// Columns in characters: miette's own implementation for strings counts bytes, which is wrong for Japanese text.
impl SourceCode for SourceFile {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let window = self
            .window(span, context_lines_before, context_lines_after)
            .ok_or(MietteError::OutOfBounds)?;
        let start = self.location(window.from);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.text.as_bytes()[window.from..window.to],
            (window.from..window.to).into(),
            start.line - 1,
            start.column - 1,
            window.lines,
        )))
    }
}

/// Every file a stack was read from: the main one first, then its includes in the order they were met.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<SourceFile>>,
}

impl Sources {
    pub(crate) fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(Arc::new(file));
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// The file a span lies in; the empty set has none.
    pub fn file(&self, id: FileId) -> Option<&Arc<SourceFile>> {
        self.files.get(id.0 as usize)
    }

    /// All files.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.files.iter()
    }

    /// Line and column of the start of a span.
    pub fn location(&self, span: Span) -> Option<Location> {
        self.file(span.file).map(|file| file.location(span.start))
    }

    /// The text a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file)
            .and_then(|file| file.text.get(span.range()))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let file = SourceFile::new("flow.kdl".into(), "// さくら\nゾーン \"tk1a\"\r\nx");
        assert_eq!(file.location(0), Location { line: 1, column: 1 });
        let at = file.text().find("\"tk1a\"").unwrap();
        assert_eq!(file.location(at), Location { line: 2, column: 5 });
        assert_eq!(file.location(file.text().len()), Location { line: 3, column: 2 });
        assert_eq!(file.location(10_000), Location { line: 3, column: 2 });
    }

    #[test]
    fn a_span_is_shown_with_its_line_and_column() {
        let file = SourceFile::new("flow.kdl".into(), "a\n// さ\n日本 x\nd\n");
        let at = file.text().find('x').unwrap();
        let contents = file.read_span(&(at..at + 1).into(), 0, 0).unwrap();
        assert_eq!(
            (contents.line(), contents.column(), contents.data()),
            (2, 3, "x".as_bytes())
        );
        let around = file.read_span(&(at..at + 1).into(), 1, 1).unwrap();
        assert_eq!(around.data(), "// さ\n日本 x\nd".as_bytes());
        assert_eq!((around.line(), around.column(), around.line_count()), (1, 0, 3));
        assert!(file.read_span(&(at..at + 100).into(), 0, 0).is_err());
    }
}
