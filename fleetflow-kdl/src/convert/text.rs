//! Single values: literals, references, texts with `${…}` in them, values from the environment, paths.

use std::ops::Range;
use std::path::Path;

use fleetflow_core::model::mistaken;
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use super::collect::StandIn;
use super::interpolate::{Piece, pieces};
use super::{Converter, Missing};
use crate::ast::{Literal, Value};
use crate::diagnostic::Diagnostic;
use crate::files::{declared, normal};
use crate::schema::{Schema, suggestion};
use crate::source::Span;
use crate::tree::{Content, Tree};

const FORMS: &str =
    "known: ${var.NAME}, ${env.NAME}, ${stage}, ${project} and ${KIND.NAME.OUTPUT}; $${ is a literal ${";

impl Converter<'_> {
    pub(super) fn scalar(&mut self, value: &Value, schema: Schema<'_>) -> Tree {
        let span = value.span;
        match &value.literal {
            Literal::Null => Tree::scalar(span, Json::Null),
            Literal::Bool(flag) => Tree::scalar(span, *flag),
            Literal::Integer(number) => self.integer(*number, span),
            Literal::Float(number) => match serde_json::Number::from_f64(*number) {
                Some(number) => Tree::scalar(span, Json::Number(number)),
                None => self.broken(
                    span,
                    Diagnostic::error("flow::number", span, "this is not a finite number"),
                ),
            },
            Literal::Bare(text) if self.is_reference(text, schema) => self.reference(text, span),
            Literal::Bare(text) => self.finished(Tree::scalar(span, text.as_str()), schema),
            Literal::Quoted(text) => {
                let tree = self.text(text, span);
                self.finished(tree, schema)
            }
        }
    }

    fn integer(&mut self, number: i128, span: Span) -> Tree {
        match (i64::try_from(number), u64::try_from(number)) {
            (Ok(number), _) => Tree::scalar(span, number),
            (_, Ok(number)) => Tree::scalar(span, number),
            _ => self.broken(
                span,
                Diagnostic::error("flow::number", span, "this number is too large"),
            ),
        }
    }

    /// `KIND.NAME.OUTPUT` without quotes. On a field that takes no reference it counts as one only if the kind exists,
    /// so that the mistake is seen.
    fn is_reference(&self, text: &str, schema: Schema<'_>) -> bool {
        let kind = text.split('.').next().unwrap_or_default();
        let formed = text.split('.').count() > 2 && text.split('.').all(|part| !part.is_empty());
        formed && (schema.keyword("x-input").is_some() || self.scope.kinds.contains(&kind))
    }

    fn reference(&mut self, text: &str, span: Span) -> Tree {
        let kind = text.split('.').next().unwrap_or_default();
        if self.scope.kinds.contains(&kind) {
            return Tree::scalar(span, json!({ "$ref": text }));
        }
        let help = suggestion(kind, self.scope.kinds.iter().copied());
        let error = Diagnostic::error("flow::reference", span, format!("there is no kind `{kind}`"))
            .label("a reference, because it has no quotes")
            .help(format!("{help}; quote it if it is plain text"));
        self.broken(span, error)
    }

    /// A quoted text with its `${…}` filled in.
    pub(super) fn text(&mut self, text: &str, span: Span) -> Tree {
        let pieces = pieces(text);
        let alone = pieces.len() == 1;
        let mut parts = Vec::new();
        let mut broken = false;
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => push(&mut parts, Json::String(literal)),
                Piece::Unclosed(range) => {
                    self.unclosed(self.inside(text, span, range));
                    parts.push(mistaken());
                    broken = true;
                }
                Piece::Place { inner, range } => {
                    match self.place(&inner, self.inside(text, span, range)).content {
                        Content::Scalar(value) if alone => return Tree::scalar(span, value),
                        Content::Scalar(value) => append(&mut parts, value),
                        Content::Partial(value) => {
                            append(&mut parts, value);
                            broken = true;
                        }
                        _ => {
                            parts.push(mistaken());
                            broken = true;
                        }
                    }
                }
            }
        }
        match broken {
            false => Tree::scalar(span, joined(parts)),
            // What the rest of it refers to is looked at all the same.
            true if parts.iter().any(|part| part.get("$ref").is_some()) => Tree {
                span,
                content: Content::Partial(json!({ "$text": parts })),
            },
            true => Tree::broken(span),
        }
    }

    fn unclosed(&mut self, at: Span) {
        let error = Diagnostic::error("flow::text", at, "`${` is not closed").label("no `}` for this");
        self.report(error.help("write $${ for a literal ${".to_owned()));
    }

    /// Where a part of a text stands in the file: exactly, unless escapes are in the way.
    fn inside(&self, text: &str, span: Span, range: Range<usize>) -> Span {
        match self.scope.sources.text(span).find(text) {
            Some(at) => Span {
                start: span.start + at + range.start,
                end: span.start + at + range.end,
                ..span
            },
            None => span,
        }
    }

    fn place(&mut self, inner: &str, span: Span) -> Tree {
        match inner.split_once('.') {
            None if inner == "stage" => Tree::scalar(span, self.scope.stage),
            None if inner == "project" => Tree::scalar(span, self.scope.project),
            Some(("var", name)) => self.variable(name, span),
            Some(("env", name)) => self.environment_text(name, span),
            Some((_, rest)) if rest.contains('.') && !rest.starts_with('.') && !rest.ends_with('.') => {
                self.reference_in_text(inner, span)
            }
            _ => {
                let error = Diagnostic::error("flow::text", span, format!("`${{{inner}}}` means nothing"));
                self.broken(span, error.label("not known").help(FORMS.to_owned()))
            }
        }
    }

    fn reference_in_text(&mut self, inner: &str, span: Span) -> Tree {
        let kind = inner.split('.').next().unwrap_or_default();
        if self.scope.kinds.contains(&kind) {
            return Tree::scalar(span, json!({ "$ref": inner }));
        }
        let known = self.scope.kinds.iter().copied().chain(["var", "env"]);
        let error = Diagnostic::error("flow::reference", span, format!("there is no kind `{kind}`"));
        self.broken(
            span,
            error.label("refers to nothing").help(suggestion(kind, known)),
        )
    }

    fn environment_text(&mut self, name: &str, span: Span) -> Tree {
        match self.scope.environment.get(name) {
            Some(value) => Tree::scalar(span, value),
            None => self.not_set(name, span),
        }
    }

    /// `env="NAME"`, with its default, and secret or not.
    pub(super) fn environment(&mut self, stand_in: &StandIn<'_>, schema: Schema<'_>) -> Tree {
        let span = stand_in.span();
        let Some(name) = stand_in.env.value.literal.text() else {
            let error = Diagnostic::error(
                "flow::environment",
                stand_in.env.value.span,
                "`env=` takes a name",
            );
            return self.broken(span, error.label("not a text"));
        };
        let secret = match stand_in
            .secret
            .map(|secret| (&secret.value.literal, secret.value.span))
        {
            None | Some((Literal::Bool(false), _)) => false,
            Some((Literal::Bool(true), _)) => true,
            Some((_, span)) => {
                let error = Diagnostic::error("flow::environment", span, "`secret=` takes #true or #false");
                return self.broken(span, error);
            }
        };
        let value = match (self.scope.environment.get(name), stand_in.default) {
            (Some(value), _) => Tree::scalar(span, value),
            (None, Some(default)) => self.scalar(&default.value, schema),
            (None, None) => return self.not_set(name, span),
        };
        if secret || schema.keyword("x-secret") == Some(&Json::Bool(true)) {
            self.secret(name, value)
        } else {
            self.typed(name, value, schema)
        }
    }

    fn not_set(&mut self, name: &str, span: Span) -> Tree {
        let help = format!(
            "set it, or write {name}=... into .env.{} or .env beside the file; `default=` gives a fallback",
            self.scope.stage
        );
        let message = format!("the environment variable `{name}` is not set");
        let told = match self.missing {
            Missing::Warned => Diagnostic::warning("flow::environment", span, message),
            _ => Diagnostic::error("flow::environment", span, message),
        };
        let told = told.label("read here").help(help);
        match self.missing {
            Missing::Reported | Missing::Warned => self.report(told),
            Missing::Withheld => self.withheld.push((span, told)),
            Missing::Tolerated => {}
        }
        Tree::broken(span)
    }

    fn secret(&mut self, name: &str, value: Tree) -> Tree {
        let Content::Scalar(value_json) = &value.content else {
            return value;
        };
        let key = format!("env:{name}");
        let text = value_json
            .as_str()
            .map_or_else(|| value_json.to_string(), str::to_owned);
        self.secrets.insert(key.clone(), SecretString::from(text));
        Tree::scalar(value.span, json!({ "$secret": key }))
    }

    /// The environment holds texts only; a field of another type gets the value that the text spells.
    fn typed(&mut self, name: &str, tree: Tree, schema: Schema<'_>) -> Tree {
        let span = tree.span;
        let text = tree.text().unwrap_or_default().trim();
        if tree.text().is_none() || schema.accepts_type("string") || schema.json_type().is_none() {
            return self.finished(tree, schema);
        }
        if let Some(value) = spelled(text) {
            return Tree::scalar(span, value);
        }
        let message =
            format!("the environment variable `{name}` holds a text, but a number or a flag is needed");
        self.broken(
            span,
            Diagnostic::error("flow::environment", span, message).label("read here"),
        )
    }

    /// Paths become relative to the main file's folder, and `~` the home folder.
    fn finished(&mut self, tree: Tree, schema: Schema<'_>) -> Tree {
        let Some(text) = tree.text().filter(|_| schema.keyword("x-path").is_some()) else {
            return tree;
        };
        if let Some(rest) = text.strip_prefix("~/").or_else(|| (text == "~").then_some("")) {
            let Some(home) = self.scope.home else {
                let error = Diagnostic::error(
                    "flow::path",
                    tree.span,
                    "`~` cannot be used: the home folder is not known",
                );
                return self.broken(tree.span, error);
            };
            let path = home.join(rest);
            self.look_for(&path, text, tree.span);
            return Tree::scalar(tree.span, declared(&path));
        }
        if !is_relative_path(text) {
            return tree;
        }
        let folder = self.scope.folder(tree.span.file);
        let path = normal(&folder.join(text));
        if schema.keyword("x-path") == Some(&Json::Bool(true)) || text.starts_with("./") {
            self.look_for(&self.scope.root.join(&path), text, tree.span);
        }
        if folder.as_os_str().is_empty() {
            return tree;
        }
        Tree::scalar(tree.span, declared(&path))
    }

    /// Where a file is only checked, a missing one is worth a word: a build may make it, or another machine may have it.
    fn look_for(&mut self, path: &Path, written: &str, span: Span) {
        if self.missing == Missing::Warned && !self.scope.files.exists(path) {
            let message = format!("there is no `{written}`");
            let told = Diagnostic::warning("flow::missing_file", span, message).label("not there now");
            self.report(told.help("it is needed when this is planned, unless a `build` makes it".to_owned()));
        }
    }
}

/// Not an absolute path, not a URL, not the text of a key or a script where those may stand as well.
fn is_relative_path(text: &str) -> bool {
    !Path::new(text).is_absolute() && !text.contains(char::is_whitespace) && !text.contains("://")
}

/// The number or flag that a text spells.
pub(super) fn spelled(text: &str) -> Option<Json> {
    match text {
        "true" => Some(Json::Bool(true)),
        "false" => Some(Json::Bool(false)),
        _ => text.parse::<serde_json::Number>().ok().map(Json::Number),
    }
}

/// Parts of a text in a row: what a variable brings along is taken apart.
fn append(parts: &mut Vec<Json>, value: Json) {
    match value {
        Json::Object(mut object) => match object.remove("$text") {
            Some(Json::Array(inner)) => inner.into_iter().for_each(|part| append(parts, part)),
            Some(other) => parts.push(other),
            None => parts.push(Json::Object(object)),
        },
        Json::String(text) => push(parts, Json::String(text)),
        other => push(parts, Json::String(other.to_string())),
    }
}

fn push(parts: &mut Vec<Json>, part: Json) {
    match (parts.last_mut(), part) {
        (Some(Json::String(before)), Json::String(text)) => before.push_str(&text),
        (_, part) => parts.push(part),
    }
}

fn joined(mut parts: Vec<Json>) -> Json {
    match parts.as_slice() {
        [] => Json::String(String::new()),
        [_] => parts.remove(0),
        _ => json!({ "$text": parts }),
    }
}
