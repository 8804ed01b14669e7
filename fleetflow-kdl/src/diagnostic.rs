//! Mistakes with their places, and how they are handed to miette. It does not print and decides nothing about the language.

use std::fmt;
use std::sync::Arc;

use fleetflow_core::model::{Path, Problem};
use fleetflow_core::{Address, codes};
use miette::{LabeledSpan, SourceCode};

use crate::source::{Location, SourceFile, Sources, Span};

/// Whether a diagnostic stops the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but probably says something else than was meant.
    Warning,
}

/// One mistake: what is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the rule, such as `flow::unknown_node`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, as one sentence without a final stop.
    pub message: String,
    /// The words under the underlined text.
    pub label: String,
    /// The underlined text; none when the mistake is not in a file (an option of the caller).
    pub span: Option<Span>,
    /// What to do next.
    pub help: Option<String>,
    /// Other places that belong to the mistake, such as the first of two definitions.
    pub related: Vec<(Span, String)>,
    /// The same mistake as every front end has it: which resource and which field; none for mistakes of the text itself.
    pub problem: Option<Problem>,
}

impl Diagnostic {
    pub(crate) fn error(
        code: &'static str,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            label: "here".into(),
            span: span.into(),
            help: None,
            related: Vec::new(),
            problem: None,
        }
    }

    pub(crate) fn warning(
        code: &'static str,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, message)
        }
    }

    /// Its number, for `flow explain`.
    pub fn number(&self) -> Option<&'static str> {
        codes::find(self.code).map(|code| code.number)
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    /// Of which field of which resource the mistake is, for those who know no text.
    pub(crate) fn about(mut self, address: &Address, path: Path) -> Self {
        let problem = Problem::at(path, self.message.clone()).on(address);
        self.problem = Some(Problem {
            help: self.help.clone(),
            code: codes::find(self.code),
            ..problem
        });
        self
    }

    pub(crate) fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}

/// Every mistake of one load, in the order of the files; never empty.
#[derive(Clone)]
pub struct Diagnostics {
    sources: Sources,
    located: Vec<Located>,
    /// What could not be done; the load without it.
    attempt: Option<String>,
}

impl Diagnostics {
    /// Sorts by place, removes repetitions, and returns `None` when nothing is left.
    pub(crate) fn new(sources: Sources, mut list: Vec<Diagnostic>) -> Option<Self> {
        list.sort_by(|a, b| (a.span, a.severity, &a.message).cmp(&(b.span, b.severity, &b.message)));
        list.dedup_by(|next, kept| next.span == kept.span && next.message == kept.message);
        if list.is_empty() {
            return None;
        }
        let located = list
            .into_iter()
            .map(|diagnostic| Located::new(&sources, diagnostic))
            .collect();
        Some(Self {
            sources,
            located,
            attempt: None,
        })
    }

    pub(crate) fn one(sources: Sources, diagnostic: Diagnostic) -> Self {
        let located = vec![Located::new(&sources, diagnostic)];
        Self {
            sources,
            located,
            attempt: None,
        }
    }

    /// The same mistakes, found while `attempt` (`plan stage "dev"`) and not by the load.
    pub(crate) fn during(mut self, attempt: String) -> Self {
        self.attempt = Some(attempt);
        self
    }

    /// What could not be done because of them, such as `plan stage "dev"`; none for mistakes of the load itself.
    pub fn attempt(&self) -> Option<&str> {
        self.attempt.as_deref()
    }

    /// The mistakes.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.located.iter().map(|located| &located.diagnostic)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.located.len()
    }

    /// Always false; here because a length without it is surprising.
    pub fn is_empty(&self) -> bool {
        self.located.is_empty()
    }

    /// The files the spans point into.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Line and column of a mistake, if it lies in a file.
    pub fn location(&self, diagnostic: &Diagnostic) -> Option<Location> {
        diagnostic.span.and_then(|span| self.sources.location(span))
    }

    /// How many of them are as severe as that.
    pub fn count(&self, severity: Severity) -> usize {
        self.iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.sources.files().next().map_or("the file", |file| file.name());
        if let Some(attempt) = &self.attempt {
            return match self.len() {
                1 => write!(f, "cannot {attempt}: 1 problem"),
                several => write!(f, "cannot {attempt}: {several} problems"),
            };
        }
        match (self.count(Severity::Error), self.count(Severity::Warning)) {
            (0, 1) => write!(f, "1 warning about {file}"),
            (0, warnings) => write!(f, "{warnings} warnings about {file}"),
            (1, _) => write!(f, "cannot load {file}: 1 mistake"),
            (errors, _) => write!(f, "cannot load {file}: {errors} mistakes"),
        }
    }
}

/// One `path:line:column: message` line each, for logs and for tests.
impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in self.iter() {
            let file = diagnostic.span.and_then(|span| self.sources.file(span.file));
            if let (Some(file), Some(at)) = (file, self.location(diagnostic)) {
                write!(f, "{}:{}:{}: ", file.name(), at.line, at.column)?;
            }
            writeln!(f, "{} ({})", diagnostic.message, diagnostic.label)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl miette::Diagnostic for Diagnostics {
    fn severity(&self) -> Option<miette::Severity> {
        let errors = self.count(Severity::Error);
        Some(if errors > 0 {
            miette::Severity::Error
        } else {
            miette::Severity::Warning
        })
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(
            self.located
                .iter()
                .map(|located| located as &dyn miette::Diagnostic),
        ))
    }
}

/// A diagnostic together with the text it points into. miette wants all labels of one report in one text, so places
/// in other files become reports of their own, nested under this one.
#[derive(Clone, Debug)]
struct Located {
    diagnostic: Diagnostic,
    file: Option<Arc<SourceFile>>,
    elsewhere: Vec<Elsewhere>,
}

impl Located {
    fn new(sources: &Sources, diagnostic: Diagnostic) -> Self {
        let file = diagnostic.span.and_then(|span| sources.file(span.file)).cloned();
        let elsewhere = diagnostic
            .related
            .iter()
            .filter(|(span, _)| Some(span.file) != diagnostic.span.map(|span| span.file))
            .filter_map(|(span, label)| Elsewhere::new(sources, *span, label))
            .collect();
        Self {
            diagnostic,
            file,
            elsewhere,
        }
    }
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Located {}

impl miette::Diagnostic for Located {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let code = self.diagnostic.code;
        Some(match self.diagnostic.number() {
            Some(number) => Box::new(format!("{number} ({code})")),
            None => Box::new(code),
        })
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic
            .help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.file.as_ref().map(|file| file.as_ref() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let primary = self.diagnostic.span?;
        let here = self
            .diagnostic
            .related
            .iter()
            .filter(move |(span, _)| span.file == primary.file);
        let others = here.map(|(span, label)| LabeledSpan::new_with_span(Some(label.clone()), span.range()));
        let main = LabeledSpan::new_primary_with_span(Some(self.diagnostic.label.clone()), primary.range());
        Some(Box::new(std::iter::once(main).chain(others)))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(
            self.elsewhere
                .iter()
                .map(|other| other as &dyn miette::Diagnostic),
        ))
    }
}

#[derive(Clone, Debug)]
struct Elsewhere {
    file: Arc<SourceFile>,
    span: Span,
    label: String,
}

impl Elsewhere {
    fn new(sources: &Sources, span: Span, label: &str) -> Option<Self> {
        Some(Self {
            file: sources.file(span.file)?.clone(),
            span,
            label: label.to_owned(),
        })
    }
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

impl std::error::Error for Elsewhere {}

impl miette::Diagnostic for Elsewhere {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.file.as_ref())
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_primary_with_span(Some("here".into()), self.span.range());
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_files() -> (Sources, Span, Span) {
        let mut sources = Sources::default();
        let main = sources.add(SourceFile::new(
            "flow.kdl".into(),
            "// さ\nserver \"日本\" // a\nserver \"x\"\n",
        ));
        let other = sources.add(SourceFile::new("dns.kdl".into(), "server \"日本\"\n"));
        (sources, Span::new(main, 14..22), Span::new(other, 7..15))
    }

    #[test]
    fn several_mistakes_of_several_files_render_at_once() {
        let (sources, first, second) = two_files();
        let list = vec![
            Diagnostic::error("flow::duplicate", second, "server `日本` exists twice")
                .related(first, "first here"),
            Diagnostic::error("flow::x", first, "bad name")
                .label("this name")
                .help("use ASCII".to_owned()),
        ];
        let diagnostics = Diagnostics::new(sources, list).unwrap();
        let mut out = String::new();
        let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor());
        handler.render_report(&mut out, &diagnostics).unwrap();
        for part in [
            "2 mistakes",
            "flow.kdl:2:8",
            "dns.kdl:1:8",
            "this name",
            "use ASCII",
            "first here",
        ] {
            assert!(out.contains(part), "`{part}` is missing in:\n{out}");
        }
    }

    #[test]
    fn repetitions_are_removed_and_places_sorted() {
        let (sources, first, second) = two_files();
        let list = [second, first, first].map(|span| Diagnostic::error("c", span, "same"));
        let diagnostics = Diagnostics::new(sources, list.into()).unwrap();
        assert_eq!(
            diagnostics.iter().map(|d| d.span).collect::<Vec<_>>(),
            [Some(first), Some(second)]
        );
        assert!(Diagnostics::new(Sources::default(), Vec::new()).is_none());
    }
}
