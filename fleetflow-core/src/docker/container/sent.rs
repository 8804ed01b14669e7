//! What is sent to an engine from this machine: the files of a folder, in a fixed order, as a digest and as a tar archive.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::codes;
use crate::error::{Error, ErrorKind, Result};

/// One file, folder or link to be sent.
pub(super) struct Item {
    /// Its path in the archive.
    pub(super) name: PathBuf,
    /// Where it is.
    path: PathBuf,
    kind: ItemKind,
}

enum ItemKind {
    Folder,
    File { executable: bool },
    Link(PathBuf),
}

/// Which files of a folder are not sent: the lines of `.dockerignore`, the last one that fits decides.
#[derive(Default)]
pub(super) struct Ignored {
    patterns: Vec<(GlobMatcher, Verdict)>,
    always_sent: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ignored,
    Sent,
}

impl Ignored {
    /// The rules of a `.dockerignore`. `always_sent` are files that no rule can keep back.
    pub(super) fn parse(text: &str, always_sent: Vec<PathBuf>) -> Result<Self> {
        let mut patterns = Vec::new();
        for line in text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (verdict, pattern) = match line.strip_prefix('!') {
                Some(rest) => (Verdict::Sent, rest.trim()),
                None => (Verdict::Ignored, line),
            };
            // Patterns start at the folder whether they begin with a slash or not.
            let pattern = pattern.trim_start_matches("./").trim_matches('/');
            if pattern.is_empty() || pattern == "." {
                continue;
            }
            let glob = GlobBuilder::new(pattern).literal_separator(true).build();
            let glob = glob.map_err(|error| {
                Error::new(
                    ErrorKind::Invalid,
                    format!(".dockerignore has a wrong pattern: {error}"),
                )
            })?;
            patterns.push((glob.compile_matcher(), verdict));
        }
        Ok(Self {
            patterns,
            always_sent,
        })
    }

    /// Whether `path` is kept back: by itself, or because a folder above it is.
    fn keeps_back(&self, path: &Path) -> bool {
        if self
            .always_sent
            .iter()
            .any(|sent| sent == path || sent.starts_with(path))
        {
            return false;
        }
        let fits = |(glob, _): &&(GlobMatcher, Verdict)| {
            path.ancestors()
                .any(|part| !part.as_os_str().is_empty() && glob.is_match(part))
        };
        let last = self.patterns.iter().rev().find(fits);
        last.is_some_and(|(_, verdict)| *verdict == Verdict::Ignored)
    }

    /// Whether something inside a folder that is kept back may be sent nevertheless.
    fn has_exceptions(&self) -> bool {
        !self.always_sent.is_empty() || self.patterns.iter().any(|(_, verdict)| *verdict == Verdict::Sent)
    }
}

/// Everything below `folder` but what is `ignored`, sorted, with `prefix` in front of the names.
pub(super) fn folder(folder: &Path, prefix: &Path, ignored: &Ignored) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    walk(folder, Path::new(""), prefix, ignored, &mut items).map_err(|error| unreadable(folder, &error))?;
    Ok(items)
}

/// The file or folder at `path`, as `name`.
pub(super) fn file_or_folder(path: &Path, name: &Path) -> Result<Vec<Item>> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if metadata.is_dir() {
        return folder(path, name, &Ignored::default());
    }
    Ok(vec![Item {
        name: name.to_owned(),
        path: path.to_owned(),
        kind: ItemKind::File {
            executable: is_executable(&metadata),
        },
    }])
}

/// A digest of names, kinds and contents.
pub(super) fn digest(items: &[Item]) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    for item in items {
        hash(item, &mut hasher).map_err(|error| unreadable(&item.path, &error))?;
    }
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

/// A tar archive that is the same for the same content: no times, no owners.
pub(super) fn archive(items: &[Item], to: impl Write) -> Result<()> {
    let mut builder = tar::Builder::new(to);
    for item in items {
        append(item, &mut builder).map_err(|error| unreadable(&item.path, &error))?;
    }
    builder.finish().map_err(|error| {
        Error::new(
            ErrorKind::Local,
            format!("the archive cannot be written: {error}"),
        )
    })
}

fn walk(
    root: &Path,
    inside: &Path,
    prefix: &Path,
    ignored: &Ignored,
    items: &mut Vec<Item>,
) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(root.join(inside))?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let relative = inside.join(entry.file_name());
        let kept_back = ignored.keeps_back(&relative);
        let kind = kind_of(&entry)?;
        let is_folder = matches!(kind, Some(ItemKind::Folder));
        if let (false, Some(kind)) = (kept_back, kind) {
            items.push(Item {
                name: prefix.join(&relative),
                path: entry.path(),
                kind,
            });
        }
        if is_folder && (!kept_back || ignored.has_exceptions()) {
            walk(root, &relative, prefix, ignored, items)?;
        }
    }
    Ok(())
}

/// Sockets, pipes and devices are not sent.
fn kind_of(entry: &fs::DirEntry) -> io::Result<Option<ItemKind>> {
    let kind = entry.file_type()?;
    Ok(if kind.is_dir() {
        Some(ItemKind::Folder)
    } else if kind.is_symlink() {
        Some(ItemKind::Link(fs::read_link(entry.path())?))
    } else if kind.is_file() {
        Some(ItemKind::File {
            executable: is_executable(&entry.metadata()?),
        })
    } else {
        None
    })
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Other systems have no such bit; engines run what they are told to run.
#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

fn hash(item: &Item, hasher: &mut blake3::Hasher) -> io::Result<()> {
    let name = item.name.to_string_lossy().replace('\\', "/");
    hasher
        .update(&(name.len() as u64).to_le_bytes())
        .update(name.as_bytes());
    match &item.kind {
        ItemKind::Folder => drop(hasher.update(b"d")),
        ItemKind::Link(target) => {
            hasher.update(b"l").update(target.to_string_lossy().as_bytes());
        }
        ItemKind::File { executable } => {
            hasher.update(if *executable { b"x" } else { b"f" });
            let mut content = blake3::Hasher::new();
            content.update_reader(fs::File::open(&item.path)?)?;
            hasher.update(content.finalize().as_bytes());
        }
    }
    Ok(())
}

fn append(item: &Item, to: &mut tar::Builder<impl Write>) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_mtime(0);
    match &item.kind {
        ItemKind::Folder => {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_mode(0o755);
            header.set_size(0);
            to.append_data(&mut header, &item.name, io::empty())
        }
        ItemKind::Link(target) => {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_mode(0o777);
            header.set_size(0);
            to.append_link(&mut header, &item.name, target)
        }
        ItemKind::File { executable } => {
            let file = fs::File::open(&item.path)?;
            header.set_entry_type(tar::EntryType::Regular);
            header.set_mode(if *executable { 0o755 } else { 0o644 });
            header.set_size(file.metadata()?.len());
            to.append_data(&mut header, &item.name, file)
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::of(
        &codes::NO_SUCH_FILE,
        format!("`{}` cannot be read: {error}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(rules: &str, files: &[&str]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let ignored = Ignored::parse(rules, vec!["Dockerfile".into()]).unwrap();
        let items = folder(root.path(), Path::new(""), &ignored).unwrap();
        items
            .iter()
            .filter(|item| !matches!(item.kind, ItemKind::Folder))
            .map(|item| item.name.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn what_dockerignore_names_is_not_sent() {
        let files = [
            "Dockerfile",
            "a.log",
            "keep.log",
            "src/a.log",
            "src/main.rs",
            "node_modules/x/y.js",
        ];
        // Unlike Git's rules, a pattern is anchored at the folder: `*.log` means none in a folder below.
        assert_eq!(
            names("*.log\n!keep.log\nnode_modules\n", &files),
            ["Dockerfile", "keep.log", "src/a.log", "src/main.rs"]
        );
        assert_eq!(
            names("**/*.log\n/node_modules/", &files),
            ["Dockerfile", "src/main.rs"]
        );
        // Also unlike Git's: what is in an ignored folder can be taken back.
        assert_eq!(names("*\n!src/main.rs", &files), ["Dockerfile", "src/main.rs"]);
        assert_eq!(names("# nothing\n\n", &files).len(), files.len());
    }

    #[test]
    fn the_digest_and_the_archive_follow_names_and_contents_only() {
        let root = tempfile::tempdir().unwrap();
        let of = || {
            let items = folder(root.path(), Path::new(""), &Ignored::default()).unwrap();
            let mut tar = Vec::new();
            archive(&items, &mut tar).unwrap();
            (digest(&items).unwrap(), blake3::hash(&tar))
        };
        fs::write(root.path().join("a"), "1").unwrap();
        let first = of();
        fs::remove_file(root.path().join("a")).unwrap();
        fs::write(root.path().join("a"), "1").unwrap();
        assert_eq!(of(), first);
        fs::write(root.path().join("a"), "2").unwrap();
        let second = of();
        assert_ne!(second, first);
        fs::rename(root.path().join("a"), root.path().join("b")).unwrap();
        assert_ne!(of().0, second.0);
    }
}
