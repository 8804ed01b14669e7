//! The code of a Worker as it lies on this machine: its modules, and a digest of them. It sends nothing.
//!
//! Modules are sent as they are: TypeScript and packages of npm need a `build` that makes JavaScript of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Binding, Worker};
use crate::error::{Error, ErrorKind, Result};

/// Where a folder's code begins, relative to the folder: what makes one, and what is found first.
const ENTRIES: &[&str] = &["index", "worker", "src/index", "src/worker", "_worker"];
/// The folder that builds write into: modules are named from there.
const BUILT: &str = "dist";
/// Files beside the code that are no part of it.
const NOT_CODE: &[&str] = &[
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "jsconfig.json",
    "wrangler.json",
];

/// The modules of a Worker.
pub(super) struct Code {
    /// The name of the module where it begins.
    pub(super) main: String,
    /// The modules, the main one first.
    pub(super) modules: Vec<Module>,
}

/// One module.
pub(super) struct Module {
    /// The name that imports resolve to: its path in the folder.
    pub(super) name: String,
    /// Its media type, which says what kind of module it is (API doc §4.1).
    pub(super) media_type: &'static str,
    pub(super) body: Vec<u8>,
}

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

impl Code {
    /// The modules of `worker`, whose source is relative to `root`.
    pub(super) fn read(worker: &Worker, root: &Path) -> Result<Self> {
        let source = root.join(&worker.source);
        let (folder, main) = entry(&source)?;
        let assets = worker.bindings.iter().find_map(|binding| match binding {
            Binding::Assets { folder, .. } => Some(root.join(folder)),
            _ => None,
        });
        let mut modules = Vec::new();
        if source.is_dir() {
            let mut files = Vec::new();
            collect(&folder, assets.as_deref(), &mut files)?;
            for file in files {
                modules.extend(module(&folder, &file)?);
            }
        } else {
            modules.extend(module(&folder, &source)?);
        }
        modules
            .sort_by(|left, right| (left.name != main, &left.name).cmp(&(right.name != main, &right.name)));
        Ok(Self { main, modules })
    }

    /// A digest that is another one when anything that is sent is.
    pub(super) fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for module in &self.modules {
            for part in [module.name.as_bytes(), module.media_type.as_bytes(), &module.body] {
                hasher.update(&part.len().to_le_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

/// The folder that modules are named from, and the main module's name in it.
fn entry(source: &Path) -> Result<(PathBuf, String)> {
    if source.is_file() {
        if is_typescript(source) {
            return Err(typescript(source));
        }
        let name = source
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        return Ok((source.parent().unwrap_or(Path::new("")).to_owned(), name));
    }
    if !source.is_dir() {
        let message = format!("there is neither a file nor a folder {}", source.display());
        return Err(Error::new(ErrorKind::Local, message)
            .during("read the code of the Worker")
            .help("paths are relative to the folder of the stack's file; with a `build`, see that it makes this one"));
    }
    let built = source.join(BUILT);
    for folder in [&built, &source.to_owned()] {
        for stem in ENTRIES {
            for extension in ["js", "mjs"] {
                let name = format!("{stem}.{extension}");
                if folder.join(&name).is_file() {
                    return Ok((folder.clone(), name));
                }
            }
        }
    }
    let script = ENTRIES
        .iter()
        .map(|stem| source.join(format!("{stem}.ts")))
        .find(|file| file.is_file());
    Err(script.map_or_else(|| no_entry(source), |script| typescript(&script)))
}

fn is_typescript(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension == "ts" || extension == "tsx")
}

fn typescript(file: &Path) -> Error {
    let message = format!(
        "{} is TypeScript, which this version does not compile",
        file.display()
    );
    Error::new(ErrorKind::Unsupported, message)
        .help("give a `build` command that bundles it into dist/index.js, with esbuild for instance, or write JavaScript")
}

fn no_entry(folder: &Path) -> Error {
    let message = format!("{} has no entry point", folder.display());
    Error::new(ErrorKind::Local, message)
        .during("read the code of the Worker")
        .help("name the main module index.js, worker.js, src/index.js or dist/index.js, or let `source` be that file")
}

/// The files below `folder`, in the order of their names, without hidden ones, packages and `except`.
fn collect(folder: &Path, except: Option<&Path>, files: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Local, error.to_string()).during(format!("read {}", folder.display()))
    };
    let mut entries = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if name.starts_with('.') || name == "node_modules" || except.is_some_and(|except| same(except, &path))
        {
            continue;
        }
        if path.is_dir() {
            collect(&path, except, files)?;
        } else if !NOT_CODE.contains(&name.as_str()) && !name.contains(".test.") && !name.contains(".config.")
        {
            files.push(path);
        }
    }
    Ok(())
}

fn same(left: &Path, right: &Path) -> bool {
    matches!((left.canonicalize(), right.canonicalize()), (Ok(left), Ok(right)) if left == right)
}

/// The file as a module; none where it is of a kind that Workers do not import.
fn module(folder: &Path, file: &Path) -> Result<Option<Module>> {
    let extension = file
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let media_type = match extension.as_str() {
        // JSON has no type of its own: it is sent as a module that exports it (API doc §4.1).
        "js" | "mjs" | "json" => "application/javascript+module",
        "cjs" => "application/javascript",
        "wasm" => "application/wasm",
        "txt" | "html" | "sql" => "text/plain",
        "bin" => "application/octet-stream",
        _ => return Ok(None),
    };
    let mut body = std::fs::read(file).map_err(|error| {
        Error::new(ErrorKind::Local, error.to_string()).during(format!("read {}", file.display()))
    })?;
    if extension == "json" {
        body = [b"export default ".as_slice(), &body].concat();
    }
    let path = file.strip_prefix(folder).unwrap_or(file);
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    Ok(Some(Module {
        name: parts.join("/"),
        media_type,
        body,
    }))
}
