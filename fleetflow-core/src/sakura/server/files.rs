//! Keys and scripts that a declaration names by path: read, and digested so that a changed file is a change.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Server, is_private_key, is_public_key};
use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::model;

/// Digests of the files that `server` names; relative paths start at `root`.
pub(super) fn digests(server: &Server, root: &Path) -> Result<Map<String, Value>> {
    let key_files = server.ssh_key.iter().filter(|key| !is_public_key(key));
    let script_files = server.startup_script.iter().filter(|script| !is_script(script));
    model::digests([
        ("key_digest", digest(key_files, root)),
        ("script_digest", digest(script_files, root)),
    ])
}

fn digest<'f>(files: impl Iterator<Item = &'f String>, root: &Path) -> Result<Option<String>> {
    let texts = model::each(files.map(|file| read(file, root)))?;
    let digest =
        (!texts.is_empty()).then(|| blake3::hash(texts.join("\0").as_bytes()).to_hex()[..16].to_owned());
    Ok(digest)
}

/// The public keys of `server` as texts.
pub(super) fn keys(server: &Server, root: &Path) -> Result<Vec<String>> {
    let key = |key: &String| {
        let text = if is_public_key(key) {
            key.clone()
        } else {
            read(key, root)?
        };
        if is_private_key(&text) || !is_public_key(&text) {
            let help = "give the public half: the content or the path of the `.pub` file";
            let message = if is_public_key(key) {
                "a key".to_owned()
            } else {
                format!("`{key}`")
            };
            return Err(Error::new(ErrorKind::Invalid, format!("{message} holds no public key")).help(help));
        }
        Ok(text.trim().to_owned())
    };
    server.ssh_key.iter().map(key).collect()
}

/// The startup script of `server` as text.
pub(super) fn script(server: &Server, root: &Path) -> Result<Option<String>> {
    let text = |script: &String| {
        if is_script(script) {
            Ok(script.clone())
        } else {
            read(script, root)
        }
    };
    server.startup_script.as_ref().map(text).transpose()
}

/// Whether `text` is a script itself, rather than the path of a file with one.
pub(in crate::sakura) fn is_script(text: &str) -> bool {
    text.starts_with("#!") || text.trim().contains('\n')
}

/// The text of the file `path`, from `root`.
pub(in crate::sakura) fn read(path: &str, root: &Path) -> Result<String> {
    std::fs::read_to_string(root.join(path)).map_err(|error| {
        Error::of(&codes::NO_SUCH_FILE, format!("`{path}` cannot be read: {error}"))
            .during("read a file of the declaration")
            .help("paths are relative to the file that names them")
    })
}
