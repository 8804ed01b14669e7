//! The code of a Worker as it lies on this machine: its `build` is run, and where it begins is found. It sends nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Worker;
use crate::cloudflare::script::{Entry, Script};
use crate::error::{Error, ErrorKind, Result};

/// Where a folder's code begins, relative to the folder: what is found first.
const ENTRIES: &[&str] = &["index", "worker", "src/index", "src/worker", "_worker"];
const EXTENSIONS: &[&str] = &["js", "mjs", "ts", "tsx", "mts", "jsx"];
/// The folder that builds write into: modules are named from there.
const BUILT: &str = "dist";

/// Runs the `build` command, if there is one.
pub(super) fn build(worker: &Worker, root: &Path) -> Result<()> {
    let Some(command) = &worker.build else {
        return Ok(());
    };
    let source = root.join(&worker.source);
    let folder = if source.is_dir() {
        source
    } else {
        source.parent().map_or_else(|| root.to_owned(), Path::to_owned)
    };
    run(command, &folder)
}

/// Runs `command` in `folder` with the shell, quietly; what it said is in the error.
pub(in crate::cloudflare) fn run(command: &str, folder: &Path) -> Result<()> {
    let (shell, option) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let failed = |why: String| {
        Error::new(ErrorKind::Local, why)
            .during(format!(
                "run the build command `{command}` in {}",
                folder.display()
            ))
            .help("run it there by hand, and repair what it reports")
    };
    let output = Command::new(shell)
        .args([option, command])
        .current_dir(folder)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<_> = said.trim().lines().collect();
    let last = lines[lines.len().saturating_sub(20)..].join("\n");
    Err(failed(format!("it ended with {}\n{last}", output.status)))
}

/// The modules of `worker`, whose source is relative to `root`.
pub(super) fn script(worker: &Worker, root: &Path) -> Result<Script> {
    let source = root.join(&worker.source);
    let (folder, path) = entry(&source, worker.build.is_some())?;
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
        return Err(Error::new(ErrorKind::Local, message)
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

fn no_entry(folder: &Path) -> Error {
    let message = format!("{} has no entry point", folder.display());
    Error::new(ErrorKind::Local, message)
        .during("read the code of the Worker")
        .help("name the main module index.ts, index.js, src/index.ts or dist/index.js, or let `source` be that file")
}
