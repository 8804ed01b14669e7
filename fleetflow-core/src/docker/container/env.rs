//! Files with `NAME=VALUE` lines: what they say, and a digest that gives little away of it.

use std::fs;
use std::path::Path;

use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::model::each;

/// Rounds of the digest: somebody who has it shall not try out many values a second.
const ROUNDS: u32 = 50_000;
/// Digits of the digest that are kept: many contents share them.
const DIGITS: usize = 6;

/// The variables of `paths` in their order, relative to `root`. Later ones win.
pub(super) fn read(root: &Path, paths: &[String]) -> Result<Vec<(String, String)>> {
    Ok(each(paths.iter().map(|path| said(root, path)))?.concat())
}

/// The variables of one file.
fn said(root: &Path, path: &str) -> Result<Vec<(String, String)>> {
    let text = fs::read_to_string(root.join(path)).map_err(|error| unreadable(path, &error))?;
    let mut variables = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let pair = parse(line)
            .map_err(|why| Error::new(ErrorKind::Invalid, format!("{path}, line {}: {why}", number + 1)))?;
        variables.extend(pair);
    }
    Ok(variables)
}

/// A digest of the contents of `paths`: slow to make, and too short to prove a guess.
pub(super) fn digest(root: &Path, paths: &[String]) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    for (name, value) in read(root, paths)? {
        hasher
            .update(&(name.len() as u64).to_le_bytes())
            .update(name.as_bytes());
        hasher
            .update(&(value.len() as u64).to_le_bytes())
            .update(value.as_bytes());
    }
    let mut hash = hasher.finalize();
    for _ in 0..ROUNDS {
        hash = blake3::hash(hash.as_bytes());
    }
    Ok(hash.to_hex()[..DIGITS].to_owned())
}

fn unreadable(path: &str, error: &std::io::Error) -> Error {
    Error::of(
        &codes::NO_SUCH_FILE,
        format!("the file of variables `{path}` cannot be read: {error}"),
    )
}

/// One line: `NAME=VALUE`, with `export` before it or quotes around the value if one likes; empty lines and comments.
/// A complaint never has the content in it.
fn parse(line: &str) -> Result<Option<(String, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("there is no `=`")?;
    let name = name.trim();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err("before `=` there must be a name without spaces");
    }
    Ok(Some((name.to_owned(), unquoted(value.trim())?.to_owned())))
}

fn unquoted(value: &str) -> Result<&str, &'static str> {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.strip_suffix(quote).ok_or("the quote is not closed");
        }
    }
    Ok(value.split(" #").next().unwrap_or(value).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_other_tools_read_them() {
        let pair = |line| parse(line).unwrap();
        let some = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(pair("# comment"), None);
        assert_eq!(pair("A=b=c # why"), some("A", "b=c"));
        assert_eq!(pair("export A=\"x # y\""), some("A", "x # y"));
        assert_eq!(pair("A="), some("A", ""));
        assert!(parse("novalue").is_err());
        assert!(parse("A=\"open").is_err());
    }

    #[test]
    fn the_digest_follows_the_content_and_is_short() {
        let folder = tempfile::tempdir().unwrap();
        let file = [".env".to_owned()];
        fs::write(folder.path().join(".env"), "A=1\n").unwrap();
        let one = digest(folder.path(), &file).unwrap();
        fs::write(folder.path().join(".env"), "# only a comment more\nA=1\n").unwrap();
        assert_eq!(digest(folder.path(), &file).unwrap(), one);
        fs::write(folder.path().join(".env"), "A=2\n").unwrap();
        assert_ne!(digest(folder.path(), &file).unwrap(), one);
        assert_eq!(one.len(), DIGITS);
    }
}
