//! Where each part of a declaration was written, without what it says: all that is kept of a file for messages that come
//! later. It is small, as a stage may have thousands of declarations.

use fleetflow_core::model::{Path, Segment};

use crate::source::{FileId, Span};
use crate::tree::{Content, Field, Tree};

/// The places of a value and of everything in it.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    span: Short,
    parts: Parts,
}

#[derive(Clone, Debug)]
enum Parts {
    Fields(Box<[Named]>),
    Items(Box<[Written]>),
    None,
    /// A value whose mistake is already reported.
    Broken,
    /// A value that may stand where nobody could read it.
    Elsewhere,
}

#[derive(Clone, Debug)]
struct Named {
    key: Box<str>,
    key_span: Short,
    /// Whether the schema knows it.
    known: bool,
    written: Written,
}

/// A span of a file of less than 4 GiB.
#[derive(Clone, Copy, Debug)]
struct Short {
    file: FileId,
    start: u32,
    end: u32,
}

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) span: Span,
    /// Whether the place itself is already reported as broken.
    pub(crate) broken: bool,
    /// Whether what should stand there may stand where nobody could read it.
    pub(crate) elsewhere: bool,
    /// Whether it is a field that the schema does not know.
    pub(crate) unknown: bool,
}

impl Written {
    /// The places of `tree`.
    pub(crate) fn of(tree: &Tree) -> Self {
        Self {
            span: Short::of(tree.span),
            parts: match &tree.content {
                Content::Map(fields) => Parts::Fields(fields.iter().map(Named::of).collect()),
                Content::List(items) => Parts::Items(items.iter().map(Self::of).collect()),
                Content::Scalar(_) | Content::Partial(_) => Parts::None,
                Content::Broken => Parts::Broken,
                Content::Elsewhere => Parts::Elsewhere,
            },
        }
    }

    fn field(&self, key: &str) -> Option<&Named> {
        match &self.parts {
            Parts::Fields(fields) => fields.iter().find(|field| *field.key == *key),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        Place {
            span: self.span.long(),
            broken: false,
            elsewhere: false,
            unknown: false,
        }
    }

    /// The most precise place there is for `path`: its longest prefix that was written.
    pub(crate) fn locate(&self, path: &Path) -> Place {
        let mut here = self;
        let mut place = self.place();
        for segment in path.segments() {
            let next = match (segment, &here.parts) {
                (Segment::Key(key), Parts::Fields(_)) => {
                    here.field(key).map(|field| (field.place(), &field.written))
                }
                (Segment::Index(index), Parts::Items(items)) => {
                    items.get(*index).map(|item| (item.place(), item))
                }
                // A lone value stands for a list of one.
                (Segment::Index(0), _) => Some((place, here)),
                _ => None,
            };
            let Some((found, written)) = next else { break };
            (place, here) = (found, written);
        }
        place.broken = matches!(here.parts, Parts::Broken);
        place.elsewhere = matches!(here.parts, Parts::Elsewhere);
        place
    }

    /// The path of what is written at `span`: the innermost value that the span lies in, or the field that it names.
    pub(crate) fn path_at(&self, span: Span) -> Option<Path> {
        self.path_below(&Path::root(), span)
    }

    fn path_below(&self, here: &Path, span: Span) -> Option<Path> {
        match &self.parts {
            Parts::Fields(fields) => fields.iter().filter(|field| field.is_here()).find_map(|field| {
                let path = here.key(&*field.key);
                let below = field.written.path_below(&path, span);
                below.or_else(|| field.key_span.long().has(span).then_some(path))
            }),
            Parts::Items(items) => {
                let mut items = items.iter().enumerate();
                items.find_map(|(index, item)| item.path_below(&here.index(index), span))
            }
            Parts::None | Parts::Broken | Parts::Elsewhere => {
                self.span.long().has(span).then(|| here.clone())
            }
        }
    }
}

impl Named {
    fn of(field: &Field) -> Self {
        Self {
            key: field.key.as_str().into(),
            key_span: Short::of(field.key_span),
            known: field.known,
            written: Written::of(&field.tree),
        }
    }

    fn is_here(&self) -> bool {
        !matches!(self.written.parts, Parts::Elsewhere)
    }

    /// Its value, or its name where nobody knows it.
    fn place(&self) -> Place {
        let span = if self.known {
            self.written.span
        } else {
            self.key_span
        };
        Place {
            span: span.long(),
            broken: false,
            elsewhere: false,
            unknown: !self.known,
        }
    }
}

impl Short {
    fn of(span: Span) -> Self {
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            file: span.file,
            start: short(span.start),
            end: short(span.end),
        }
    }

    fn long(self) -> Span {
        Span::new(self.file, self.start as usize..self.end as usize)
    }
}
