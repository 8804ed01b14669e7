//! Where in a declaration something is: a path of keys and indexes. It knows no source text.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Segment {
    /// An element of a list.
    Index(usize),
    /// A field or a key of a map.
    Key(String),
}

/// A place inside a declaration, printed as `record[0].value`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Path(Vec<Segment>);

impl Path {
    /// The whole declaration.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// This path, one key deeper.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.with(Segment::Key(key.into()))
    }

    /// This path, one index deeper.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    /// The steps from the root.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The first step, where it is a key: the field of the declaration that this path lies in.
    pub fn field(&self) -> Option<&str> {
        match self.0.first() {
            Some(Segment::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The value at this path of `value`.
    pub fn of<'v>(&self, value: &'v serde_json::Value) -> Option<&'v serde_json::Value> {
        self.0.iter().try_fold(value, |value, segment| match segment {
            Segment::Key(key) => value.get(key),
            Segment::Index(index) => value.get(index),
        })
    }

    /// The same as [`of`](Self::of), to be changed.
    pub(crate) fn of_mut<'v>(&self, value: &'v mut serde_json::Value) -> Option<&'v mut serde_json::Value> {
        self.0.iter().try_fold(value, |value, segment| match segment {
            Segment::Key(key) => value.get_mut(key),
            Segment::Index(index) => value.get_mut(index),
        })
    }

    /// This path without its first step.
    pub(crate) fn below(&self) -> Self {
        Self(self.0.iter().skip(1).cloned().collect())
    }

    fn with(&self, segment: Segment) -> Self {
        self.clone().grown(segment)
    }

    fn grown(mut self, segment: Segment) -> Self {
        self.0.push(segment);
        self
    }
}

/// Where a walk through a declaration is. Most of what is walked over is as it should be: the path is written down only of
/// what is to be told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trail<'t> {
    /// At the declaration itself.
    Root,
    /// At a field, or a key of a map.
    Key(&'t Trail<'t>, &'t str),
    /// At an element of a list.
    Index(&'t Trail<'t>, usize),
}

impl<'t> Trail<'t> {
    pub(crate) fn key(&'t self, key: &'t str) -> Self {
        Self::Key(self, key)
    }

    pub(crate) fn index(&'t self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// The path to here.
    pub(crate) fn path(&self) -> Path {
        match self {
            Self::Root => Path::root(),
            Self::Key(before, key) => before.path().grown(Segment::Key((*key).to_owned())),
            Self::Index(before, index) => before.path().grown(Segment::Index(*index)),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if position == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

impl FromIterator<Segment> for Path {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Self(segments.into_iter().collect())
    }
}
