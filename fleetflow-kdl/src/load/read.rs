//! Reads the main file and puts included files in place of their `include` nodes. It does not look at other nodes.

use std::io;
use std::path::{Path, PathBuf};

use super::{LoadOptions, folder};
use crate::ast::{Node, Value};
use crate::diagnostic::Diagnostic;
use crate::dialect;
use crate::files::normal;
use crate::source::{FileId, SourceFile, Sources, Span};

/// The nodes of all files that could be read.
pub(super) struct Read {
    pub(super) nodes: Vec<Node>,
    /// Whether there is more that could not: a file that does not parse, or is not there. What is told of the others must
    /// not follow from what it would have said.
    pub(super) more: bool,
}

pub(super) fn read(options: &LoadOptions<'_>, sources: &mut Sources, found: &mut Vec<Diagnostic>) -> Read {
    let text = match options.files.read(&options.path) {
        Ok(text) => text,
        Err(error) => {
            found.push(unreadable(options, &error));
            // It has no text to point into, but its name is what could not be loaded.
            sources.add(
                SourceFile::new(options.path.clone(), String::new()).shown_as(options.shown(&options.path)),
            );
            return Read {
                nodes: Vec::new(),
                more: true,
            };
        }
    };
    let file =
        sources.add(SourceFile::new(options.path.clone(), text).shown_as(options.shown(&options.path)));
    let mut reader = Reader {
        options,
        sources,
        found,
        open: vec![Open {
            path: normal(&options.path),
            asked: None,
        }],
        more: false,
    };
    let nodes = reader.file(file);
    Read {
        nodes,
        more: reader.more,
    }
}

/// The main file cannot be read.
pub(crate) fn unreadable(options: &LoadOptions<'_>, reason: &io::Error) -> Diagnostic {
    let message = format!("cannot read {}: {reason}", options.shown(&options.path));
    let told = Diagnostic::error("flow::include", None, message);
    told.help(remedy(reason).map(str::to_owned))
}

/// What to do about a file that is there and cannot be read.
fn remedy(reason: &io::Error) -> Option<&'static str> {
    match reason.kind() {
        io::ErrorKind::PermissionDenied => Some("let your user read it, or run this as its owner"),
        io::ErrorKind::InvalidData => Some("save it in UTF-8"),
        io::ErrorKind::FileTooLarge => Some("check that it is the file that you mean"),
        io::ErrorKind::IsADirectory => Some("name the file itself: this is a folder"),
        _ => None,
    }
}

struct Reader<'r> {
    options: &'r LoadOptions<'r>,
    sources: &'r mut Sources,
    found: &'r mut Vec<Diagnostic>,
    /// The files that are being read, outermost first.
    open: Vec<Open>,
    /// Whether something could not be read.
    more: bool,
}

struct Open {
    path: PathBuf,
    /// The `include` that asked for it.
    asked: Option<Span>,
}

impl Reader<'_> {
    fn file(&mut self, file: FileId) -> Vec<Node> {
        let text = self
            .sources
            .file(file)
            .map(|file| file.text().to_owned())
            .unwrap_or_default();
        match dialect::parse(file, &text) {
            Ok(document) => self.spliced(document.nodes, file),
            Err(found) => {
                self.found.extend(found);
                self.unread()
            }
        }
    }

    /// What stands for the nodes of what could not be read.
    fn unread(&mut self) -> Vec<Node> {
        self.more = true;
        Vec::new()
    }

    /// `include` may stand at the top and directly in a stage.
    fn spliced(&mut self, nodes: Vec<Node>, file: FileId) -> Vec<Node> {
        let mut out = Vec::with_capacity(nodes.len());
        for mut node in nodes {
            match node.name.text.as_str() {
                "include" => out.extend(self.include(&node, file)),
                "stage" => {
                    node.children = node.children.map(|children| self.spliced(children, file));
                    out.push(node);
                }
                _ => out.push(node),
            }
        }
        out
    }

    fn include(&mut self, node: &Node, from: FileId) -> Vec<Node> {
        if node.arguments.is_empty() || !node.properties.is_empty() || node.children.is_some() {
            let error = Diagnostic::error("flow::include", node.head(), "`include` takes the path of a file");
            self.found.push(error.label("write include \"other.kdl\""));
            return self.unread();
        }
        node.arguments
            .iter()
            .flat_map(|argument| self.included(argument, from))
            .collect()
    }

    fn included(&mut self, argument: &Value, from: FileId) -> Vec<Node> {
        let error = |message: String| Diagnostic::error("flow::include", argument.span, message);
        let Some(name) = argument.literal.text() else {
            self.found.push(error("the path of a file must be a text".into()));
            return self.unread();
        };
        let path = self.resolved(name, from);
        if let Some(diagnostic) = self.cycle(&path, argument.span) {
            self.found.push(diagnostic);
            return Vec::new();
        }
        match self.options.files.read(&path) {
            Ok(text) => {
                let file = SourceFile::new(path.clone(), text).shown_as(self.options.shown(&path));
                let file = self.sources.add(file);
                self.open.push(Open {
                    path,
                    asked: Some(argument.span),
                });
                let nodes = self.file(file);
                self.open.pop();
                nodes
            }
            Err(reason) => {
                let message = format!("cannot read {}: {reason}", self.options.shown(&path));
                let help = remedy(&reason).unwrap_or("the path is relative to the file that names it");
                self.found
                    .push(error(message).label("included here").help(help.to_owned()));
                self.unread()
            }
        }
    }

    fn resolved(&self, name: &str, from: FileId) -> PathBuf {
        if let (Some(rest), Some(home)) = (name.strip_prefix("~/"), &self.options.home) {
            return home.join(rest);
        }
        let from = self
            .sources
            .file(from)
            .map(|file| file.path().to_path_buf())
            .unwrap_or_default();
        normal(&folder(&from).join(Path::new(name)))
    }

    fn cycle(&self, path: &Path, span: Span) -> Option<Diagnostic> {
        let at = self.open.iter().position(|open| open.path == path)?;
        let message = format!("{} includes itself", self.options.shown(path));
        let error = Diagnostic::error("flow::include", span, message)
            .label("leads back to a file that is being read");
        let way = self.open[at + 1..].iter().filter_map(|open| open.asked);
        Some(way.fold(error, |error, asked| error.related(asked, "by way of this")))
    }
}
