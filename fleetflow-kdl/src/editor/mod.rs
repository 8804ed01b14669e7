//! What an editor asks about a file while it is being written: completion, explanation, where something is declared, all
//! places that name it. It works on text that does not parse, and judges nothing: mistakes are found by [`check`](crate::check).

mod complete;
mod describe;
mod loose;
mod mentions;
mod names;
mod place;

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::files::{Files, normal};
use loose::Loose;
use mentions::{Mention, Symbol};

pub use complete::{Completion, CompletionKind};
pub use names::Names;

/// A file and everything that it includes, as the editor holds them.
///
/// ```
/// use std::path::Path;
/// use fleetflow_kdl::MemoryFiles;
/// use fleetflow_kdl::editor::Workspace;
///
/// let text = "r2-bucket \"uploads\" {\n    loc\n}\n";
/// let files = MemoryFiles::new().with("flow.kdl", text);
/// let workspace = Workspace::read(Path::new("flow.kdl"), &files);
/// let offers = workspace.complete(Path::new("flow.kdl"), text.find("loc").unwrap() + 3);
/// assert!(offers.iter().any(|offer| offer.label == "location"));
/// ```
#[derive(Debug)]
pub struct Workspace {
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    text: String,
    tree: Loose,
    mentions: Vec<Mention>,
}

/// A piece of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Bytes of its text.
    pub range: Range<usize>,
}

/// What a word means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The word; bytes of the text.
    pub range: Range<usize>,
    /// What it means, in Markdown.
    pub text: String,
}

/// A node that declares something, for an outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// What it is called: `server "web"`.
    pub name: String,
    /// The whole node with its block.
    pub range: Range<usize>,
    /// Its head.
    pub head: Range<usize>,
    /// What is declared inside: the nodes of a stage, the services of a group.
    pub inside: Vec<Declared>,
}

impl Workspace {
    /// Reads `main` and its includes. What cannot be read is left out.
    pub fn read(main: &Path, files: &dyn Files) -> Self {
        let mut workspace = Self { files: Vec::new() };
        workspace.add(&normal(main), files);
        workspace
    }

    fn add(&mut self, path: &Path, files: &dyn Files) {
        if self.file(path).is_some() {
            return;
        }
        let Ok(text) = files.read(path) else { return };
        let tree = Loose::read(&text);
        let mentions = mentions::of(&text, &tree);
        let included: Vec<PathBuf> = mentions
            .iter()
            .filter_map(|mention| match &mention.symbol {
                Symbol::File(name) => Some(beside(path, name)),
                _ => None,
            })
            .collect();
        self.files.push(File {
            path: path.to_owned(),
            text,
            tree,
            mentions,
        });
        for path in included {
            self.add(&path, files);
        }
    }

    fn file(&self, path: &Path) -> Option<&File> {
        let path = normal(path);
        self.files.iter().find(|file| file.path == path)
    }

    /// The files, the main one first.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// What may be written at `offset`.
    pub fn complete(&self, path: &Path, offset: usize) -> Vec<Completion> {
        self.file(path)
            .map(|file| complete::complete(self, file, offset))
            .unwrap_or_default()
    }

    /// What the word at `offset` means.
    pub fn explain(&self, path: &Path, offset: usize) -> Option<Explanation> {
        describe::explain(self.file(path)?, offset)
    }

    /// Where that which is named at `offset` is declared, or the file that is included there.
    pub fn definition(&self, path: &Path, offset: usize) -> Vec<Place> {
        let Some(found) = self.named_at(path, offset) else {
            return Vec::new();
        };
        if let Symbol::File(name) = &found.symbol {
            return vec![Place {
                path: beside(path, name),
                range: 0..0,
            }];
        }
        self.places(|mention| mention.declares && mention.symbol == found.symbol)
    }

    /// Every place that names what is named at `offset`; declarations too.
    pub fn mentions(&self, path: &Path, offset: usize) -> Vec<Place> {
        match self.named_at(path, offset) {
            Some(found) if found.symbol.can_be_renamed() => {
                self.places(|mention| mention.symbol == found.symbol)
            }
            _ => Vec::new(),
        }
    }

    /// The name at `offset`, if it can be changed: its place and the name as it is now.
    pub fn renamable(&self, path: &Path, offset: usize) -> Option<(Range<usize>, String)> {
        let file = self.file(path)?;
        let found = self.named_at(path, offset)?;
        let name = file.text.get(found.range.clone())?.to_owned();
        found.symbol.can_be_renamed().then(|| (found.range.clone(), name))
    }

    /// What the file declares.
    pub fn outline(&self, path: &Path) -> Vec<Declared> {
        self.file(path)
            .map(|file| describe::outline(&file.text, &file.tree))
            .unwrap_or_default()
    }

    fn named_at(&self, path: &Path, offset: usize) -> Option<&Mention> {
        let here = |mention: &&Mention| mention.range.start <= offset && offset <= mention.range.end;
        let found = self.file(path)?.mentions.iter().filter(here);
        // `scale "web"` names a server before it names itself.
        found.min_by_key(|mention| mention.declares)
    }

    /// Every mention, with its file.
    fn mentioned(&self) -> impl Iterator<Item = (&File, &Mention)> {
        let files = self.files.iter();
        files.flat_map(|file| file.mentions.iter().map(move |mention| (file, mention)))
    }

    fn places(&self, wanted: impl Fn(&Mention) -> bool) -> Vec<Place> {
        let found = self.mentioned().filter(|(_, mention)| wanted(mention));
        let mut places: Vec<_> = found
            .map(|(file, mention)| Place {
                path: file.path.clone(),
                range: mention.range.clone(),
            })
            .collect();
        places.dedup();
        places
    }
}

fn beside(path: &Path, name: &str) -> PathBuf {
    normal(&path.parent().unwrap_or(Path::new("")).join(name))
}

#[cfg(test)]
mod tests;
