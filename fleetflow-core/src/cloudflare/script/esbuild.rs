//! Lets esbuild make one module of a script whose packages are CommonJS. The binary is the user's own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Entry, Module, Script};
use crate::codes;
use crate::error::{Error, Result};

/// Bundles from `entry` as wrangler does (API doc §6.1); `why` says which file needs it.
pub(super) fn bundle(root: &Path, entry: &Entry, why: &str) -> Result<Script> {
    let out = tempfile::tempdir().map_err(|error| failed(entry, &error.to_string()))?;
    let file = out.path().join("index.js");
    let mut command = Command::new(program(root));
    command.current_dir(root).args(arguments(&file));
    match &entry.text {
        Some(_) => command.args(["--loader=js", &format!("--sourcefile={}", entry.path.display())]),
        None => command.arg(&entry.path),
    };
    let said = run(command, entry, why)?;
    if !said.is_empty() {
        return Err(failed(entry, &said));
    }
    let mut names = std::fs::read_dir(out.path())
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<std::io::Result<Vec<_>>>()
        })
        .map_err(|error| failed(entry, &error.to_string()))?;
    names.sort_by_key(|path| (path != &file, path.clone()));
    let modules = names
        .iter()
        .map(|path| module(path, entry))
        .collect::<Result<_>>()?;
    Ok(Script {
        main: "index.js".to_owned(),
        modules,
    })
}

/// The binary of the project's own packages, or the one that the system finds under the name.
fn program(root: &Path) -> PathBuf {
    let own = root
        .ancestors()
        .map(|folder| folder.join("node_modules/.bin/esbuild"));
    let name = |path: PathBuf| {
        if cfg!(windows) {
            path.with_extension("cmd")
        } else {
            path
        }
    };
    own.map(name)
        .find(|path| path.is_file())
        .unwrap_or_else(|| PathBuf::from("esbuild"))
}

fn arguments(file: &Path) -> Vec<String> {
    let fixed = [
        "--bundle",
        "--format=esm",
        "--platform=browser",
        "--target=es2024",
        "--conditions=workerd,worker,browser",
        "--external:node:*",
        "--external:cloudflare:*",
        "--external:workerd:*",
        "--loader:.html=text",
        "--loader:.txt=text",
        "--loader:.sql=text",
        "--loader:.wasm=copy",
        "--loader:.bin=copy",
        "--keep-names",
        "--log-level=error",
        "--define:process.env.NODE_ENV=\"production\"",
    ];
    let mut arguments: Vec<_> = fixed.map(str::to_owned).into();
    arguments.push(format!("--outfile={}", file.display()));
    arguments
}

/// What it complains of.
fn run(mut command: Command, entry: &Entry, why: &str) -> Result<String> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => missing(entry, why),
        _ => failed(entry, &error.to_string()),
    })?;
    if let Some(mut input) = child.stdin.take() {
        let text = entry.text.as_deref().unwrap_or_default();
        // What it does not read is told by what it says.
        let _ = input.write_all(text.as_bytes());
    }
    let output = child
        .wait_with_output()
        .map_err(|error| failed(entry, &error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok(match (output.status.success(), said.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("it ended with {}", output.status),
        (false, false) => said,
    })
}

fn module(path: &Path, entry: &Entry) -> Result<Module> {
    let media_type = match path.extension().and_then(|extension| extension.to_str()) {
        Some("wasm") => "application/wasm",
        Some("bin") => "application/octet-stream",
        _ => "application/javascript+module",
    };
    Ok(Module {
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        media_type,
        body: std::fs::read(path).map_err(|error| failed(entry, &error.to_string()))?,
    })
}

fn failed(entry: &Entry, said: &str) -> Error {
    Error::of(&codes::BUILD, said.to_owned())
        .during(format!("bundle {} with esbuild", entry.path.display()))
        .help("repair what it reports; `node_modules/.bin/esbuild --bundle` shows the same by hand")
}

fn missing(entry: &Entry, why: &str) -> Error {
    Error::of(
        &codes::NO_PROGRAM,
        format!("{why}, which only a bundler can make an ES module of"),
    )
    .during(format!("compile {}", entry.path.display()))
    .help(
        "run `npm install --save-dev esbuild` beside the Worker's package.json, or put esbuild into the PATH",
    )
}
