//! What was found, in the words of the protocol.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fleetflow_kdl::editor::{Completion, CompletionKind, Declared, Place};
use fleetflow_kdl::{Diagnostic as Mistake, Diagnostics, FileId, Files as _, Severity, SourceFile, Span};
use tower_lsp_server::ls_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Diagnostic, DiagnosticRelatedInformation,
    DiagnosticSeverity, DocumentSymbol, Documentation, Location, MarkupContent, MarkupKind, NumberOrString,
    Range, SymbolKind, TextEdit, Uri,
};

use super::open::Open;
use super::position::{Lines, Units};

/// The mistakes by file; those without a place are shown at the beginning of `main`.
pub(super) fn mistakes(found: &Diagnostics, main: &Path, units: Units) -> Vec<(PathBuf, Diagnostic)> {
    let mut places = Places {
        found,
        lines: BTreeMap::new(),
        units,
    };
    found
        .iter()
        .map(|mistake| shown(&mut places, mistake, main))
        .collect()
}

/// Where mistakes are.
struct Places<'f> {
    found: &'f Diagnostics,
    lines: BTreeMap<FileId, Lines<'f>>,
    units: Units,
}

impl<'f> Places<'f> {
    fn of(&mut self, span: &Span) -> Option<(&'f SourceFile, Range)> {
        let file = self.found.sources().file(span.file)?;
        let units = self.units;
        let lines = self.lines.entry(span.file);
        let lines = lines.or_insert_with(|| Lines::new(file.text(), units));
        Some((file, lines.range(&(span.start..span.end))))
    }
}

fn shown(places: &mut Places<'_>, mistake: &Mistake, main: &Path) -> (PathBuf, Diagnostic) {
    let place = mistake.span.and_then(|span| places.of(&span));
    let (path, at) = match place {
        Some((file, range)) => (file.path().to_owned(), range),
        None => (main.to_owned(), Range::default()),
    };
    let help = mistake
        .help
        .as_ref()
        .map(|help| format!("\nhelp: {help}"))
        .unwrap_or_default();
    let related = mistake.related.iter().filter_map(|(span, label)| {
        let (file, range) = places.of(span)?;
        Some(DiagnosticRelatedInformation {
            location: Location::new(Uri::from_file_path(file.path())?, range),
            message: label.clone(),
        })
    });
    let related = related.collect();
    let diagnostic = Diagnostic {
        range: at,
        severity: Some(match mistake.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(mistake.code.to_owned())),
        source: Some("flow".to_owned()),
        message: format!("{}{help}", mistake.message),
        related_information: Some(related),
        ..Diagnostic::default()
    };
    (path, diagnostic)
}

pub(super) fn item(lines: &Lines<'_>, offer: Completion) -> CompletionItem {
    let kind = match offer.kind {
        CompletionKind::Node => CompletionItemKind::CLASS,
        CompletionKind::Field => CompletionItemKind::FIELD,
        CompletionKind::Word => CompletionItemKind::ENUM_MEMBER,
        CompletionKind::Name => CompletionItemKind::MODULE,
        CompletionKind::Reference => CompletionItemKind::REFERENCE,
        CompletionKind::Variable => CompletionItemKind::VARIABLE,
    };
    CompletionItem {
        // An editor compares it with what is written, quotes and all.
        filter_text: Some(offer.insert.clone()),
        label: offer.label,
        kind: Some(kind),
        documentation: offer
            .documentation
            .map(|text| Documentation::MarkupContent(markdown(text))),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(
            lines.range(&offer.replaces),
            offer.insert,
        ))),
        ..CompletionItem::default()
    }
}

pub(super) fn markdown(value: String) -> MarkupContent {
    MarkupContent {
        kind: MarkupKind::Markdown,
        value,
    }
}

/// The places, each with what the editor holds of its file, or what lies on the disk.
pub(super) fn locations(open: &Open, places: &[Place], units: Units) -> Vec<Location> {
    let paths: BTreeSet<&Path> = places.iter().map(|place| place.path.as_path()).collect();
    let texts: BTreeMap<&Path, String> = paths
        .into_iter()
        .filter_map(|path| Some((path, open.read(path).ok()?)))
        .collect();
    let lines: BTreeMap<&Path, Lines<'_>> = texts
        .iter()
        .map(|(path, text)| (*path, Lines::new(text, units)))
        .collect();
    let location = |place: &Place| {
        let range = lines.get(place.path.as_path())?.range(&place.range);
        Some(Location::new(Uri::from_file_path(&place.path)?, range))
    };
    places.iter().filter_map(location).collect()
}

pub(super) fn symbol(lines: &Lines<'_>, declared: Declared) -> DocumentSymbol {
    let inside: Vec<_> = declared
        .inside
        .into_iter()
        .map(|declared| symbol(lines, declared))
        .collect();
    #[expect(deprecated, reason = "the type has no other way to be made")]
    DocumentSymbol {
        name: declared.name,
        detail: None,
        kind: if inside.is_empty() {
            SymbolKind::OBJECT
        } else {
            SymbolKind::NAMESPACE
        },
        tags: None,
        deprecated: None,
        range: lines.range(&declared.range),
        selection_range: lines.range(&declared.head),
        children: (!inside.is_empty()).then_some(inside),
    }
}
