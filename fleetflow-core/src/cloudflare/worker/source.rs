//! The code of a Worker as it lies on this machine: its `build` is run, and where it begins is found. It sends nothing.

use std::path::{Path, PathBuf};

use super::Worker;
use super::wrangler::Config;
use crate::cloudflare::build;
use crate::cloudflare::script::{Entry, Script};
use crate::codes;
use crate::converge::Context;
use crate::error::{Error, Result};

/// Where a folder's code begins, relative to the folder: what is found first.
const ENTRIES: &[&str] = &["index", "worker", "src/index", "src/worker", "_worker"];
const EXTENSIONS: &[&str] = &["js", "mjs", "ts", "tsx", "mts", "jsx"];
/// The folder that builds write into: modules are named from there.
const BUILT: &str = "dist";

/// The folder that the `build` command runs in: that of the code.
fn build_folder(worker: &Worker, root: &Path) -> PathBuf {
    let source = root.join(&worker.source);
    if source.is_dir() {
        return source;
    }
    source.parent().map_or_else(|| root.to_owned(), Path::to_owned)
}

/// Runs the `build` command, if there is one.
pub(super) async fn build(worker: &Worker, context: &Context) -> Result<()> {
    match &worker.build {
        Some(command) => build::run(context, command, build_folder(worker, &context.root)).await,
        None => Ok(()),
    }
}

/// A digest of the code; of what it is made from, where a command makes it.
pub(super) fn digest(worker: &Worker, root: &Path) -> Result<String> {
    match &worker.build {
        Some(command) => {
            let outputs = [root.join(&worker.source)]
                .into_iter()
                .filter(|source| source.is_file());
            build::inputs(command, &build_folder(worker, root), &outputs.collect::<Vec<_>>())
        }
        None => Ok(script(worker, root)?.digest()),
    }
}

/// The modules of `worker`, whose source is relative to `root`.
pub(super) fn script(worker: &Worker, root: &Path) -> Result<Script> {
    let source = root.join(&worker.source);
    let main = Config::beside(worker, root)?.and_then(|config| config.main().map(str::to_owned));
    let (folder, path) = match main.filter(|_| source.is_dir()) {
        Some(main) => (source.clone(), named(&source, &main)?),
        None => entry(&source, worker.build.is_some())?,
    };
    Script::compile(&folder, &Entry { path, text: None })
}

/// The folder that modules are named from, and the file where the code begins.
fn entry(source: &Path, is_built: bool) -> Result<(PathBuf, PathBuf)> {
    if source.is_file() {
        let folder = source.parent().unwrap_or(Path::new(""));
        return Ok((folder.to_owned(), source.to_owned()));
    }
    if !source.is_dir() {
        let message = format!("there is neither a file nor a folder {}", source.display());
        return Err(Error::of(&codes::NO_SUCH_FILE, message)
            .during("read the code of the Worker")
            .help("paths are relative to the folder of the stack's file; with a `build`, see that it makes this one"));
    }
    let mut folders = [source.to_owned(), source.join(BUILT)];
    if is_built {
        folders.reverse();
    }
    for folder in folders {
        for stem in ENTRIES {
            let files = EXTENSIONS
                .iter()
                .map(|extension| folder.join(format!("{stem}.{extension}")));
            if let Some(file) = files.into_iter().find(|file| file.is_file()) {
                return Ok((folder, file));
            }
        }
    }
    Err(no_entry(source))
}

/// The file that the configuration names.
fn named(source: &Path, main: &str) -> Result<PathBuf> {
    let file = source.join(main);
    if file.is_file() {
        return Ok(file);
    }
    let message = format!(
        "there is no {}, which wrangler's configuration names as `main`",
        file.display()
    );
    Err(Error::of(&codes::NO_SUCH_FILE, message)
        .during("read the code of the Worker")
        .help("with a `build`, see that it makes this file"))
}

fn no_entry(folder: &Path) -> Error {
    let message = format!("{} has no entry point", folder.display());
    Error::of(&codes::NO_SUCH_FILE, message)
        .during("read the code of the Worker")
        .help("name the main module index.ts, index.js, src/index.ts or dist/index.js, or let `source` be that file")
}
