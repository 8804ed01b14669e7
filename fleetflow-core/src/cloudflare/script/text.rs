//! One file of a script: types and JSX are taken off, and its imports are found. It looks at no other file.
//!
//! What is plain JavaScript stays as it is written, byte for byte, apart from the names in its imports.

use std::ops::Range;
use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::ast::{Expression, ImportExpression, JSXElement, JSXFragment, StaticMemberExpression};
use oxc_ast_visit::{Visit, walk};
use oxc_codegen::Codegen;
use oxc_diagnostics::{Diagnostics, OxcDiagnostic};
use oxc_parser::{Parser, ParserReturn};
use oxc_semantic::SemanticBuilder;
use oxc_span::{SourceType, Span};
use oxc_transformer::{TransformOptions, Transformer};

/// A file as JavaScript.
#[derive(Debug)]
pub(super) struct Text {
    /// The code.
    pub(super) code: String,
    /// What it imports, in the order of the code.
    pub(super) imports: Vec<Import>,
    /// Whether it imports or exports anything: whether it is an ES module.
    pub(super) is_module: bool,
    /// The names of what it exports.
    pub(super) exports: Vec<String>,
    /// Places in the code where the name of the environment is asked for, as libraries do.
    defines: Vec<Range<usize>>,
}

/// An import in a file.
#[derive(Debug)]
pub(super) struct Import {
    /// What is imported, as it is written.
    pub(super) specifier: String,
    /// Where it is written in the file on disk.
    pub(super) place: Place,
    /// The literal in the code, with its quotes.
    literal: Range<usize>,
    /// The attributes behind it: `with { type: "json" }`.
    attributes: Option<Range<usize>>,
}

/// A place in a file, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A mistake in a file.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) place: Place,
    pub(super) message: String,
}

/// What an import becomes.
pub(super) struct Renamed<'r> {
    /// The name of the module that is meant; none where it stays as it is.
    pub(super) name: Option<String>,
    pub(super) import: &'r Import,
    /// Whether attributes are taken off, because the module is sent as another kind than they say.
    pub(super) bare: bool,
}

impl Text {
    /// Reads `source`, the content of `path`.
    pub(super) fn read(path: &Path, source: &str, options: &TransformOptions) -> Result<Self, Vec<Mistake>> {
        let allocator = Allocator::default();
        let kind = source_type(path);
        let parsed = parsed(&allocator, source, kind)?;
        let written = found(&parsed, source);
        if !kind.is_typescript() && !written.has_jsx {
            return Ok(Self::of(source.to_owned(), written, &|_, span| {
                place(source, span.start)
            }));
        }
        let code = transformed(&allocator, path, source, parsed, options)?;
        let plain = Allocator::default();
        let again = self::parsed(&plain, &code, SourceType::mjs())?;
        let now = found(&again, &code);
        // Imports of the compiled code are told at the places where they were written.
        let at = |specifier: &str, _: Span| {
            let same = written
                .imports
                .iter()
                .find(|import| import.specifier == specifier);
            same.map_or(Place { line: 1, column: 1 }, |import| {
                place(source, import.literal.start)
            })
        };
        Ok(Self::of(code.clone(), now, &at))
    }

    fn of(code: String, found: Found, at: &dyn Fn(&str, Span) -> Place) -> Self {
        let mut imports: Vec<_> = found
            .imports
            .into_iter()
            .map(|import| Import {
                place: at(&import.specifier, import.literal),
                literal: range(import.literal),
                attributes: import.attributes.map(range),
                specifier: import.specifier,
            })
            .collect();
        imports.sort_by_key(|import| import.literal.start);
        let defines = found.defines.into_iter().map(range).collect();
        Self {
            code,
            imports,
            is_module: found.is_module,
            exports: found.exports,
            defines,
        }
    }

    /// Whether it is a module of the older kind, CommonJS: it asks for others with `require`, or exports by assignment.
    pub(super) fn is_commonjs(&self) -> bool {
        let words = ["module.exports", "exports.", "require(", "defineProperty(exports"];
        !self.is_module && words.iter().any(|word| self.code.contains(word))
    }

    /// The code with the names in its imports replaced.
    pub(super) fn renamed(&self, renamed: &[Renamed<'_>]) -> String {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for one in renamed {
            let quoted = one
                .name
                .as_ref()
                .map(|name| serde_json::Value::from(name.as_str()).to_string());
            edits.extend(quoted.map(|text| (one.import.literal.clone(), text)));
            let attributes = one.import.attributes.clone().filter(|_| one.bare);
            edits.extend(attributes.map(|range| (range, String::new())));
        }
        edits.extend(
            self.defines
                .iter()
                .map(|range| (range.clone(), "\"production\"".to_owned())),
        );
        edits.sort_by_key(|(range, _)| range.start);
        let mut code = String::with_capacity(self.code.len() + edits.len() * 16);
        let mut from = 0;
        for (range, text) in edits {
            code.push_str(&self.code[from..range.start]);
            code.push_str(&text);
            from = range.end;
        }
        code.push_str(&self.code[from..]);
        code
    }
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// How a file is read: by its extension; whether a `.js` is a module is seen from what it says.
fn source_type(path: &Path) -> SourceType {
    let kind = SourceType::from_path(path).unwrap_or_else(|_| SourceType::mjs());
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("js" | "jsx" | "cjs") => SourceType::unambiguous().with_jsx(true),
        _ => kind,
    }
}

fn parsed<'a>(
    allocator: &'a Allocator,
    source: &'a str,
    kind: SourceType,
) -> Result<ParserReturn<'a>, Vec<Mistake>> {
    let parsed = Parser::new(allocator, source, kind).parse();
    if parsed.panicked || parsed.diagnostics.has_errors() {
        return Err(mistakes(&parsed.diagnostics, source));
    }
    Ok(parsed)
}

/// The code without types and JSX.
fn transformed<'a>(
    allocator: &'a Allocator,
    path: &Path,
    source: &str,
    parsed: ParserReturn<'a>,
    options: &TransformOptions,
) -> Result<String, Vec<Mistake>> {
    let mut program = parsed.program;
    let semantic = SemanticBuilder::new_compiler()
        .with_enum_eval(true)
        .with_excess_capacity(2.0);
    let seen = semantic.build(&program);
    if seen.diagnostics.has_errors() {
        return Err(mistakes(&seen.diagnostics, source));
    }
    let scoping = seen.semantic.into_scoping();
    let done = Transformer::new(allocator, path, options).build_with_scoping(scoping, &mut program);
    if done.diagnostics.has_errors() {
        return Err(mistakes(&done.diagnostics, source));
    }
    Ok(Codegen::new().build(&program).code)
}

fn mistakes(diagnostics: &Diagnostics, source: &str) -> Vec<Mistake> {
    diagnostics
        .errors()
        .map(|diagnostic| mistake(diagnostic, source))
        .collect()
}

fn mistake(diagnostic: &OxcDiagnostic, source: &str) -> Mistake {
    let offset = diagnostic.labels.first().map_or(0, oxc_span::LabeledSpan::offset);
    Mistake {
        place: place(source, offset),
        message: diagnostic.message.to_string(),
    }
}

fn place(source: &str, offset: u32) -> Place {
    let before = &source[..source.floor_char_boundary(offset as usize)];
    let line = before.rfind('\n').map_or(before, |end| &before[end + 1..]);
    Place {
        line: before.matches('\n').count() + 1,
        column: line.chars().count() + 1,
    }
}

/// What is looked for in a file.
#[derive(Default)]
struct Found {
    imports: Vec<FoundImport>,
    defines: Vec<Span>,
    has_jsx: bool,
    is_module: bool,
    exports: Vec<String>,
}

struct FoundImport {
    specifier: String,
    literal: Span,
    attributes: Option<Span>,
}

fn found(parsed: &ParserReturn<'_>, source: &str) -> Found {
    let exports = parsed.module_record.exported_bindings.keys();
    let mut found = Found {
        is_module: parsed.module_record.has_module_syntax,
        exports: exports.map(ToString::to_string).collect(),
        ..Found::default()
    };
    found.exports.sort();
    for (specifier, requests) in &parsed.module_record.requested_modules {
        for request in requests {
            let end = source[..request.statement_span.end as usize]
                .trim_end_matches(';')
                .len();
            let behind = Span::new(request.span.end, u32::try_from(end).unwrap_or(request.span.end));
            let has_attributes = source[range(behind)].contains('{');
            found.imports.push(FoundImport {
                specifier: specifier.to_string(),
                literal: request.span,
                attributes: has_attributes.then_some(behind),
            });
        }
    }
    found.visit_program(&parsed.program);
    found
}

impl<'a> Visit<'a> for Found {
    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        if let Expression::StringLiteral(literal) = &import.source {
            self.imports.push(FoundImport {
                specifier: literal.value.to_string(),
                literal: literal.span,
                attributes: None,
            });
        }
        walk::walk_import_expression(self, import);
    }

    /// Libraries ask for `process.env.NODE_ENV`, which bundlers write in (API doc §6.1): there is no `process` in a
    /// Worker that is not compatible with Node.js.
    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        let is_define = member.property.name == "NODE_ENV"
            && matches!(&member.object, Expression::StaticMemberExpression(env)
                if env.property.name == "env"
                    && matches!(&env.object, Expression::Identifier(name) if name.name == "process"));
        if is_define {
            self.defines.push(member.span);
        }
        walk::walk_static_member_expression(self, member);
    }

    fn visit_jsx_element(&mut self, element: &JSXElement<'a>) {
        self.has_jsx = true;
        walk::walk_jsx_element(self, element);
    }

    fn visit_jsx_fragment(&mut self, fragment: &JSXFragment<'a>) {
        self.has_jsx = true;
        walk::walk_jsx_fragment(self, fragment);
    }
}
