//! How the loader reaches files: the real folder, or texts in memory. It does not interpret what it reads.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf};

/// Read access to the files a stack is written in.
pub trait Files {
    /// The whole text of a file.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// Whether something is there: a file of any kind, or a folder.
    fn exists(&self, path: &Path) -> bool {
        self.read(path).is_ok()
    }
}

const MIB: u64 = 1024 * 1024;

/// The longest file that is read: 100,000 records take 5 MiB.
const LONGEST: u64 = 32 * MIB;

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct FolderFiles;

impl Files for FolderFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        fits(std::fs::metadata(path)?.len())?;
        text_of(std::fs::read(path)?)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }
}

/// Errors: so many bytes are no file that anybody has written.
fn fits(length: u64) -> io::Result<()> {
    if length <= LONGEST {
        return Ok(());
    }
    let (found, most) = (length / MIB, LONGEST / MIB);
    let message = format!("it has {found} MiB, and nobody writes more than {most} MiB by hand");
    Err(io::Error::new(io::ErrorKind::FileTooLarge, message))
}

/// The text of a file. Errors: it is in another encoding than UTF-8, named where its first bytes tell which.
fn text_of(bytes: Vec<u8>) -> io::Result<String> {
    let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    // The byte order marks of UTF-16, as editors and shells of Windows write them.
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(wrong(
            "it is a text in UTF-16, and KDL is written in UTF-8".to_owned(),
        ));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let line = bytes[..at].split(|byte| *byte == b'\n').count();
        return Err(wrong(format!(
            "it is no text: line {line} has a byte that is zero"
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]);
        let line = 1 + before.matches('\n').count();
        wrong(format!("line {line} has bytes that are no UTF-8"))
    })
}

/// Texts in memory, by path. For tests, and for editors that hold unsaved text.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    texts: BTreeMap<PathBuf, String>,
}

impl MemoryFiles {
    /// No file at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a file.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.texts.insert(normal(&path.into()), text.into());
        self
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.texts
            .get(&normal(path))
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The same path without `.` and without `name/..`, so that two spellings of one file compare equal.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The path as declarations have it, on every system with `/`: the state of a stage is shared by machines of all kinds, and a
/// path that another one wrote otherwise would be a change.
pub(crate) fn declared(path: &Path) -> String {
    slashed(&path.display().to_string(), MAIN_SEPARATOR)
}

/// Systems that separate with `\` take `/` as well; elsewhere `\` is a letter of a name like any other.
fn slashed(path: &str, separator: char) -> String {
    match separator {
        '\\' => path.replace(separator, "/"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_paths_are_the_same_on_every_system() {
        assert_eq!(slashed(r"C:\Users\me\dist\w.js", '\\'), "C:/Users/me/dist/w.js");
        assert_eq!(slashed(r"sites\..\a/b", '\\'), "sites/../a/b");
        assert_eq!(slashed(r"a\b/c", '/'), r"a\b/c");
        assert_eq!(declared(Path::new("a/b")), "a/b");
    }

    #[test]
    fn another_encoding_is_named_and_the_first_line_that_shows_it() {
        let utf16 = text_of(vec![0xff, 0xfe, b'p', 0]).unwrap_err().to_string();
        assert!(utf16.starts_with("it is a text in UTF-16"), "{utf16}");
        let latin = text_of(b"project \"x\"\n// caf\xe9\n".to_vec())
            .unwrap_err()
            .to_string();
        assert!(latin.starts_with("line 2 has bytes that are no UTF-8"), "{latin}");
        let binary = text_of(b"\x7fELF\n\0".to_vec()).unwrap_err().to_string();
        assert!(binary.starts_with("it is no text: line 2"), "{binary}");
        assert_eq!(text_of("さくら".into()).unwrap(), "さくら");
    }

    #[test]
    fn what_nobody_writes_by_hand_is_not_read() {
        assert!(fits(LONGEST).is_ok());
        let refused = fits(LONGEST + 1).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn two_spellings_of_a_path_are_one_file() {
        let files = MemoryFiles::new().with("a/flow.kdl", "x");
        assert_eq!(files.read(Path::new("./a/b/../flow.kdl")).unwrap(), "x");
        assert_eq!(
            files.read(Path::new("flow.kdl")).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        assert_eq!(normal(Path::new("../x/./y")), PathBuf::from("../x/y"));
    }
}
