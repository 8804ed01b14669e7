//! The build context: a tar archive, plain or compressed, as paths and content digests. Contents are not kept, except small files asked for.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use flate2::read::GzDecoder;
use tar::Archive;

use crate::docker::answer::Failure;
use crate::docker::filter::glob;

/// A file, folder or link of the context.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    mode: u32,
    /// Of the content, or of what a link points at.
    digest: String,
    pub(super) size: u64,
    content: Vec<u8>,
}

/// All entries, by path without `./` in front.
#[derive(Debug, Default)]
pub(super) struct Context(BTreeMap<String, Entry>);

impl Context {
    /// Reads an archive.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let unreadable =
            |error: std::io::Error| Failure::internal(format!("Error processing tar file: {error}"));
        let source: Box<dyn Read + '_> = if bytes.starts_with(&[0x1f, 0x8b]) {
            Box::new(GzDecoder::new(bytes))
        } else {
            Box::new(Cursor::new(bytes))
        };
        let mut archive = Archive::new(source);
        let mut context = Self::default();
        for entry in archive.entries().map_err(unreadable)? {
            let mut entry = entry.map_err(unreadable)?;
            let path = clean(&entry.path().map_err(unreadable)?.to_string_lossy());
            let row = row(&mut entry).map_err(unreadable)?;
            context.0.insert(path, row);
        }
        Ok(context)
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        self.0
            .get(&clean(path))
            .map(|entry| String::from_utf8_lossy(&entry.content).into_owned())
    }

    /// What a source of `COPY` takes: a digest of everything below, and its size. None when nothing is there.
    pub(super) fn select(&self, source: &str) -> Option<(String, u64)> {
        let pattern = clean(source);
        let mut hasher = blake3::Hasher::new();
        let mut size = 0;
        let mut found = pattern.is_empty();
        for (path, entry) in self.0.iter().filter(|(path, _)| is_below(&pattern, path)) {
            hasher.update(format!("{path}\0{:o}\0{}\n", entry.mode, entry.digest).as_bytes());
            size += entry.size;
            found = true;
        }
        found.then(|| (hasher.finalize().to_hex().to_string(), size))
    }
}

/// True when the path, or a folder it is in, is what the pattern says.
fn is_below(pattern: &str, path: &str) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    pattern.is_empty() || ends.into_iter().any(|end| glob(pattern, &path[..end]))
}

fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn row(entry: &mut tar::Entry<'_, impl Read>) -> std::io::Result<Entry> {
    let mut content = Vec::new();
    entry.read_to_end(&mut content)?;
    let link = entry
        .link_name()?
        .map(|target| target.to_string_lossy().into_owned());
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(link.unwrap_or_default().as_bytes())
        .update(b"\0")
        .update(&content);
    Ok(Entry {
        mode: entry.header().mode()? & 0o777,
        digest: hasher.finalize().to_hex().to_string(),
        size: content.len() as u64,
        content,
    })
}
