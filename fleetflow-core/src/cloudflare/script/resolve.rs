//! Finds the file that an import means, as bundlers for Workers do (API doc §6.1). It reads no code.
//!
//! The crate that does this elsewhere, `oxc_resolver`, turns on `preserve_order` of `serde_json` for the whole program,
//! which changes the order of every JSON object that the program writes: that is not for a library to do.

use std::path::{Component, Path, PathBuf};

use super::package::{Ordered, Package};
use super::tsconfig::TsConfig;

/// Extensions that may be left out, in the order in which esbuild tries them.
const EXTENSIONS: &[&str] = &["tsx", "ts", "jsx", "js", "mts", "mjs", "cjs", "json"];
/// What the runtime has under a bare name when it is compatible with Node.js (API doc §6.2).
const BUILTINS: &str = " assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel \
    dns domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline \
    repl stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib ";

/// What an import means.
#[derive(Debug, PartialEq)]
pub(super) enum Target {
    /// The runtime has it.
    Runtime,
    /// A file on this machine.
    File(PathBuf),
    /// Nothing: the package says that it is empty outside of Node.js.
    Empty,
}

/// Looks for the files that imports mean.
pub(super) struct Imports {
    config: TsConfig,
}

impl Imports {
    pub(super) fn new(config: TsConfig) -> Self {
        Self { config }
    }

    /// What `specifier` in `file` means.
    pub(super) fn target(&self, file: &Path, specifier: &str) -> Result<Target, String> {
        // A scheme: `node:`, `cloudflare:`, `https:`. The runtime knows, or refuses.
        if specifier
            .split_once(':')
            .is_some_and(|(scheme, _)| scheme.len() > 1)
        {
            return Ok(Target::Runtime);
        }
        // `x.wasm?module` is `x.wasm` (API doc §6.1).
        let specifier = specifier.split_once('?').map_or(specifier, |(path, _)| path);
        let folder = file.parent().unwrap_or(Path::new(""));
        let found = if specifier.starts_with('#') {
            inner(folder, specifier)?
        } else if is_path(specifier) {
            located(&folder.join(specifier))?
        } else {
            match replaced_package(folder, specifier)? {
                Some(target) => return Ok(target),
                None => self.bare(folder, specifier)?,
            }
        };
        match found {
            Some(file) => outside_of_node(&file),
            None if is_builtin(specifier) => Ok(Target::Runtime),
            None if is_path(specifier) => Err(format!("there is no file `{specifier}`")),
            None => Err(format!(
                "there is no package `{specifier}`: run `npm install` first"
            )),
        }
    }

    /// A package, or a path that `tsconfig.json` gives a name.
    fn bare(&self, folder: &Path, specifier: &str) -> Result<Option<PathBuf>, String> {
        if !is_packaged(folder) {
            for place in self.config.places(specifier) {
                if let Some(file) = located(&place)? {
                    return Ok(Some(file));
                }
            }
        }
        package(folder, specifier)
    }
}

fn is_path(specifier: &str) -> bool {
    specifier.starts_with("./")
        || specifier.starts_with("../")
        || matches!(specifier, "." | "..")
        || Path::new(specifier).is_absolute()
}

fn is_builtin(specifier: &str) -> bool {
    let name = specifier.split('/').next().unwrap_or_default();
    !name.is_empty() && BUILTINS.contains(&format!(" {name} "))
}

pub(super) fn is_packaged(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "node_modules")
}

/// The nearest package around `folder`.
fn around(folder: &Path) -> Result<Option<(PathBuf, Package)>, String> {
    for folder in folder.ancestors() {
        if let Some(package) = Package::read(folder)? {
            return Ok(Some((folder.to_owned(), package)));
        }
        if folder.file_name().is_some_and(|name| name == "node_modules") {
            break;
        }
    }
    Ok(None)
}

/// What a package calls `#...` inside of it.
fn inner(folder: &Path, specifier: &str) -> Result<Option<PathBuf>, String> {
    let Some((home, own)) = around(folder)? else {
        return Ok(None);
    };
    match own.imported(specifier) {
        Some(path) if path.starts_with("./") => located(&home.join(path)),
        Some(name) => package(&home, &name),
        None => Ok(None),
    }
}

/// What the package around `folder` puts in the place of the package `specifier`.
fn replaced_package(folder: &Path, specifier: &str) -> Result<Option<Target>, String> {
    let Some((home, own)) = around(folder)? else {
        return Ok(None);
    };
    match own.replaced(specifier) {
        Some(Ordered::Empty) => Ok(Some(Target::Empty)),
        Some(Ordered::Text(path)) if path.starts_with("./") => {
            Ok(located(&home.join(path))?.map(Target::File))
        }
        Some(Ordered::Text(name)) => Ok(package(&home, name)?.map(Target::File)),
        _ => Ok(None),
    }
}

/// The file, or what its package puts in its place outside of Node.js.
fn outside_of_node(file: &Path) -> Result<Target, String> {
    let real = file
        .canonicalize()
        .map_err(|error| format!("{}: {error}", file.display()))?;
    if let Some((home, own)) = around(real.parent().unwrap_or(Path::new("")))?
        && let Ok(path) = real.strip_prefix(&home)
    {
        let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
        let inside = format!("./{}", parts.collect::<Vec<_>>().join("/"));
        match own.replaced(&inside) {
            Some(Ordered::Empty) => return Ok(Target::Empty),
            Some(Ordered::Text(path)) => {
                let other = located(&home.join(path))?;
                return other
                    .map(Target::File)
                    .ok_or_else(|| format!("there is no file `{path}` in {}", home.display()));
            }
            _ => {}
        }
    }
    Ok(Target::File(real))
}

/// A file of the package that `specifier` names, as seen from `folder`.
fn package(folder: &Path, specifier: &str) -> Result<Option<PathBuf>, String> {
    let mut parts = specifier.splitn(if specifier.starts_with('@') { 3 } else { 2 }, '/');
    let name = match (parts.next(), specifier.starts_with('@')) {
        (Some(scope), true) => format!("{scope}/{}", parts.next().unwrap_or_default()),
        (name, _) => name.unwrap_or_default().to_owned(),
    };
    let path = parts
        .next()
        .map_or_else(|| ".".to_owned(), |rest| format!("./{rest}"));
    // A package may import itself by its name.
    if let Some((home, own)) = around(folder)?
        && own.has_exports()
        && own.name() == Some(&name)
    {
        return exported(&home, &own, &name, &path);
    }
    for folder in folder
        .ancestors()
        .filter(|folder| !folder.ends_with("node_modules"))
    {
        let home = folder.join("node_modules").join(&name);
        if !home.is_dir() {
            continue;
        }
        let own = Package::read(&home)?.unwrap_or_default();
        let found = if own.has_exports() {
            exported(&home, &own, &name, &path)?
        } else if path == "." {
            main(&home, &own)?
        } else {
            located(&home.join(path.trim_start_matches("./")))?
        };
        return found
            .map(Some)
            .ok_or_else(|| format!("the package `{name}` in {} has no `{path}`", home.display()));
    }
    Ok(None)
}

fn exported(home: &Path, own: &Package, name: &str, path: &str) -> Result<Option<PathBuf>, String> {
    let Some(file) = own.exported(path) else {
        return Err(format!(
            "the package `{name}` in {} exports no `{path}` for Workers",
            home.display()
        ));
    };
    Ok(Some(home.join(file))
        .filter(|file| file.is_file())
        .map(|file| normal(&file)))
}

/// Where a package begins that does not say what it exports.
fn main(home: &Path, own: &Package) -> Result<Option<PathBuf>, String> {
    for path in own.mains() {
        if let Some(file) = located(&home.join(path))? {
            return Ok(Some(file));
        }
    }
    Ok(index(home))
}

/// The file at `path`, whose extension may be left out, or that is a folder with one.
fn located(path: &Path) -> Result<Option<PathBuf>, String> {
    let path = normal(path);
    if path.is_file() {
        return Ok(Some(path));
    }
    if let Some(file) = written_as_script(&path) {
        return Ok(Some(file));
    }
    let ended = |extension: &&str| PathBuf::from(format!("{}.{extension}", path.display()));
    if let Some(file) = EXTENSIONS.iter().map(ended).find(|file| file.is_file()) {
        return Ok(Some(file));
    }
    if !path.is_dir() {
        return Ok(None);
    }
    match Package::read(&path)? {
        Some(own) => main(&path, &own),
        None => Ok(index(&path)),
    }
}

/// TypeScript imports `./x.ts` as `./x.js`.
fn written_as_script(path: &Path) -> Option<PathBuf> {
    let others: &[&str] = match path.extension()?.to_str()? {
        "js" => &["ts", "tsx"],
        "jsx" => &["tsx"],
        "mjs" => &["mts"],
        _ => return None,
    };
    others
        .iter()
        .map(|extension| path.with_extension(extension))
        .find(|file| file.is_file())
}

fn index(folder: &Path) -> Option<PathBuf> {
    EXTENSIONS
        .iter()
        .map(|extension| folder.join(format!("index.{extension}")))
        .find(|file| file.is_file())
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
