//! The functions of a site: files under `functions`, or a `_worker.js`, become the script that is sent beside its files.
//!
//! Which file answers which path is what wrangler makes of the same folder (cloudflare/workers-sdk,
//! packages/wrangler/src/pages/functions/filepath-routing.ts and template-worker.ts).

mod route;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde_json::json;

use self::route::{Route, rules, sorted};
use crate::cloudflare::script::{self, Entry, Script};
use crate::codes;
use crate::error::{Error, Result};

/// What runs a request through the functions.
const ROUTER: &str = include_str!("router.js");
/// The file that stands for all functions together.
const MAIN: &str = "_functions.js";
const EXTENSIONS: &[&str] = &["js", "mjs", "ts", "tsx", "jsx"];
/// Larger scripts are refused (API doc §5.2).
const LARGEST: usize = 25 * 1024 * 1024;

/// The code of a site.
pub(super) struct Functions {
    pub(super) script: Script,
    /// Which paths it answers, as `_routes.json`; none where it answers all that the site's own file does not leave out.
    pub(super) routes: Option<String>,
}

/// The code of the site in `source`, if it has some: `_worker.js` in it, or `functions` in it or beside it.
pub(super) fn of(source: &Path) -> Result<Option<Functions>> {
    let worker = source.join("_worker.js");
    let found = if worker.is_dir() {
        let main = worker.join("index.js");
        if !main.is_file() {
            let message = format!("{} has no index.js, where the code begins", worker.display());
            return Err(Error::of(&codes::BAD_CODE, message).during("read the functions of the site"));
        }
        Some(Functions {
            script: Script::compile(
                &worker,
                &Entry {
                    path: main,
                    text: None,
                },
            )?,
            routes: None,
        })
    } else if worker.is_file() {
        Some(Functions {
            script: Script::compile(
                source,
                &Entry {
                    path: worker,
                    text: None,
                },
            )?,
            routes: None,
        })
    } else {
        folder(source)
            .map(|folder| routed(&folder))
            .transpose()?
            .flatten()
    };
    if let Some(functions) = &found {
        let size: usize = functions
            .script
            .modules
            .iter()
            .map(|module| module.body.len())
            .sum();
        if size > LARGEST {
            let message =
                format!("the functions of the site have {size} bytes; at most {LARGEST} are allowed");
            return Err(Error::of(&codes::BAD_CODE, message).during("read the functions of the site"));
        }
    }
    Ok(found)
}

/// The folder of the functions: wrangler looks for it beside the folder that is published.
pub(super) fn folder(source: &Path) -> Option<PathBuf> {
    let beside = source.parent().map(|folder| folder.join("functions"));
    [Some(source.join("functions")), beside]
        .into_iter()
        .flatten()
        .find(|folder| folder.is_dir())
}

/// The script that calls the function whose file's path fits; nothing where no file has a function.
fn routed(folder: &Path) -> Result<Option<Functions>> {
    let folder = folder
        .canonicalize()
        .map_err(|error| unreadable(folder, &error))?;
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    let (mut imports, mut routes) = (String::new(), Vec::new());
    for (index, file) in files.iter().enumerate() {
        let exports = script::exports(file)?;
        let inside = file.strip_prefix(&folder).unwrap_or(file);
        let found = Route::of(inside, index, &exports).map_err(|why| {
            Error::of(&codes::BAD_CODE, format!("{}: {why}", file.display()))
                .during("read the functions of the site")
        })?;
        if !found.is_empty() {
            let path = inside
                .components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect::<Vec<_>>();
            let name = json!(format!("./functions/{}", path.join("/")));
            imports.push_str(&format!("import * as m{index} from {name};\n"));
            routes.extend(found);
        }
    }
    if routes.is_empty() {
        return Ok(None);
    }
    let routes = sorted(routes);
    let table: Vec<_> = routes.iter().map(Route::code).collect();
    let text = format!("{imports}const routes = [\n{}\n];\n{ROUTER}", table.join(",\n"));
    let root = folder.parent().unwrap_or(Path::new("")).to_owned();
    let main = Entry {
        path: root.join(MAIN),
        text: Some(text),
    };
    let include = rules(&routes);
    let routes = json!({"version": 1, "description": "made by fleetflow", "include": include, "exclude": []});
    Ok(Some(Functions {
        script: Script::compile(&root, &main)?,
        routes: Some(routes.to_string()),
    }))
}

/// The files of code below `folder`, in the order of their names.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).and_then(|entries| {
        entries
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()
    });
    let mut entries = entries.map_err(|error| unreadable(folder, &error))?;
    entries.sort();
    for path in entries {
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() && !path.ends_with("node_modules") {
            collect(&path, files)?;
        } else if extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
            && !path.to_string_lossy().ends_with(".d.ts")
        {
            files.push(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::of(&codes::NO_SUCH_FILE, error.to_string()).during(format!("read {}", path.display()))
}
